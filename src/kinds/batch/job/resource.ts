/** Jobs. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/ */
import type { Job } from '#api/generated/batch/v1.ts';
import { jobs } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { humanDuration } from '#base/human-duration.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

export const job: Resource<Job> = {
  ...jobs,
  singular: 'job',
  categories: ['all'],
  schema: 'io.k8s.api.batch.v1.Job',
  allowUnconditionalUpdate: true,
  defaultPropagation: 'Orphan',
  defaults: defaultJob,
  prepareForCreate(object) {
    object.status = {};
    if (object.spec?.manualSelector !== true) generateSelector(object);
  },
  prepareForUpdate: keepStatus,
  selectableFieldNames: ['status.successful'],
  selectableFields: (object) => ({ 'status.successful': String(object.status?.succeeded ?? 0) }),
  subresources: { status: statusSubresource() },
  columns: [
    { name: 'Status', type: 'string', value: statusWord },
    {
      name: 'Completions',
      type: 'string',
      value: ({ spec, status }) => {
        const done = status?.succeeded ?? 0;
        if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
        const parallelism = spec?.parallelism ?? 0;
        return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
      },
    },
    { name: 'Duration', type: 'string', value: (object, nowMs) => duration(object, nowMs) },
    ageColumn as never,
    ...(templateColumns as never[]),
  ],
};

export function defaultJob(object: Pick<Job, 'spec'> & { metadata?: Job['metadata'] }): void {
  const spec = object.spec;
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ??= 'True';
  }
  const labels = spec.template?.metadata?.labels;
  const own = object.metadata;
  if (own !== undefined && labels !== undefined && Object.keys(own.labels ?? {}).length === 0)
    own.labels = { ...labels };
  if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
}

/** The selector is the Job's uid, and the template carries it under the old and the new label. */
function generateSelector(object: Job): void {
  const spec = object.spec;
  if (spec === undefined) return;
  const { name = '', uid = '' } = object.metadata;
  const labels = ((spec.template.metadata ??= {}).labels ??= {});
  labels['controller-uid'] = uid;
  labels['job-name'] = name;
  labels['batch.kubernetes.io/controller-uid'] = uid;
  labels['batch.kubernetes.io/job-name'] = name;
  ((spec.selector ??= {}).matchLabels ??= {})['batch.kubernetes.io/controller-uid'] = uid;
}

function statusWord({ metadata, spec, status }: DeepReadonly<Job>): string {
  const has = (type: string): boolean =>
    status?.conditions?.some((item) => item.type === type && item.status === 'True') === true;
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended') || spec?.suspend === true) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function duration({ status }: DeepReadonly<Job>, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}
