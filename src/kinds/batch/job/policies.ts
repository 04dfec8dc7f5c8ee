/** What a Job's podFailurePolicy, backoffLimitPerIndex and successPolicy make of pods. Pure. */
import type { Job, PodFailurePolicyOnExitCodesRequirement } from '#api/generated/batch/v1.ts';
import type { ContainerStatus, Pod } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

type AnyJob = DeepReadonly<Job>;
type AnyPod = DeepReadonly<Pod>;

/** On a pod: how often its index had failed before. */
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';

export interface Failure {
  readonly action: 'Ignore' | 'FailIndex' | 'FailJob' | 'Count';
  /** Of FailJob. */
  readonly message: string;
}

/** What the first matching rule of the policy says of a failed pod; without one it counts. */
export function judgeFailure({ spec }: AnyJob, pod: AnyPod): Failure {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  for (const [at, { action, onExitCodes, onPodConditions }] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const end = `matching ${action} rule at index ${at}`;
    const container = onExitCodes === undefined ? undefined : exited(pod, onExitCodes);
    if (container !== undefined) {
      const code = container.state?.terminated?.exitCode;
      const message = `Container ${container.name} for pod ${name} failed with exit code ${code} ${end}`;
      return { action: action as Failure['action'], message };
    }
    const condition = (pod.status?.conditions ?? []).find((each) =>
      onPodConditions?.some(({ type, status }) => type === each.type && status === each.status),
    );
    if (onExitCodes === undefined && condition !== undefined)
      return { action: action as Failure['action'], message: `Pod ${name} has condition ${condition.type} ${end}` };
  }
  return { action: 'Count', message: '' };
}

function exited(
  { status }: AnyPod,
  { containerName, operator, values }: DeepReadonly<PodFailurePolicyOnExitCodesRequirement>,
): DeepReadonly<ContainerStatus> | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return values.includes(code) === (operator === 'In');
  });
}

export function failureCountOf({ metadata }: AnyPod): number {
  return Number(metadata.annotations?.[failureCountAnnotation] ?? 0);
}

/** Is this failed pod the last one its index may have? */
export function failsIndex(job: AnyJob, pod: AnyPod): boolean {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined) return false;
  const { action } = judgeFailure(job, pod);
  return action === 'FailIndex' || (action === 'Count' && failureCountOf(pod) >= limit);
}

/** The first rule of the successPolicy that the completed indexes meet, as the condition's message says it. */
export function metSuccessRule(
  { spec }: AnyJob,
  completed: ReadonlySet<number>,
  parse: (text: string) => Set<number>,
): string | undefined {
  if (completed.size === 0) return undefined;
  const at = (spec?.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && completed.size >= succeededCount;
    const wanted = parse(succeededIndexes);
    const met = [...wanted].filter((index) => completed.has(index)).length;
    return met === wanted.size || (succeededCount !== undefined && met >= succeededCount);
  });
  return at < 0 ? undefined : `Matched rules at index ${at}`;
}
