/** CronJobs. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/ */
import type { CronJob } from '#api/generated/batch/v1.ts';
import { cronjobs } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { humanDuration } from '#base/human-duration.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

export const cronJob: Resource<CronJob> = {
  ...cronjobs,
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  schema: 'io.k8s.api.batch.v1.CronJob',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = object.spec;
    if (spec === undefined) return;
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    const template = spec.jobTemplate?.spec?.template?.spec;
    if (template !== undefined) defaultPodSpec(template);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  subresources: { status: statusSubresource() },
  columns: [
    { name: 'Schedule', type: 'string', value: (object) => object.spec?.schedule ?? '' },
    { name: 'Timezone', type: 'string', value: (object) => object.spec?.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', value: (object) => (object.spec?.suspend === true ? 'True' : 'False') },
    { name: 'Active', type: 'integer', value: (object) => object.status?.active?.length ?? 0 },
    {
      name: 'Last Schedule',
      type: 'string',
      value: (object, nowMs) =>
        object.status?.lastScheduleTime === undefined
          ? '<none>'
          : humanDuration(nowMs - Date.parse(object.status.lastScheduleTime)),
    },
    ageColumn as never,
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      value: (object) =>
        containers(object)
          .map((item) => item.name)
          .join(),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      value: (object) =>
        containers(object)
          .map((item) => item.image ?? '')
          .join(),
    },
    { name: 'Selector', type: 'string', priority: 1, value: () => '<none>' },
  ],
};

interface WithTemplate {
  readonly spec?: {
    readonly jobTemplate?: {
      readonly spec?: { readonly template?: { readonly spec?: { readonly containers: readonly Named[] } } };
    };
  };
}
interface Named {
  readonly name: string;
  readonly image?: string;
}

function containers(object: WithTemplate): readonly Named[] {
  return object.spec?.jobTemplate?.spec?.template?.spec?.containers ?? [];
}
