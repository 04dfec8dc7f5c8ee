/** DaemonSets. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/ */
import type { DaemonSet } from '#api/generated/apps/v1.ts';
import { daemonsets } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { validateDaemonSet, validateDaemonSetStatus } from '#kinds/apps/daemonset/validation.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { templateWarnings } from '#kinds/core/pod/warnings.ts';

const generationAnnotation = 'deprecated.daemonset.template.generation';

export const daemonSet: Resource<DaemonSet> = {
  ...daemonsets,
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = (object.spec ??= {} as DaemonSet['spec']);
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate ??= {};
      strategy.rollingUpdate.maxUnavailable ??= 1;
      strategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    spec.template ??= {};
    defaultPodSpec((spec.template.spec ??= { containers: [] }));
    if (object.metadata.annotations?.[generationAnnotation] === undefined) setTemplateGeneration(object, 0);
  },
  prepareForCreate(object) {
    dropDisabledFields(object.spec.template?.spec);
    setTemplateGeneration(object, Math.max(1, templateGeneration(object)));
    object.status = emptyStatus();
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec.template?.spec);
    object.status = old.status as Mutable<NonNullable<DaemonSet['status']>>;
    const isSame = semanticEqual(object.spec.template, old.spec.template);
    setTemplateGeneration(object, templateGeneration(old) + (isSame ? 0 : 1));
  },
  validateCreate: (object) => validateDaemonSet(object),
  validateUpdate: (object, old) => validateDaemonSet(object, old),
  warnings: (object, old) =>
    old?.metadata.generation === object.metadata.generation ? [] : templateWarnings(object.spec?.template),
  subresources: {
    status: {
      validateUpdate: validateDaemonSetStatus,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<DaemonSet['spec']>;
      },
    },
  },
  columns: [
    { name: 'Desired', type: 'integer', value: (object) => object.status?.desiredNumberScheduled ?? 0 },
    { name: 'Current', type: 'integer', value: (object) => object.status?.currentNumberScheduled ?? 0 },
    { name: 'Ready', type: 'integer', value: (object) => object.status?.numberReady ?? 0 },
    { name: 'Up-to-date', type: 'integer', value: (object) => object.status?.updatedNumberScheduled ?? 0 },
    { name: 'Available', type: 'integer', value: (object) => object.status?.numberAvailable ?? 0 },
    { name: 'Node Selector', type: 'string', value: nodeSelectorText },
    ageColumn,
    ...templateColumns,
  ],
};

function emptyStatus(): NonNullable<DaemonSet['status']> {
  return { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
}

/** Old clients read the template's generation from an annotation. */
function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [generationAnnotation]: String(generation) };
}

function templateGeneration({ metadata }: DeepReadonly<DaemonSet>): number {
  return Number.parseInt(metadata.annotations?.[generationAnnotation] ?? '', 10) || 0;
}

function nodeSelectorText(object: DeepReadonly<DaemonSet>): string {
  const entries = Object.entries(object.spec?.template?.spec?.nodeSelector ?? {}).sort();
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join();
}
