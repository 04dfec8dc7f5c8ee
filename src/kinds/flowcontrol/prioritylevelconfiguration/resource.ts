/** PriorityLevelConfigurations: served, not yet obeyed. @see https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
import type { PriorityLevelConfiguration, QueuingConfiguration } from '#api/generated/flowcontrol/v1.ts';
import { prioritylevelconfigurations } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { keepStatus, statusOnly } from '#kinds/status-carry.ts';

export const priorityLevelConfiguration: Resource<PriorityLevelConfiguration> = {
  ...prioritylevelconfigurations,
  singular: 'prioritylevelconfiguration',
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  metadataOnUpdate: 'object',
  allowUnconditionalUpdate: true,
  defaults({ spec }) {
    if (spec?.exempt !== undefined) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
    if (spec?.limited === undefined) return;
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
    const queuing = spec.limited.limitResponse?.queuing;
    if (queuing === undefined) return;
    queuing.handSize ||= 8;
    queuing.queues ||= 64;
    queuing.queueLengthLimit ||= 50;
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  subresources: { status: statusOnly() },
  columns: [
    { name: 'Type', type: 'string', value: ({ spec }) => spec?.type ?? '' },
    {
      name: 'NominalConcurrencyShares',
      type: 'string',
      value: ({ spec }) => String(spec?.limited?.nominalConcurrencyShares ?? '<none>'),
    },
    { name: 'Queues', type: 'string', value: (object) => queuingText(object, 'queues') },
    { name: 'HandSize', type: 'string', value: (object) => queuingText(object, 'handSize') },
    { name: 'QueueLengthLimit', type: 'string', value: (object) => queuingText(object, 'queueLengthLimit') },
    ageColumn,
  ],
};

function queuingText({ spec }: DeepReadonly<PriorityLevelConfiguration>, field: keyof QueuingConfiguration): string {
  return String(spec?.limited?.limitResponse?.queuing?.[field] ?? '<none>');
}
