/**
 * How large each ReplicaSet of a Deployment should be next. Pure: the controller applies the answer and asks again when the
 * sets have changed.
 *
 *   10 replicas, maxSurge 3, maxUnavailable 2, a new template:
 *   old 10, new 0 → new 3 (13 in all) → old 8 (8 may be missing none) → new 5 as old ones end → …
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Deployment } from '#api/generated/apps/v1.ts';
import type { Set } from '#kinds/apps/deployment/replica-sets.ts';
import {
  active,
  byCreation,
  bySizeNewer,
  bySizeOlder,
  countStatus,
  desiredReplicasAnnotation,
  isRollingUpdate,
  maxReplicasAnnotation,
  maxSurge,
  maxUnavailable,
  numberAnnotation,
  replicasOf,
  wantedReplicas,
} from '#kinds/apps/deployment/replica-sets.ts';

type Wanted = DeepReadonly<Deployment>;
export interface Scale {
  readonly set: Set;
  readonly replicas: number;
}

/** The size of the new set: as many as fit below replicas + maxSurge. For a set that does not exist yet its size is 0. */
export function newSetReplicas(deployment: Wanted, others: readonly Set[], present: number): number {
  const wanted = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const total = wantedReplicas(others) + present;
  const most = wanted + maxSurge(deployment);
  if (total >= most) return present;
  return present + Math.min(most - total, wanted - present);
}

/** One step of a rolling update for the old sets: unhealthy pods first, then as many as availability allows. */
export function planScaleDown(deployment: Wanted, oldSets: readonly Set[], newSet: Set): Scale[] {
  const olds = active(oldSets).sort(byCreation);
  if (olds.length === 0) return [];
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const most = wantedReplicas([...olds, newSet]) - minAvailable - newUnavailable;
  if (most <= 0) return [];
  const sizes = new Map(olds.map((set) => [set, replicasOf(set)]));
  dropUnhealthy(olds, sizes, most);
  dropAvailable(olds, sizes, countStatus([...olds, newSet], 'availableReplicas') - minAvailable);
  return changes(sizes);
}

function dropUnhealthy(olds: readonly Set[], sizes: Map<Set, number>, most: number): void {
  let dropped = 0;
  for (const set of olds) {
    const size = sizes.get(set) ?? 0;
    const unhealthy = size - (set.status?.availableReplicas ?? 0);
    const count = Math.max(0, Math.min(most - dropped, unhealthy));
    sizes.set(set, size - count);
    dropped += count;
  }
}

function dropAvailable(olds: readonly Set[], sizes: Map<Set, number>, most: number): void {
  let left = most;
  for (const set of olds) {
    if (left <= 0) return;
    const size = sizes.get(set) ?? 0;
    const count = Math.min(size, left);
    sizes.set(set, size - count);
    left -= count;
  }
}

function changes(sizes: ReadonlyMap<Set, number>): Scale[] {
  const scales: Scale[] = [];
  for (const [set, replicas] of sizes) if (replicas !== replicasOf(set)) scales.push({ set, replicas });
  return scales;
}

/**
 * The sizes after the Deployment itself was scaled, paused or in the middle of a rollout. Sets whose annotations are out of
 * date are part of the answer even if their size stays.
 */
export function planScaling(deployment: Wanted, oldSets: readonly Set[], newSet: Set | undefined): Scale[] {
  const wanted = replicasOf(deployment);
  const only = activeOrLatest(oldSets, newSet);
  if (only !== undefined) return replicasOf(only) === wanted ? [] : [{ set: only, replicas: wanted }];
  if (newSet !== undefined && isSaturated(deployment, newSet)) {
    return active(oldSets).map((set) => ({ set, replicas: 0 }));
  }
  return isRollingUpdate(deployment) ? planProportional(deployment, oldSets, newSet) : [];
}

/** The only set with pods, or the latest if none has any; undefined if several have. */
function activeOrLatest(oldSets: readonly Set[], newSet: Set | undefined): Set | undefined {
  const all = newSet === undefined ? [...oldSets] : [...oldSets, newSet];
  const withPods = active(all);
  if (withPods.length > 1) return undefined;
  return withPods[0] ?? newSet ?? [...oldSets].sort(byCreation).at(-1);
}

function isSaturated(deployment: Wanted, set: Set): boolean {
  const wanted = replicasOf(deployment);
  return (
    replicasOf(set) === wanted &&
    numberAnnotation(set, desiredReplicasAnnotation) === wanted &&
    (set.status?.availableReplicas ?? 0) === wanted
  );
}

function planProportional(deployment: Wanted, oldSets: readonly Set[], newSet: Set | undefined): Scale[] {
  const sets = active(newSet === undefined ? oldSets : [...oldSets, newSet]);
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const toAdd = allowed - wantedReplicas(sets);
  if (toAdd > 0) sets.sort(bySizeNewer);
  if (toAdd < 0) sets.sort(bySizeOlder);
  let added = 0;
  const sizes = sets.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, added);
    added += share;
    return replicasOf(set) + share;
  });
  // What rounding left over goes to the largest.
  if (sizes.length > 0) sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added);
  return sets.map((set, i) => ({ set, replicas: sizes[i] ?? 0 }));
}

function proportion(deployment: Wanted, set: Set, toAdd: number, added: number): number {
  if (toAdd === added) return 0;
  const fraction = fractionOf(deployment, set);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function fractionOf(deployment: Wanted, set: Set): number {
  const size = replicasOf(set);
  if (replicasOf(deployment) === 0) return -size;
  const before = numberAnnotation(set, maxReplicasAnnotation) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const most = replicasOf(deployment) + maxSurge(deployment);
  return Math.round((size * most) / before) - size;
}

/** Some set was last told of another size of the whole: the Deployment was scaled, it is not a rollout. */
export function isScalingEvent(deployment: Wanted, sets: readonly Set[]): boolean {
  return active(sets).some((set) => {
    const told = numberAnnotation(set, desiredReplicasAnnotation);
    return told !== undefined && told !== replicasOf(deployment);
  });
}

/** Old sets beyond the history limit, oldest revision first; only those that are empty and known to be. */
export function planCleanup(deployment: Wanted, oldSets: readonly Set[], revision: (set: Set) => bigint): Set[] {
  const limit = deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === 2_147_483_647) return [];
  const alive = oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
  const excess = alive.length - limit;
  if (excess <= 0) return [];
  const oldestFirst = alive.sort((a, b) => Number(revision(a) - revision(b)) || byCreation(a, b));
  return oldestFirst.slice(0, excess).filter(isEmpty);
}

function isEmpty(set: Set): boolean {
  if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0) return false;
  return (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
}
