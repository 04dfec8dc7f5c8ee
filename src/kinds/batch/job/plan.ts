/** What a Job does next, and what it says about itself. Pure. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { Job, JobCondition, JobStatus } from '#api/generated/batch/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { findCondition, isConditionTrue } from '#api/meta/conditions.ts';
import { isPodReady } from '#controller/pods.ts';
import type { Tally } from '#kinds/batch/job/tally.ts';
import { failureCountOf, judgeFailure, metSuccessRule } from '#kinds/batch/job/policies.ts';
import { indexOf, indexesText, isIndexed, outcomeOf, parseIndexes } from '#kinds/batch/job/tally.ts';

type ReadonlyPod = DeepReadonly<Pod>;
export interface Observed {
  readonly job: DeepReadonly<Job>;
  readonly pods: readonly ReadonlyPod[];
  readonly tally: Tally;
  readonly nowMs: number;
}
export interface JobPlan {
  readonly status: JobStatus;
  /** One entry per pod to create: its index, undefined without indexes. */
  readonly create: readonly (number | undefined)[];
  readonly remove: readonly ReadonlyPod[];
  /** Look again after so long. */
  readonly waitMs?: number;
}
interface Verdict {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

const firstBackoffMs = 10_000;
const longestBackoffMs = 600_000;

export function isFinished(job: DeepReadonly<Job>): boolean {
  const conditions = job.status?.conditions;
  return isConditionTrue(conditions, 'Complete') || isConditionTrue(conditions, 'Failed');
}

export function planJob(seen: Observed): JobPlan {
  const { job, tally, pods } = seen;
  const active = pods.filter((pod) => outcomeOf(pod) === 'active');
  const status = statusOf(seen, active);
  const isSuspended = job.spec?.suspend === true;
  syncSuspended(status, seen, isSuspended);
  const verdict = standing(job) ?? verdictOf(seen, active);
  if (verdict !== undefined) {
    const isOver = active.length === 0 && tally.uncounted.failed.length + tally.uncounted.succeeded.length === 0;
    finish(status, verdict, { seen, isOver });
    return { status, create: [], remove: active };
  }
  if (isSuspended) return { status, create: [], remove: active };
  status.startTime ??= timestamp(seen.nowMs);
  return { status, ...planPods(seen, active, status.startTime) };
}

function statusOf(seen: Observed, active: readonly ReadonlyPod[]): JobStatus {
  const { job, tally, pods } = seen;
  const { succeeded, failed } = tally.uncounted;
  const terminating = pods.filter((pod) => {
    const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    return pod.metadata.deletionTimestamp !== undefined && !isOver;
  });
  const status: JobStatus = {
    conditions: cloneJson(job.status?.conditions ?? []) as JobCondition[],
    active: active.length,
    ready: active.filter(isPodReady).length,
    terminating: terminating.length,
    succeeded: tally.succeeded,
    failed: tally.failed,
    uncountedTerminatedPods: {
      ...(succeeded.length === 0 ? {} : { succeeded: [...succeeded] }),
      ...(failed.length === 0 ? {} : { failed: [...failed] }),
    },
  };
  if (job.status?.startTime !== undefined) status.startTime = job.status.startTime;
  if (tally.completedIndexes.size > 0) status.completedIndexes = indexesText(tally.completedIndexes);
  if (job.spec?.backoffLimitPerIndex !== undefined) status.failedIndexes = indexesText(tally.failedIndexes);
  return status;
}

function syncSuspended(status: JobStatus, seen: Observed, isSuspended: boolean): void {
  const current = findCondition(status.conditions, 'Suspended');
  if (isSuspended === (current?.status === 'True')) return;
  if (isSuspended) delete status.startTime;
  else status.startTime = timestamp(seen.nowMs);
  const text = isSuspended
    ? { status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
    : { status: 'False', reason: 'JobResumed', message: 'Job resumed' };
  setCondition(status, { type: 'Suspended', ...text }, seen.nowMs);
}

/** What was decided before stays decided. */
function standing(job: DeepReadonly<Job>): Verdict | undefined {
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const condition = findCondition(job.status?.conditions, type);
    if (condition?.status !== 'True') continue;
    return { type, reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return undefined;
}

function verdictOf(seen: Observed, active: readonly ReadonlyPod[]): Verdict | undefined {
  const { job, tally } = seen;
  const failed = tally.failed + tally.uncounted.failed.length;
  if (tally.failJobMessage !== undefined)
    return { type: 'FailureTarget', reason: 'PodFailurePolicy', message: tally.failJobMessage };
  if (failed > (job.spec?.backoffLimit ?? 6)) {
    const message = 'Job has reached the specified backoff limit';
    return { type: 'FailureTarget', reason: 'BackoffLimitExceeded', message };
  }
  const deadlineMs = deadlineOf(job);
  if (deadlineMs !== undefined && seen.nowMs >= deadlineMs) {
    const message = 'Job was active longer than specified deadline';
    return { type: 'FailureTarget', reason: 'DeadlineExceeded', message };
  }
  const byIndex = isIndexed(job) ? indexVerdict(seen) : undefined;
  if (byIndex !== undefined) return byIndex;
  const succeeded = succeededOf(seen);
  const { completions } = job.spec ?? {};
  const isComplete = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  if (!isComplete) return undefined;
  const message = 'Reached expected number of succeeded pods';
  return { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message };
}

function indexVerdict({ job, tally }: Observed): Verdict | undefined {
  const { maxFailedIndexes, completions = 0 } = job.spec ?? {};
  const failed = tally.failedIndexes.size;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { type: 'FailureTarget', reason: 'MaxFailedIndexesExceeded', message };
  }
  if (failed > 0 && failed + tally.completedIndexes.size >= completions)
    return { type: 'FailureTarget', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  const message = metSuccessRule(job, tally.completedIndexes, parseIndexes);
  return message === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message };
}

function succeededOf({ tally }: Observed): number {
  return tally.succeeded + tally.uncounted.succeeded.length;
}

function deadlineOf(job: DeepReadonly<Job>): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  const start = job.status?.startTime;
  if (seconds === undefined || start === undefined || job.spec?.suspend === true) return undefined;
  return Date.parse(start) + seconds * 1000;
}

/** First what the Job will be; once no pod is left and all are counted, what it is. */
function finish(status: JobStatus, verdict: Verdict, by: { seen: Observed; isOver: boolean }): void {
  const { nowMs } = by.seen;
  const { reason, message } = verdict;
  setCondition(status, { type: verdict.type, status: 'True', reason, message }, nowMs);
  const terminating = status.terminating ?? 0;
  if (!by.isOver || terminating > 0) return;
  const type = verdict.type === 'FailureTarget' ? 'Failed' : 'Complete';
  setCondition(status, { type, status: 'True', reason, message }, nowMs);
  if (type === 'Complete') status.completionTime = timestamp(nowMs);
}

function setCondition(status: JobStatus, condition: Omit<JobCondition, 'lastTransitionTime'>, nowMs: number): void {
  const present = findCondition(status.conditions, condition.type);
  if (present?.status === condition.status) return;
  const at = timestamp(nowMs);
  const others = (status.conditions ?? []).filter(({ type }) => type !== condition.type);
  status.conditions = [...others, { ...condition, lastProbeTime: at, lastTransitionTime: at }];
}

function planPods(
  seen: Observed,
  active: readonly ReadonlyPod[],
  startTime: string,
): Pick<JobPlan, 'create' | 'remove' | 'waitMs'> {
  const { job } = seen;
  const parallelism = job.spec?.parallelism ?? 1;
  const { completions } = job.spec ?? {};
  const succeeded = succeededOf(seen);
  const open =
    completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : completions - succeeded - seen.tally.failedIndexes.size;
  const wanted = Math.min(parallelism, open);
  const deadlineMs = deadlineOf({ ...job, status: { ...job.status, startTime } });
  const untilDeadline = deadlineMs === undefined ? {} : { waitMs: deadlineMs - seen.nowMs };
  if (active.length > wanted) return { create: [], remove: newestOf(active, active.length - wanted), ...untilDeadline };
  if (active.length === wanted) return { create: [], remove: [], ...untilDeadline };
  const byIndex = job.spec?.backoffLimitPerIndex !== undefined;
  const backoffMs = byIndex ? 0 : backoffLeft(seen);
  if (backoffMs > 0) {
    return { create: [], remove: [], waitMs: Math.min(backoffMs, untilDeadline.waitMs ?? backoffMs) };
  }
  const count = Math.max(0, wanted - active.length - stillEnding(seen));
  if (!isIndexed(job)) return { create: Array<undefined>(count).fill(undefined), remove: [], ...untilDeadline };
  const free = freeIndexes(seen, active);
  const waits = free.map((index) => (byIndex ? indexBackoffLeft(seen, index) : 0));
  const create = free.filter((_, at) => waits[at] === 0).slice(0, count);
  const later = [...waits.filter((wait) => wait > 0), ...Object.values(untilDeadline)];
  return { create, remove: [], ...(later.length === 0 ? {} : { waitMs: Math.min(...later) }) };
}

function newestOf(pods: readonly ReadonlyPod[], count: number): ReadonlyPod[] {
  const byAge = [...pods].sort((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1,
  );
  return byAge.slice(0, count);
}

/** Pods whose places are not free before they have ended. */
function stillEnding({ job, pods }: Observed): number {
  if (job.spec?.podReplacementPolicy !== 'Failed') return 0;
  return pods.filter(isEnding).length;
}

function isEnding({ metadata, status }: ReadonlyPod): boolean {
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}

function freeIndexes(seen: Observed, active: readonly ReadonlyPod[]): number[] {
  const { tally, job } = seen;
  const taken = new Set(active.map(indexOf));
  if (job.spec?.podReplacementPolicy === 'Failed')
    for (const pod of seen.pods) if (isEnding(pod)) taken.add(indexOf(pod));
  const free: number[] = [];
  for (let index = 0; index < (job.spec?.completions ?? 0); index++) {
    if (!taken.has(index) && !tally.completedIndexes.has(index) && !tally.failedIndexes.has(index)) free.push(index);
  }
  return free;
}

/** How often this index has failed so far: what its next pod is marked with. */
export function indexFailures({ job, pods }: Pick<Observed, 'job' | 'pods'>, index: number): number {
  const failed = pods.filter((pod) => indexOf(pod) === index && outcomeOf(pod) === 'failed');
  const counts = failed.map((pod) => failureCountOf(pod) + (judgeFailure(job, pod).action === 'Ignore' ? 0 : 1));
  return Math.max(0, ...counts);
}

function indexBackoffLeft(seen: Observed, index: number): number {
  const failures = indexFailures(seen, index);
  if (failures === 0) return 0;
  const failed = seen.pods.filter((pod) => indexOf(pod) === index && outcomeOf(pod) === 'failed');
  const delayMs = Math.min(firstBackoffMs * 2 ** (failures - 1), longestBackoffMs);
  return Math.max(0, Math.max(...failed.map(finishedAtMs)) + delayMs - seen.nowMs);
}

/** 10 s after the first failure, doubling to 10 minutes, counted from the last one. */
function backoffLeft(seen: Observed): number {
  const failed = seen.pods.filter(
    (pod) => outcomeOf(pod) === 'failed' && judgeFailure(seen.job, pod).action !== 'Ignore',
  );
  if (failed.length === 0) return 0;
  const lastMs = Math.max(...failed.map(finishedAtMs));
  const failures = seen.tally.failed + seen.tally.uncounted.failed.length;
  const delayMs = Math.min(firstBackoffMs * 2 ** Math.max(0, failures - 1), longestBackoffMs);
  return Math.max(0, lastMs + delayMs - seen.nowMs);
}

function finishedAtMs(pod: ReadonlyPod): number {
  const times = (pod.status?.containerStatuses ?? []).map((status) => status.state?.terminated?.finishedAt);
  const latest = times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return Date.parse(latest ?? pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp ?? '');
}
