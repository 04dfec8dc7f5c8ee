/**
 * Which pods go first when there are too many: the ones whose loss costs least. Upstream's order, each rule only where the
 * ones before say nothing:
 *
 *   unassigned < assigned; Pending < Unknown < Running; not ready < ready; lower deletion cost; more ready siblings on the
 *   same node; ready for a shorter time; more restarts; younger. Times are compared by their order of magnitude.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { isPodActive, isPodReady, podReadySinceMs } from '#controller/pods.ts';

type ReadonlyPod = DeepReadonly<Pod>;

/** `count` of the pods. `related` are the pods of the same owner's other replica sets, these included. */
export function podsToDelete(
  pods: readonly ReadonlyPod[],
  related: Iterable<ReadonlyPod>,
  options: { count: number; nowMs: number },
): ReadonlyPod[] {
  if (options.count >= pods.length) return [...pods];
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    if (isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: ReadonlyPod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0;
  const ordered = [...pods].sort((a, b) => comparePods(a, b, rank, options.nowMs));
  return ordered.slice(0, options.count);
}

const phaseOrder: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

function comparePods(a: ReadonlyPod, b: ReadonlyPod, rank: (pod: ReadonlyPod) => number, nowMs: number): number {
  const assigned = (pod: ReadonlyPod): number => ((pod.spec?.nodeName ?? '') === '' ? 0 : 1);
  const phase = (pod: ReadonlyPod): number => phaseOrder[pod.status?.phase ?? ''] ?? 0;
  const ready = (pod: ReadonlyPod): number => (isPodReady(pod) ? 1 : 0);
  return (
    assigned(a) - assigned(b) ||
    phase(a) - phase(b) ||
    ready(a) - ready(b) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    compareAges(podReadySinceMs(a), podReadySinceMs(b), { a, b, nowMs }) ||
    restarts(b) - restarts(a) ||
    compareAges(createdMs(a), createdMs(b), { a, b, nowMs })
  );
}

function deletionCost(pod: ReadonlyPod): number {
  const text = pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'];
  return text !== undefined && /^(0|[+-]?[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

function restarts(pod: ReadonlyPod): number {
  let most = 0;
  for (const status of pod.status?.containerStatuses ?? []) most = Math.max(most, status.restartCount ?? 0);
  return most;
}

function createdMs(pod: ReadonlyPod): number | undefined {
  const text = pod.metadata.creationTimestamp;
  return text === undefined ? undefined : Date.parse(text);
}

/** Younger first, by powers of two of the age, so that the choice is spread; equal ages by uid. */
function compareAges(
  a: number | undefined,
  b: number | undefined,
  of: { a: ReadonlyPod; b: ReadonlyPod; nowMs: number },
): number {
  if (a === b || a === undefined || b === undefined) return 0;
  const difference = magnitude(of.nowMs - a) - magnitude(of.nowMs - b);
  if (difference !== 0) return difference;
  return (of.a.metadata.uid ?? '') < (of.b.metadata.uid ?? '') ? -1 : 1;
}

function magnitude(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6));
}
