/** Deployments. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
import type { Deployment } from '#api/generated/apps/v1.ts';
import { deployments } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { Mutable } from '#base/immutable.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
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
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate(object, old) {
    object.status = old.status as Mutable<Deployment['status']>;
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Deployment['spec']>;
        object.metadata.labels = old.metadata.labels as Mutable<Record<string, string>>;
      },
    },
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelector: (object) => formatLabelSelector(object.spec.selector as never),
    },
  },
  columns: [
    {
      name: 'Ready',
      type: 'string',
      value: (object) => `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    },
    { name: 'Up-to-date', type: 'integer', value: (object) => object.status?.updatedReplicas ?? 0 },
    { name: 'Available', type: 'integer', value: (object) => object.status?.availableReplicas ?? 0 },
    ageColumn as never,
    ...(templateColumns as never[]),
  ],
};
