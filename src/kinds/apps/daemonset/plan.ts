/** What a DaemonSet does next: which nodes need a pod, which pods go. Pure. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { DaemonSet, DaemonSetStatus } from '#api/generated/apps/v1.ts';
import type { Node, Pod } from '#api/generated/core/v1.ts';
import { revisionHashLabel } from '#controller/history.ts';
import { isPodAvailable, isPodFinished, isPodReady } from '#controller/pods.ts';
import { placementOn } from '#kinds/apps/daemonset/placement.ts';
import { scaledValue } from '#kinds/apps/deployment/replica-sets.ts';

type ReadonlyPod = DeepReadonly<Pod>;
export interface Observed {
  readonly set: DeepReadonly<DaemonSet>;
  readonly nodes: readonly DeepReadonly<Node>[];
  readonly podsByNode: ReadonlyMap<string, readonly ReadonlyPod[]>;
  /** Of the present template. */
  readonly hash: string;
  readonly nowMs: number;
}
export interface DaemonPlan {
  readonly create: string[];
  readonly remove: ReadonlyPod[];
  /** Finished pods: removed, with an event. */
  readonly finished: ReadonlyPod[];
}

/** Missing pods, superfluous pods, and one step of the rolling update if nothing is missing on the way. */
export function planDaemons(seen: Observed): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [], finished: [] };
  const known = new Set(seen.nodes.map((node) => node.metadata.name));
  for (const node of seen.nodes) planNode(node, seen, plan);
  for (const [name, pods] of seen.podsByNode) if (!known.has(name)) plan.remove.push(...pods.filter(isAlive));
  if (seen.set.spec?.updateStrategy?.type !== 'OnDelete') planUpdate(seen, plan);
  return plan;
}

function isAlive(pod: ReadonlyPod): boolean {
  return pod.metadata.deletionTimestamp === undefined;
}

function planNode(node: DeepReadonly<Node>, seen: Observed, plan: DaemonPlan): void {
  const name = node.metadata.name ?? '';
  const pods = seen.podsByNode.get(name) ?? [];
  const { shouldRun, mayStay } = placementOn(node, seen.set);
  if (!mayStay) {
    plan.remove.push(...pods.filter(isAlive));
    return;
  }
  if (pods.length === 0) {
    if (shouldRun) plan.create.push(name);
    return;
  }
  const alive = pods.filter(isAlive);
  plan.finished.push(...alive.filter(isPodFinished));
  const running = alive.filter((pod) => !isPodFinished(pod)).sort(olderFirst);
  plan.remove.push(...surplus(running, seen));
}

/** One pod per node, and while it is updated with a surge one more of the new template. */
function surplus(running: readonly ReadonlyPod[], seen: Observed): ReadonlyPod[] {
  if (running.length <= 1) return [];
  if (surgeOf(seen) === 0) return running.slice(1);
  const fresh = running.filter((pod) => isNew(pod, seen));
  const old = running.filter((pod) => !isNew(pod, seen));
  const replaced = fresh.some((pod) => available(pod, seen)) ? old : old.slice(1);
  return [...replaced, ...fresh.slice(1)];
}

function planUpdate(seen: Observed, plan: DaemonPlan): void {
  const eligible = seen.nodes.filter((node) => placementOn(node, seen.set).shouldRun);
  const { maxUnavailable } = seen.set.spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = surgeOf(seen);
  const most = scaledValue(maxUnavailable ?? (surge > 0 ? 0 : 1), eligible.length, Math.ceil);
  const room = { unavailable: Math.max(surge > 0 ? 0 : 1, most), surge };
  const candidates: ReadonlyPod[] = [];
  for (const node of eligible) {
    const pods = (seen.podsByNode.get(node.metadata.name ?? '') ?? []).filter((pod) => !isPodFinished(pod));
    const old = pods.find((pod) => isAlive(pod) && !isNew(pod, seen));
    if (!pods.some((pod) => available(pod, seen))) room.unavailable--;
    if (pods.length > 1) room.surge--;
    if (old === undefined || pods.length > 1) continue;
    // One that does not work anyway makes nothing worse by going.
    if (surge === 0 && !available(old, seen)) plan.remove.push(old);
    else candidates.push(old);
  }
  for (const old of candidates) {
    if (surge > 0) {
      if (room.surge-- > 0) plan.create.push(old.spec?.nodeName ?? '');
    } else if (room.unavailable-- > 0) plan.remove.push(old);
  }
}

function surgeOf(seen: Observed): number {
  const { maxSurge } = seen.set.spec?.updateStrategy?.rollingUpdate ?? {};
  return scaledValue(maxSurge, seen.nodes.length, Math.ceil);
}

function isNew(pod: ReadonlyPod, seen: Observed): boolean {
  return pod.metadata.labels?.[revisionHashLabel] === seen.hash;
}

function available(pod: ReadonlyPod, seen: Observed): boolean {
  return isAlive(pod) && isPodAvailable(pod, seen.set.spec?.minReadySeconds ?? 0, seen.nowMs);
}

function olderFirst(a: ReadonlyPod, b: ReadonlyPod): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The status the nodes and pods make. */
export function daemonStatus(seen: Observed): DaemonSetStatus {
  const status = {
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
  };
  for (const node of seen.nodes) {
    const pods = [...(seen.podsByNode.get(node.metadata.name ?? '') ?? [])].sort(olderFirst);
    if (!placementOn(node, seen.set).shouldRun) {
      if (pods.length > 0) status.numberMisscheduled++;
      continue;
    }
    status.desiredNumberScheduled++;
    if (pods.length === 0) continue;
    status.currentNumberScheduled++;
    const alive = pods.filter(isAlive);
    if (alive.some(isPodReady)) status.numberReady++;
    if (alive.some((pod) => available(pod, seen))) status.numberAvailable++;
    if (pods.some((pod) => isNew(pod, seen))) status.updatedNumberScheduled++;
  }
  const { collisionCount } = seen.set.status ?? {};
  return {
    ...status,
    numberUnavailable: status.desiredNumberScheduled - status.numberAvailable,
    observedGeneration: seen.set.metadata.generation,
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}
