/** Jobs. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/ */
import type { Job, JobSpec } from '#api/generated/batch/v1.ts';
import { jobs } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { humanDuration } from '#base/human-duration.ts';
import { isConditionTrue } from '#api/meta/conditions.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import { controllerUid, jobName, validateJob, validateJobStatus } from '#kinds/batch/job/validation.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { templateWarnings, workloadNameWarnings } from '#kinds/core/pod/warnings.ts';

type AnyJob = DeepReadonly<Job>;

const unlimited = 2_147_483_647;
/** In the order in which the status column looks for them; deletion comes third. */
const words = [
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
  ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
] as const;

export const job: Resource<Job> = {
  ...jobs,
  singular: 'job',
  categories: ['all'],
  schema: 'io.k8s.api.batch.v1.Job',
  metadataOnUpdate: 'object-change',
  allowUnconditionalUpdate: true,
  defaultPropagation: 'Orphan',
  defaults(object) {
    const spec = (object.spec ??= {} as JobSpec);
    defaultJobSpec(spec);
    const labels = spec.template.metadata?.labels;
    if (labels !== undefined && Object.keys(object.metadata.labels ?? {}).length === 0)
      // The same map on purpose: what is generated for the pods is seen on the job, too, as with upstream.
      object.metadata.labels = labels;
  },
  prepareForCreate(object) {
    const spec = object.spec as JobSpec;
    if (spec.manualSelector !== true) generateSelector(object, spec);
    dropDisabledFields(spec.template.spec);
    object.status = {};
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = old.status as Mutable<NonNullable<Job['status']>>;
  },
  validateCreate: (object) => validateJob(object),
  validateUpdate: (object, old) => validateJob(object, old),
  warnings: (object, old) => [
    ...(old === undefined ? workloadNameWarnings(object.metadata.name) : []),
    ...(old?.metadata.generation === object.metadata.generation ? [] : templateWarnings(object.spec?.template)),
  ],
  selectableFieldNames: ['status.successful'],
  selectableFields: (object) => ({ 'status.successful': String(object.status?.succeeded ?? 0) }),
  subresources: {
    status: {
      validateUpdate: validateJobStatus,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<JobSpec>;
      },
    },
  },
  columns: [
    { name: 'Status', type: 'string', value: statusWord },
    { name: 'Completions', type: 'string', value: completionsText },
    { name: 'Duration', type: 'string', value: (object, nowMs) => durationText(object, nowMs) },
    ageColumn,
    ...templateColumns,
  ],
};

function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : unlimited;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  defaultJobParts(spec);
}

/** What the template of a CronJob has, too: the rest comes when a job is made of it. */
export function defaultJobParts(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  spec.template ??= {};
  defaultPodSpec((spec.template.spec ??= { containers: [] }));
}

/** Pods are found by the job's uid, which nobody else has. The older names of the labels stay. */
function generateSelector({ metadata }: Job, spec: JobSpec): void {
  const template = (spec.template.metadata ??= {});
  const labels = (template.labels ??= {});
  for (const key of ['job-name', jobName]) labels[key] ??= metadata.name ?? '';
  for (const key of ['controller-uid', controllerUid]) labels[key] ??= metadata.uid ?? '';
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  const selector = (spec.selector ??= {});
  selector.matchLabels ??= {};
  selector.matchLabels[controllerUid] ??= metadata.uid ?? '';
}

function statusWord({ status, metadata }: AnyJob): string {
  if (isConditionTrue(status?.conditions, 'Complete')) return 'Complete';
  if (isConditionTrue(status?.conditions, 'Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return words.find(([type]) => isConditionTrue(status?.conditions, type))?.[1] ?? 'Running';
}

function completionsText({ spec, status }: AnyJob): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: AnyJob, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}
