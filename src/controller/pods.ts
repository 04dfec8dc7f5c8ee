/** What controllers ask about a pod. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { findCondition } from '#api/meta/conditions.ts';

type ReadonlyPod = DeepReadonly<Pod>;

/** Neither finished nor being deleted. */
export function isPodActive(pod: ReadonlyPod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isPodFinished(pod: ReadonlyPod): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

export function isPodReady(pod: ReadonlyPod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** When it became ready, in ms; undefined if it is not. */
export function podReadySinceMs(pod: ReadonlyPod): number | undefined {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True' || condition.lastTransitionTime === undefined) return undefined;
  return Date.parse(condition.lastTransitionTime);
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: ReadonlyPod, minReadySeconds: number, nowMs: number): boolean {
  if (!isPodReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const sinceMs = podReadySinceMs(pod);
  return sinceMs !== undefined && sinceMs + minReadySeconds * 1000 <= nowMs;
}

/** Milliseconds until the first of the ready but not yet available pods becomes available. */
export function nextAvailabilityMs(
  pods: readonly ReadonlyPod[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  let next: number | undefined;
  for (const pod of pods) {
    const sinceMs = podReadySinceMs(pod);
    if (sinceMs === undefined || isPodAvailable(pod, minReadySeconds, nowMs)) continue;
    const waitMs = sinceMs + minReadySeconds * 1000 - nowMs;
    if (next === undefined || waitMs < next) next = waitMs;
  }
  return next;
}

function readyCondition(pod: ReadonlyPod): { status: string; lastTransitionTime?: string } | undefined {
  return findCondition(pod.status?.conditions, 'Ready');
}
