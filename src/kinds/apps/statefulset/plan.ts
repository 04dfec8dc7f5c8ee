/**
 * The next step of a StatefulSet. Ordered sets take one step at a time: the next pod is made when all before it are up, the
 * last one goes first, and an update goes from the last to the first. Parallel sets make and remove without waiting. Pure.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { StatefulSet, StatefulSetStatus } from '#api/generated/apps/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { revisionHashLabel } from '#controller/history.ts';
import { isPodAvailable, isPodFinished, isPodReady } from '#controller/pods.ts';
import { ordinalOf, ordinalRange } from '#kinds/apps/statefulset/identity.ts';

type ReadonlyPod = DeepReadonly<Pod>;
export interface Observed {
  readonly set: DeepReadonly<StatefulSet>;
  readonly pods: readonly ReadonlyPod[];
  /** Names of the revisions: what the set had, and what it shall have. */
  readonly current: string;
  readonly update: string;
  readonly nowMs: number;
}
export interface SetPlan {
  readonly create: { readonly ordinal: number; readonly revision: string }[];
  readonly remove: ReadonlyPod[];
}

export function planSet(seen: Observed): SetPlan {
  const plan: SetPlan = { create: [], remove: [] };
  const isOrdered = seen.set.spec?.podManagementPolicy !== 'Parallel';
  const byOrdinal = podsByOrdinal(seen);
  const { from, to } = ordinalRange(seen.set);
  for (let ordinal = from; ordinal < to; ordinal++) {
    const isUp = planReplica(ordinal, byOrdinal.get(ordinal), { seen, plan });
    if (isOrdered && !isUp) return plan;
  }
  if (!planCondemned(seen, plan, isOrdered)) return plan;
  if (plan.create.length === 0 && plan.remove.length === 0) planUpdate(seen, plan);
  return plan;
}

function podsByOrdinal(seen: Observed): Map<number, ReadonlyPod> {
  const byOrdinal = new Map<number, ReadonlyPod>();
  for (const pod of seen.pods) {
    const ordinal = ordinalOf(seen.set, pod);
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
  }
  return byOrdinal;
}

/** True: it is there and available. */
function planReplica(ordinal: number, pod: ReadonlyPod | undefined, into: { seen: Observed; plan: SetPlan }): boolean {
  const { seen, plan } = into;
  if (pod === undefined) {
    plan.create.push({ ordinal, revision: revisionFor(ordinal, seen) });
    return false;
  }
  if (isTerminating(pod)) return false;
  if (isPodFinished(pod)) {
    plan.remove.push(pod);
    return false;
  }
  return isAvailable(pod, seen);
}

/** A pod that died during an update comes back as it was, unless the update has already passed it. */
function revisionFor(ordinal: number, seen: Observed): string {
  const { set } = seen;
  if (set.spec?.updateStrategy?.type === 'OnDelete') return seen.update;
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  const { from } = ordinalRange(set);
  // Counted now: the stored status may still know the pod that was just removed for the update.
  const kept = partition > 0 ? partition : countAlive(seen, seen.current);
  return ordinal < from + kept ? seen.current : seen.update;
}

/** Pods outside the range go, the last first; in order, an unhealthy one waits for those below it. True: none is left. */
function planCondemned(seen: Observed, plan: SetPlan, isOrdered: boolean): boolean {
  const { from, to } = ordinalRange(seen.set);
  const condemned = seen.pods
    .map((pod) => ({ pod, ordinal: ordinalOf(seen.set, pod) ?? -1 }))
    .filter(({ ordinal }) => ordinal >= 0 && (ordinal < from || ordinal >= to))
    .sort((a, b) => b.ordinal - a.ordinal);
  // Ordered sets come here only once all replicas are up: the first unhealthy pod is one of those that go.
  const firstUnhealthy = condemned.findLast(({ pod }) => isTerminating(pod) || !isAvailable(pod, seen))?.pod;
  for (const { pod } of condemned) {
    const mustWait = isOrdered && pod !== firstUnhealthy && !isAvailable(pod, seen);
    if (!isTerminating(pod) && !mustWait) plan.remove.push(pod);
    if (isOrdered) return false;
  }
  return condemned.length === 0;
}

function planUpdate(seen: Observed, plan: SetPlan): void {
  const strategy = seen.set.spec?.updateStrategy;
  if (strategy?.type === 'OnDelete') return;
  const { from, to } = ordinalRange(seen.set);
  const byOrdinal = podsByOrdinal(seen);
  const first = from + (strategy?.rollingUpdate?.partition ?? 0);
  for (let ordinal = to - 1; ordinal >= first; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined || isTerminating(pod)) return;
    if (revisionOf(pod) !== seen.update) {
      plan.remove.push(pod);
      return;
    }
    if (!isAvailable(pod, seen)) return;
  }
}

function countAlive(seen: Observed, revision: string): number {
  return seen.pods.filter((pod) => !isTerminating(pod) && revisionOf(pod) === revision).length;
}

function isTerminating(pod: ReadonlyPod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function revisionOf(pod: ReadonlyPod): string | undefined {
  return pod.metadata.labels?.[revisionHashLabel];
}

function isAvailable(pod: ReadonlyPod, seen: Observed): boolean {
  return pod.status?.phase === 'Running' && isPodAvailable(pod, seen.set.spec?.minReadySeconds ?? 0, seen.nowMs);
}

/** The status the pods make. Once all are of the new revision it becomes the current one. */
export function setStatus(seen: Observed, collisionCount: number | undefined): StatefulSetStatus {
  const created = seen.pods.filter((pod) => pod.status?.phase !== undefined);
  const status: StatefulSetStatus = {
    observedGeneration: seen.set.metadata.generation,
    replicas: created.length,
    readyReplicas: created.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length,
    availableReplicas: created.filter((pod) => isAvailable(pod, seen)).length,
    currentReplicas: countAlive(seen, seen.current),
    updatedReplicas: countAlive(seen, seen.update),
    currentRevision: seen.current,
    updateRevision: seen.update,
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
  const isRolling = seen.set.spec?.updateStrategy?.type !== 'OnDelete';
  const isComplete = status.updatedReplicas === status.replicas && status.readyReplicas === status.replicas;
  if (isRolling && isComplete && status.replicas === (seen.set.spec?.replicas ?? 1)) {
    status.currentReplicas = status.updatedReplicas;
    status.currentRevision = seen.update;
  }
  return status;
}
