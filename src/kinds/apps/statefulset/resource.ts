/** StatefulSets. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/ */
import type { StatefulSet } from '#api/generated/apps/v1.ts';
import { statefulsets } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { Mutable } from '#base/immutable.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { nameIsDNSLabel } from '#api/meta/names.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { validateStatefulSet, validateStatefulSetStatus } from '#kinds/apps/statefulset/validation.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { roundRequirements } from '#kinds/core/pod/resource-defaults.ts';
import { templateWarnings } from '#kinds/core/pod/warnings.ts';

export const statefulSet: Resource<StatefulSet> = {
  ...statefulsets,
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  allowUnconditionalUpdate: true,
  validateName: nameIsDNSLabel,
  defaults: defaultStatefulSet,
  prepareForCreate(object) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = { replicas: 0, availableReplicas: 0 };
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = old.status as Mutable<NonNullable<StatefulSet['status']>>;
  },
  validateCreate: (object) => validateStatefulSet(object),
  validateUpdate: (object, old) => validateStatefulSet(object, old),
  warnings: (object, old) =>
    old?.metadata.generation === object.metadata.generation ? [] : templateWarnings(object.spec?.template),
  subresources: {
    status: {
      validateUpdate: validateStatefulSetStatus,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<NonNullable<StatefulSet['spec']>>;
      },
    },
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelector: (object) => formatLabelSelector(object.spec?.selector),
    },
  },
  columns: [
    {
      name: 'Ready',
      type: 'string',
      value: (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    },
    ageColumn,
    ...templateColumns.filter(({ name }) => name !== 'Selector'),
  ],
};

function defaultStatefulSet(object: StatefulSet): void {
  const spec = (object.spec ??= {} as NonNullable<StatefulSet['spec']>);
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) strategy.rollingUpdate.partition ??= 0;
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.kind = 'PersistentVolumeClaim';
    claim.apiVersion = 'v1';
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    roundRequirements(claim.spec.resources);
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
  }
  spec.template ??= {};
  defaultPodSpec((spec.template.spec ??= { containers: [] }));
}
