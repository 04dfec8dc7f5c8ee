/** Rules of Jobs and of the jobs that CronJobs make. */
import type { Job, JobSpec } from '#api/generated/batch/v1.ts';
import type { PodTemplateSpec } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { isDNS1123Label } from '#api/meta/names.ts';
import { validateImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkCount, checkSelects, tryCompile, validateWithTemplate } from '#kinds/apps/workload-validation.ts';
import type { PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';

type AnyJob = DeepReadonly<Job>;
type Spec = DeepReadonly<JobSpec>;

export const controllerUid = 'batch.kubernetes.io/controller-uid';
export const jobName = 'batch.kubernetes.io/job-name';
const maxParallelism = 100_000;
const maxFailed = 100_000;
const manyCompletions = 100_000;
const replacementPolicies = ['Failed', 'TerminatingOrFailed'] as const;

export function validateJob(job: AnyJob, old?: AnyJob): FieldError[] {
  return validateWithTemplate(old?.spec?.template, (lenient) => {
    const errors: FieldError[] = [];
    const spec = job.spec ?? ({} as Spec);
    checkGenerated(errors, job, spec);
    checkJobSpec(errors, spec, 'spec', lenient);
    checkSelector(errors, spec);
    checkHostnames(errors, job, spec);
    if (old === undefined) return errors;
    // Upstream runs the rules of a new job, and those of the spec once more with the rules of the change.
    checkJobSpec(errors, spec, 'spec', lenient);
    checkSelector(errors, spec);
    checkChange(errors, job, old);
    return errors;
  });
}

/** A selector that was not given by hand selects by the job's own uid. */
function checkGenerated(errors: FieldError[], { metadata }: AnyJob, spec: Spec): void {
  if (spec.manualSelector === true || (spec.selector ?? undefined) === undefined) return;
  const { uid = '', name = '' } = metadata;
  const expected = { 'controller-uid': uid, 'job-name': name, [controllerUid]: uid, [jobName]: name };
  const labels = spec.template?.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(expected)) {
    if (labels[key] === value) continue;
    const path = `spec.template.metadata.labels[${key}]`;
    if (labels[key] === undefined) errors.push(fieldError.required(path, `must be '${value}'`));
    else errors.push(fieldError.invalid(path, labels, `must be '${value}'`));
  }
  if (tryCompile(spec.selector)?.matches(expected) === false)
    errors.push(fieldError.invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
}

function checkSelector(errors: FieldError[], { selector, template }: Spec): void {
  if ((selector ?? undefined) === undefined) errors.push(fieldError.required('spec.selector'));
  else errors.push(...validateLabelSelector(selector, 'spec.selector'));
  const compiled = tryCompile(selector ?? undefined);
  if (compiled !== undefined) checkSelects(errors, template ?? {}, compiled);
}

function checkHostnames(errors: FieldError[], { metadata }: AnyJob, { completionMode, completions = 0 }: Spec): void {
  if (completionMode !== 'Indexed' || completions <= 0) return;
  const longest = `${metadata.name}-${completions - 1}`;
  if (isDNS1123Label(longest).length === 0) return;
  const text = `will not able to create pod with invalid DNS label: ${longest}`;
  errors.push(fieldError.invalid('metadata.name', metadata.name ?? '', text));
}

/** All but selector and its match with the template; also for the template of a CronJob. */
export function checkJobSpec(errors: FieldError[], spec: Spec, path: string, lenient?: PodLeniency): void {
  checkCount(errors, spec.parallelism, `${path}.parallelism`);
  checkCount(errors, spec.completions, `${path}.completions`);
  checkCount(errors, spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`);
  checkCount(errors, spec.backoffLimit, `${path}.backoffLimit`);
  checkCount(errors, spec.ttlSecondsAfterFinished, `${path}.ttlSecondsAfterFinished`);
  checkCount(errors, spec.backoffLimitPerIndex, `${path}.backoffLimitPerIndex`);
  checkCount(errors, spec.maxFailedIndexes, `${path}.maxFailedIndexes`);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(fieldError.required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  checkMode(errors, spec, path);
  const replacement = spec.podReplacementPolicy as string | undefined;
  if (spec.podFailurePolicy !== undefined) {
    if (replacement !== undefined && replacement !== 'Failed')
      errors.push(fieldError.notSupported(`${path}.podReplacementPolicy`, replacement, ['Failed']));
  } else if (replacement !== undefined && !(replacementPolicies as readonly string[]).includes(replacement))
    errors.push(fieldError.notSupported(`${path}.podReplacementPolicy`, replacement, replacementPolicies));
  checkPodTemplate(errors, spec.template ?? {}, `${path}.template`, lenient);
  checkRestartPolicy(errors, spec, `${path}.template.spec.restartPolicy`);
}

function checkMode(errors: FieldError[], spec: Spec, path: string): void {
  const { completionMode: mode, completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex } = spec;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.push(fieldError.notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed') {
    if (completions === undefined)
      errors.push(fieldError.required(`${path}.completions`, 'when completion mode is Indexed'));
    const most = `must be less than or equal to ${maxParallelism} when completion mode is Indexed`;
    if (parallelism > maxParallelism) errors.push(fieldError.invalid(`${path}.parallelism`, parallelism, most));
    const invalidFailed = (text: string): void =>
      void errors.push(fieldError.invalid(`${path}.maxFailedIndexes`, failed, text));
    if (failed === undefined) {
      const text = `must be specified when completions is above ${manyCompletions}`;
      if ((completions ?? 0) > manyCompletions && backoffLimitPerIndex !== undefined)
        errors.push(fieldError.required(`${path}.maxFailedIndexes`, text));
      return;
    }
    if (completions !== undefined && failed > completions) invalidFailed('must be less than or equal to completions');
    if (failed > maxFailed) invalidFailed(`must be less than or equal to ${maxFailed}`);
    return;
  }
  const text = 'requires indexed completion mode';
  if (mode !== undefined && mode !== 'NonIndexed') return;
  if (backoffLimitPerIndex !== undefined)
    errors.push(fieldError.invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, text));
  if (failed !== undefined) errors.push(fieldError.invalid(`${path}.maxFailedIndexes`, failed, text));
}

function checkRestartPolicy(errors: FieldError[], { template, podFailurePolicy }: Spec, path: string): void {
  const policy = (template?.spec?.restartPolicy ?? '') as string;
  if (policy === 'Always' || policy === '')
    errors.push(fieldError.required(path, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never')
    errors.push(fieldError.notSupported(path, policy, ['OnFailure', 'Never']));
  else if (podFailurePolicy !== undefined && policy !== 'Never') {
    const text = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(fieldError.invalid(path, policy, text));
  }
}

function checkChange(errors: FieldError[], job: AnyJob, old: AnyJob): void {
  const [spec, before] = [job.spec ?? ({} as Spec), old.spec ?? ({} as Spec)];
  const isElastic =
    spec.completionMode === 'Indexed' && spec.completions !== undefined && spec.completions === spec.parallelism;
  const wasElastic = before.completions !== undefined && before.completions === before.parallelism;
  if (!(isElastic && wasElastic && before.completionMode === 'Indexed'))
    errors.push(...validateImmutable(spec.completions ?? null, before.completions ?? null, 'spec.completions'));
  errors.push(...validateImmutable(spec.selector, before.selector, 'spec.selector'));
  const template = isWaiting(old) ? withDirectives(before.template, spec.template) : before.template;
  errors.push(...validateImmutable(spec.template, template, 'spec.template'));
  for (const field of [
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ] as const)
    errors.push(...validateImmutable(spec[field] ?? null, before[field] ?? null, `spec.${field}`));
}

/** Suspended and never started: where its pods go may still be changed. */
function isWaiting({ spec, status }: AnyJob): boolean {
  return spec?.suspend === true && status?.startTime === undefined;
}

function withDirectives(old: DeepReadonly<PodTemplateSpec>, now: DeepReadonly<PodTemplateSpec>): unknown {
  const { nodeSelector, tolerations, schedulingGates, affinity } = now.spec ?? { containers: [] };
  const { nodeAffinity: _, ...others } = old.spec?.affinity ?? {};
  const nodeAffinity = affinity?.nodeAffinity;
  const merged = nodeAffinity === undefined ? others : { ...others, nodeAffinity };
  return {
    ...old,
    metadata: { ...old.metadata, labels: now.metadata?.labels, annotations: now.metadata?.annotations },
    spec: { ...old.spec, nodeSelector, tolerations, schedulingGates, affinity: merged },
  };
}

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

export function validateJobStatus({ status }: AnyJob): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of counts) checkCount(errors, status?.[name], `status.${name}`);
  return errors;
}
