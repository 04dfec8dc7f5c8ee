/** CronJobs. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/ */
import type { CronJob, CronJobSpec, JobSpec } from '#api/generated/batch/v1.ts';
import { cronjobs } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { humanDuration } from '#base/human-duration.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { checkCount, validateWithTemplate } from '#kinds/apps/workload-validation.ts';
import { defaultJobParts } from '#kinds/batch/job/resource.ts';
import { checkJobSpec } from '#kinds/batch/job/validation.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { checkRequiredSupported, isBlank } from '#kinds/core/pod/validation/context.ts';
import { templateWarnings, workloadNameWarnings } from '#kinds/core/pod/warnings.ts';

type AnyCronJob = DeepReadonly<CronJob>;

/** A job's name is longer by the minute it belongs to. */
const maxName = 52;

export const cronJob: Resource<CronJob> = {
  ...cronjobs,
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  schema: 'io.k8s.api.batch.v1.CronJob',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = (object.spec ??= {} as CronJobSpec);
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    spec.jobTemplate ??= {};
    defaultJobParts((spec.jobTemplate.spec ??= {} as JobSpec));
  },
  prepareForCreate(object) {
    dropDisabledFields(object.spec?.jobTemplate.spec?.template.spec);
    object.status = {};
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec?.jobTemplate.spec?.template.spec);
    object.status = old.status as Mutable<NonNullable<CronJob['status']>>;
  },
  validateCreate: (object) => validate(object),
  validateUpdate: validate,
  warnings: (object, old) => [
    ...(old === undefined ? workloadNameWarnings(object.metadata.name) : []),
    ...(old?.metadata.generation === object.metadata.generation
      ? []
      : templateWarnings(object.spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template.')),
  ],
  subresources: {
    status: {
      metadataOnUpdate: 'none',
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<CronJobSpec>;
      },
    },
  },
  columns: [
    { name: 'Schedule', type: 'string', value: (object) => object.spec?.schedule ?? '' },
    { name: 'Timezone', type: 'string', value: (object) => object.spec?.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', value: (object) => (object.spec?.suspend === true ? 'True' : 'False') },
    { name: 'Active', type: 'integer', value: (object) => object.status?.active?.length ?? 0 },
    { name: 'Last Schedule', type: 'string', value: (object, nowMs) => lastText(object, nowMs) },
    ageColumn,
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      value: (object) =>
        containers(object)
          .map(({ name }) => name)
          .join(),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      value: (object) =>
        containers(object)
          .map(({ image }) => image ?? '')
          .join(),
    },
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      value: (object) => formatLabelSelector(object.spec?.jobTemplate?.spec?.selector),
    },
  ],
};

function containers(object: AnyCronJob): readonly { readonly name: string; readonly image?: string }[] {
  return object.spec?.jobTemplate?.spec?.template?.spec?.containers ?? [];
}

function lastText({ status }: AnyCronJob, nowMs: number): string {
  return status?.lastScheduleTime === undefined ? '<none>' : humanDuration(nowMs - Date.parse(status.lastScheduleTime));
}

function validate(object: AnyCronJob, old?: AnyCronJob): FieldError[] {
  return validateWithTemplate(old?.spec?.jobTemplate?.spec?.template, (lenient) => {
    const errors: FieldError[] = [];
    const spec = object.spec ?? ({} as DeepReadonly<CronJobSpec>);
    checkSchedule(errors, spec, old?.spec);
    checkCount(errors, spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
    checkRequiredSupported(errors, spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']);
    const template = spec.jobTemplate?.spec ?? ({} as DeepReadonly<JobSpec>);
    checkJobSpec(errors, template, 'spec.jobTemplate.spec', lenient);
    if (template.selector !== undefined) {
      const text = '`selector` will be auto-generated';
      errors.push(fieldError.invalid('spec.jobTemplate.spec.selector', template.selector, text));
    }
    if (template.manualSelector === true)
      errors.push(fieldError.notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
    checkCount(errors, spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit');
    checkCount(errors, spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit');
    const name = object.metadata.name ?? '';
    if (old === undefined && name.length > maxName)
      errors.push(fieldError.invalid('metadata.name', name, `must be no more than ${maxName} characters`));
    return errors;
  });
}

type Spec = DeepReadonly<CronJobSpec>;

function checkSchedule(errors: FieldError[], { schedule, timeZone }: Spec, old: Spec | undefined): void {
  if (isBlank(schedule)) errors.push(fieldError.required('spec.schedule'));
  else if (schedule.includes('TZ') && old?.schedule?.includes('TZ') !== true) {
    const text = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(fieldError.invalid('spec.schedule', schedule, text));
  } else if (!schedule.startsWith('@') && schedule.trim().split(/\s+/).length !== 5) {
    const fields = schedule.trim().split(/\s+/);
    const text = `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
    errors.push(fieldError.invalid('spec.schedule', schedule, text));
  }
  if (timeZone === '')
    errors.push(fieldError.invalid('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string'));
  else if (
    timeZone !== undefined &&
    timeZone !== old?.timeZone &&
    !/^[A-Za-z0-9._+-]+(\/[A-Za-z0-9._+-]+)*$/.test(timeZone)
  )
    errors.push(fieldError.invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
}
