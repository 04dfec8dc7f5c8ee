/** The status of a Deployment, as a function of its ReplicaSets and its former status. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus } from '#api/generated/apps/v1.ts';
import { findCondition } from '#api/meta/conditions.ts';
import type { Set } from '#kinds/apps/deployment/replica-sets.ts';
import {
  countStatus,
  hasProgressDeadline,
  maxUnavailable,
  replicasOf,
  wantedReplicas,
} from '#kinds/apps/deployment/replica-sets.ts';

type Wanted = DeepReadonly<Deployment>;
export interface Observed {
  readonly oldSets: readonly Set[];
  readonly newSet: Set | undefined;
  readonly nowMs: number;
}

/** Counts and the Available condition; other conditions as they were. */
export function calculateStatus(deployment: Wanted, seen: Observed): DeploymentStatus {
  const sets = allSets(seen);
  const available = countStatus(sets, 'availableReplicas');
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation,
    replicas: countStatus(sets, 'replicas'),
    updatedReplicas: seen.newSet === undefined ? 0 : countStatus([seen.newSet], 'replicas'),
    readyReplicas: countStatus(sets, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wantedReplicas(sets) - available),
    terminatingReplicas: countStatus(sets, 'terminatingReplicas'),
    conditions: cloneJson(deployment.status?.conditions ?? []) as DeploymentCondition[],
  };
  const collisions = deployment.status?.collisionCount;
  if (collisions !== undefined) status.collisionCount = collisions;
  const isAvailable = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const condition = isAvailable
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', seen.nowMs)
    : newCondition('Available', 'False', 'MinimumReplicasUnavailable', seen.nowMs);
  condition.message = `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`;
  setCondition(status, condition);
  return status;
}

/** {@link calculateStatus} with the Progressing and ReplicaFailure conditions of a rollout. */
export function rolloutStatus(deployment: Wanted, seen: Observed): DeploymentStatus {
  const status = calculateStatus(deployment, seen);
  if (!hasProgressDeadline(deployment)) removeCondition(status, 'Progressing');
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const wasComplete = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !wasComplete) setProgress(deployment, status, seen);
  const failure = replicaFailure(seen);
  if (failure === undefined) removeCondition(status, 'ReplicaFailure');
  else setCondition(status, { ...failure, lastUpdateTime: failure.lastTransitionTime });
  return status;
}

function setProgress(deployment: Wanted, status: DeploymentStatus, seen: Observed): void {
  const { newSet, nowMs } = seen;
  const subject =
    newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const condition = newCondition('Progressing', 'True', 'NewReplicaSetAvailable', nowMs);
    setCondition(status, { ...condition, message: `${subject} has successfully progressed.` });
  } else if (isProgressing(deployment, status)) {
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', nowMs);
    condition.message = `${subject} is progressing.`;
    const current = findCondition(status.conditions, 'Progressing');
    // The same reason again still renews lastUpdateTime: that is what the deadline counts from.
    if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
    removeCondition(status, 'Progressing');
    setCondition(status, condition);
  } else if (hasTimedOut(deployment, status, nowMs)) {
    const condition = newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', nowMs);
    setCondition(status, { ...condition, message: `${subject} has timed out progressing.` });
  }
}

/** All pods are of the new template and available. */
export function isComplete(deployment: Wanted, status: DeepReadonly<DeploymentStatus> | undefined): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(deployment: Wanted, status: DeploymentStatus): boolean {
  const before = deployment.status;
  const old = (of: DeepReadonly<DeploymentStatus> | undefined): number =>
    (of?.replicas ?? 0) - (of?.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Wanted, status: DeploymentStatus, nowMs: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineMs(deployment, condition) < nowMs;
}

function deadlineMs(deployment: Wanted, condition: DeepReadonly<DeploymentCondition>): number {
  return Date.parse(condition.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;
}

/** When to look again whether the rollout is stuck; undefined if it cannot be. */
export function progressCheckMs(
  deployment: Wanted,
  status: DeepReadonly<DeploymentStatus>,
  nowMs: number,
): number | undefined {
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || condition === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  if (condition.reason === 'NewReplicaSetAvailable') return undefined;
  return Math.max(0, deadlineMs(deployment, condition) - nowMs) + 1000;
}

function replicaFailure(seen: Observed): DeploymentCondition | undefined {
  const inOrder = seen.newSet === undefined ? seen.oldSets : [seen.newSet, ...seen.oldSets];
  for (const set of inOrder) {
    const failure = findCondition(set.status?.conditions, 'ReplicaFailure');
    if (failure !== undefined) return { ...failure };
  }
  return undefined;
}

function allSets(seen: Observed): Set[] {
  return seen.newSet === undefined ? [...seen.oldSets] : [...seen.oldSets, seen.newSet];
}

export function newCondition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  nowMs: number,
): DeploymentCondition {
  const now = timestamp(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message: '' };
}

/** Sets it unless status and reason are the same already. */
export function setCondition(status: DeploymentStatus, condition: DeploymentCondition): void {
  const current = findCondition(status.conditions, condition.type);
  if (current !== undefined && current.status === condition.status && current.reason === condition.reason) return;
  const lastTransitionTime =
    current?.status === condition.status ? current.lastTransitionTime : condition.lastTransitionTime;
  removeCondition(status, condition.type);
  status.conditions = [...(status.conditions ?? []), { ...condition, lastTransitionTime }];
}

function removeCondition(status: DeploymentStatus, type: string): void {
  status.conditions = (status.conditions ?? []).filter((condition) => condition.type !== type);
}
