/** ReplicaSets. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/ */
import type { ReplicaSet } from '#api/generated/apps/v1.ts';
import { replicasets } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { Mutable } from '#base/immutable.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import { validateReplicaSet, validateReplicaSetStatus } from '#kinds/apps/replicaset/validation.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { templateWarnings, workloadNameWarnings } from '#kinds/core/pod/warnings.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';

export const replicaSet: Resource<ReplicaSet> = {
  ...replicasets,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = (object.spec ??= {} as ReplicaSet['spec']);
    spec.replicas ??= 1;
    spec.template ??= {};
    defaultPodSpec((spec.template.spec ??= { containers: [] }));
  },
  prepareForCreate(object) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = { replicas: 0 };
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = old.status as Mutable<NonNullable<ReplicaSet['status']>>;
  },
  selectableFieldNames: ['status.replicas'],
  selectableFields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  validateCreate: (object) => validateReplicaSet(object),
  validateUpdate: (object, old) => validateReplicaSet(object, old),
  warnings: (object, old) => [
    ...(old === undefined ? workloadNameWarnings(object.metadata.name) : []),
    ...(old?.metadata.generation === object.metadata.generation ? [] : templateWarnings(object.spec?.template)),
  ],
  subresources: {
    status: {
      validateUpdate: validateReplicaSetStatus,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<ReplicaSet['spec']>;
      },
    },
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelector: (object) => formatLabelSelector(object.spec?.selector),
    },
  },
  columns: [
    { name: 'Desired', type: 'integer', value: (object) => object.spec?.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (object) => object.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', value: (object) => object.status?.readyReplicas ?? 0 },
    ageColumn,
    ...templateColumns,
  ],
};
