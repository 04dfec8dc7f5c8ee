/** Deployments. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
import type { Deployment } from '#api/generated/apps/v1.ts';
import { deployments } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { Mutable } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import { validateDeployment, validateDeploymentStatus } from '#kinds/apps/deployment/validation.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { templateWarnings, workloadNameWarnings } from '#kinds/core/pod/warnings.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';

export const deployment: Resource<Deployment> = {
  ...deployments,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.Deployment',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = (object.spec ??= {} as Deployment['spec']);
    spec.replicas ??= 1;
    const strategy = (spec.strategy ??= {});
    if (strategy.type === undefined || (strategy.type as string) === '') strategy.type = 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate ??= {};
      strategy.rollingUpdate.maxUnavailable ??= '25%';
      strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.template ??= {};
    defaultPodSpec((spec.template.spec ??= { containers: [] }));
  },
  prepareForCreate(object) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = {};
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = old.status as Mutable<Deployment['status']>;
    if (!semanticEqual(object.metadata.annotations, old.metadata.annotations))
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validateCreate: (object) => validateDeployment(object),
  validateUpdate: (object, old) => validateDeployment(object, old),
  warnings: (object, old) => [
    ...(old === undefined ? workloadNameWarnings(object.metadata.name) : []),
    ...(old?.metadata.generation === object.metadata.generation ? [] : templateWarnings(object.spec?.template)),
  ],
  subresources: {
    status: {
      validateUpdate: validateDeploymentStatus,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Deployment['spec']>;
        object.metadata.labels = old.metadata.labels as Mutable<Record<string, string>>;
      },
    },
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelector: (object) => formatLabelSelector(object.spec.selector),
    },
  },
  columns: [
    {
      name: 'Ready',
      type: 'string',
      value: (object) => `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    },
    { name: 'Up-to-date', type: 'string', value: (object) => object.status?.updatedReplicas ?? 0 },
    { name: 'Available', type: 'string', value: (object) => object.status?.availableReplicas ?? 0 },
    ageColumn,
    ...templateColumns,
  ],
};
