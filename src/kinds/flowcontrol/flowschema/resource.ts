/** FlowSchemas: served, not yet obeyed. @see https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
import type { FlowSchema } from '#api/generated/flowcontrol/v1.ts';
import { flowschemas } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { keepStatus, statusOnly } from '#kinds/status-carry.ts';

export const flowSchema: Resource<FlowSchema> = {
  ...flowschemas,
  singular: 'flowschema',
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  metadataOnUpdate: 'object',
  allowUnconditionalUpdate: true,
  defaults(object) {
    if (object.spec !== undefined) object.spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  subresources: { status: statusOnly() },
  columns: [
    { name: 'PriorityLevel', type: 'string', value: ({ spec }) => spec?.priorityLevelConfiguration?.name ?? '' },
    { name: 'MatchingPrecedence', type: 'string', value: ({ spec }) => String(spec?.matchingPrecedence ?? 0) },
    { name: 'DistinguisherMethod', type: 'string', value: ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>' },
    ageColumn,
    {
      name: 'MissingPL',
      type: 'string',
      value: ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    },
  ],
};
