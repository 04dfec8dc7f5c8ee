/**
 * Counting a Job's finished pods exactly once, though pods may be deleted at any time and writes may fail in between:
 *
 *   finished pod, with the tracking finalizer → its uid in status.uncountedTerminatedPods → finalizer removed
 *   → uid out of the list and into the count
 *
 * Completed indexes are a set, so that counting twice does no harm: they need no list. Pure.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Job } from '#api/generated/batch/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { failsIndex, judgeFailure } from '#kinds/batch/job/policies.ts';

type ReadonlyPod = DeepReadonly<Pod>;
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

export interface Tally {
  /** Counted, without those in the lists. */
  readonly succeeded: number;
  readonly failed: number;
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  readonly completedIndexes: ReadonlySet<number>;
  /** With backoffLimitPerIndex only. */
  readonly failedIndexes: ReadonlySet<number>;
  /** A pod failed as the podFailurePolicy allows none to. */
  readonly failJobMessage?: string;
  /** Pods that are accounted for: their finalizer may go. */
  readonly release: readonly ReadonlyPod[];
}

export function isIndexed(job: DeepReadonly<Job>): boolean {
  return job.spec?.completionMode === 'Indexed';
}

export function isTracked(pod: ReadonlyPod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) === true;
}

/** A pod that is being deleted will not succeed any more, unless it has. */
export function outcomeOf(pod: ReadonlyPod): 'succeeded' | 'failed' | 'active' {
  if (pod.status?.phase === 'Succeeded') return 'succeeded';
  return pod.status?.phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined ? 'failed' : 'active';
}

export function indexOf(pod: ReadonlyPod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export function tallyOf(job: DeepReadonly<Job>, pods: readonly ReadonlyPod[]): Tally {
  const tracked = pods.filter(isTracked);
  const trackedUids = new Set(tracked.map((pod) => pod.metadata.uid ?? ''));
  const listed = job.status?.uncountedTerminatedPods;
  const settle = (uids: readonly string[]): { left: string[]; counted: number } => {
    const left = uids.filter((uid) => trackedUids.has(uid));
    return { left, counted: uids.length - left.length };
  };
  const succeeded = settle(listed?.succeeded ?? []);
  const failed = settle(listed?.failed ?? []);
  const completedIndexes = parseIndexes(job.status?.completedIndexes ?? '');
  const failedIndexes = parseIndexes(job.status?.failedIndexes ?? '');
  let failJobMessage: string | undefined;
  const release: ReadonlyPod[] = [];
  for (const pod of tracked) {
    const outcome = outcomeOf(pod);
    // With a failure policy a pod is judged by how it ends, not by its deletion.
    const isEnding = outcome === 'failed' && pod.status?.phase !== 'Failed';
    if (outcome === 'active' || (isEnding && job.spec?.podFailurePolicy !== undefined)) continue;
    release.push(pod);
    // Pods that were stopped because the Job is suspended have not failed.
    if (job.spec?.suspend === true && isEnding) continue;
    const index = indexOf(pod);
    if (outcome === 'failed') {
      const { action, message } = judgeFailure(job, pod);
      if (action === 'Ignore') continue;
      if (action === 'FailJob') failJobMessage ??= message;
      if (index !== undefined && index < (job.spec?.completions ?? 0) && failsIndex(job, pod)) failedIndexes.add(index);
    }
    const list = outcome === 'failed' ? failed.left : succeeded.left;
    if (outcome === 'succeeded' && isIndexed(job)) {
      if (index !== undefined && index < (job.spec?.completions ?? 0)) completedIndexes.add(index);
    } else if (!list.includes(pod.metadata.uid ?? '')) list.push(pod.metadata.uid ?? '');
  }
  return {
    succeeded: isIndexed(job) ? completedIndexes.size : (job.status?.succeeded ?? 0) + succeeded.counted,
    failed: (job.status?.failed ?? 0) + failed.counted,
    uncounted: { succeeded: succeeded.left, failed: failed.left },
    completedIndexes,
    failedIndexes,
    ...(failJobMessage === undefined ? {} : { failJobMessage }),
    release,
  };
}

/** `0,2-4` */
export function parseIndexes(text: string): Set<number> {
  const indexes = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [from, to = from] = part.split('-').map(Number);
    for (let index = from ?? 0; index <= (to ?? 0); index++) indexes.add(index);
  }
  return indexes;
}

export function indexesText(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; at++) {
    const from = sorted[at] as number;
    let to = from;
    while (sorted[at + 1] === to + 1) to = sorted[++at] as number;
    parts.push(to === from ? String(from) : to === from + 1 ? `${from},${to}` : `${from}-${to}`);
  }
  return parts.join(',');
}
