/**
 * The Deployment controller: one ReplicaSet per pod template, and the way from the old ones to the new one.
 * The decisions are in rollout-plan.ts and status.ts; this file carries them out.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '#api/generated/apps/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { deployments, pods, replicasets } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isNotFound } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import { claimObjects } from '#controller/claim.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isPodFinished } from '#controller/pods.ts';
import { sizeAnnotations } from '#kinds/apps/deployment/annotations.ts';
import { syncNewSet } from '#kinds/apps/deployment/new-replica-set.ts';
import type { Set } from '#kinds/apps/deployment/replica-sets.ts';
import {
  active,
  countStatus,
  hasProgressDeadline,
  newReplicaSet,
  replicasOf,
  revisionOf,
} from '#kinds/apps/deployment/replica-sets.ts';
import type { Scale } from '#kinds/apps/deployment/rollout-plan.ts';
import {
  isScalingEvent,
  newSetReplicas,
  planCleanup,
  planScaleDown,
  planScaling,
} from '#kinds/apps/deployment/rollout-plan.ts';
import {
  calculateStatus,
  isComplete,
  newCondition,
  progressCheckMs,
  rolloutStatus,
  setCondition,
} from '#kinds/apps/deployment/status.ts';

export const deploymentController: Controller<Deployment> = {
  name: 'deployment-controller',
  for: deployments,
  owns: [replicasets],
  watches: [
    watch(replicasets, (now, _old, ctx) => adopters(now, ctx)),
    watch(pods, (now, old, ctx) => (now === undefined ? recreatingOwner(old, ctx) : [])),
  ],
  reconcile,
};

/** Deployments that would adopt a ReplicaSet nobody controls. */
function* adopters(set: Set | undefined, ctx: ControllerContext): Generator<ObjectKey> {
  if (set === undefined || controllerOf(set) !== undefined) return;
  for (const deployment of ctx.cache(deployments).list(set.metadata.namespace ?? '')) {
    if (selectorOf(deployment.spec?.selector).matches(set.metadata.labels)) yield objectKey(deployment);
  }
}

/** A Recreate rollout goes on when the last old pod is gone. */
function recreatingOwner(pod: DeepReadonly<Pod> | undefined, ctx: ControllerContext): ObjectKey[] {
  const namespace = pod?.metadata.namespace ?? '';
  const setName = pod === undefined ? undefined : controllerOf(pod)?.name;
  if (setName === undefined) return [];
  const set = ctx.cache(replicasets).get({ namespace, name: setName });
  const name = set === undefined ? undefined : controllerOf(set)?.name;
  if (name === undefined) return [];
  const deployment = ctx.cache(deployments).get({ namespace, name });
  return deployment?.spec?.strategy?.type === 'Recreate' ? [{ namespace, name }] : [];
}

/** What one reconcile works on. `deployment` is a private copy whose status may run ahead of the stored one. */
interface Work {
  readonly ctx: ControllerContext;
  readonly stored: DeepReadonly<Deployment>;
  deployment: Deployment;
  readonly sets: readonly Set[];
  newSet: Set | undefined;
  readonly oldSets: Set[];
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const stored = ctx.cache(deployments).get(key);
  if (stored === undefined) return undefined;
  const deployment = cloneJson(stored) as Deployment;
  if (isEmptySelector(stored)) return selectsAll(deployment, ctx);
  const selector = selectorOf(stored.spec?.selector);
  const owner = { owner: stored, ownerResource: deployments, resource: replicasets, selector };
  const sets = await claimObjects<Deployment, ReplicaSet>(ctx, owner);
  const newSet = newReplicaSet(stored, sets);
  const oldSets = sets.filter((set) => set !== newSet);
  const work: Work = { ctx, stored, deployment, sets, newSet, oldSets };
  if (stored.metadata.deletionTimestamp !== undefined) return writeStatus(work, calculateStatus);
  await syncPausedCondition(work);
  if (deployment.spec?.paused === true || isScalingEvent(stored, sets)) return scale(work);
  return stored.spec?.strategy?.type === 'Recreate' ? recreate(work) : roll(work);
}

function isEmptySelector(deployment: DeepReadonly<Deployment>): boolean {
  return semanticEqual(deployment.spec?.selector, {});
}

async function selectsAll(deployment: Deployment, ctx: ControllerContext): Promise<undefined> {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.';
  ctx.events.event(deployment, 'Warning', 'SelectingAll', message);
  const generation = deployment.metadata.generation ?? 0;
  if ((deployment.status?.observedGeneration ?? 0) >= generation) return;
  deployment.status = { ...deployment.status, observedGeneration: generation };
  await ctx.client.updateStatus(deployments, deployment);
}

/** Pausing and resuming leave a mark, so that the time of a pause does not count towards the deadline. */
async function syncPausedCondition(work: Work): Promise<void> {
  const { deployment, ctx } = work;
  if (!hasProgressDeadline(deployment)) return;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return;
  const isPaused = deployment.spec?.paused === true;
  if (isPaused === (current?.reason === 'DeploymentPaused')) return;
  const reason = isPaused ? 'DeploymentPaused' : 'DeploymentResumed';
  const condition = newCondition('Progressing', 'Unknown', reason, ctx.clock.now());
  condition.message = isPaused ? 'Deployment is paused' : 'Deployment is resumed';
  deployment.status ??= {};
  setCondition(deployment.status, condition);
  work.deployment = await ctx.client.updateStatus(deployments, deployment);
}

async function roll(work: Work): Promise<ReconcileResult | undefined> {
  const newSet = await syncNewSet(work.ctx, work, 'create');
  const wanted = replicasOf(work.deployment);
  const present = replicasOf(newSet);
  const size = present > wanted ? wanted : newSetReplicas(work.deployment, work.oldSets, present);
  if (size !== present) {
    await scaleSet(work, { set: newSet, replicas: size });
    return writeStatus(work, rolloutStatus);
  }
  const down = planScaleDown(work.deployment, work.oldSets, newSet);
  for (const step of down) await scaleSet(work, step);
  if (down.length === 0) await cleanUpIfComplete(work);
  return writeStatus(work, rolloutStatus);
}

async function recreate(work: Work): Promise<ReconcileResult | undefined> {
  await syncNewSet(work.ctx, work, 'find');
  const running = active(work.oldSets);
  for (const set of running) await scaleSet(work, { set, replicas: 0 });
  if (running.length > 0 || hasOldPods(work)) return writeStatus(work, rolloutStatus);
  const newSet = await syncNewSet(work.ctx, work, 'create');
  const wanted = replicasOf(work.deployment);
  if (replicasOf(newSet) !== wanted) await scaleSet(work, { set: newSet, replicas: wanted });
  await cleanUpIfComplete(work);
  return writeStatus(work, rolloutStatus);
}

function hasOldPods(work: Work): boolean {
  if (countStatus(work.oldSets, 'replicas') > 0) return true;
  const cache = work.ctx.cache(pods);
  for (const set of work.oldSets) {
    for (const pod of cache.owned(set.metadata.uid ?? '')) if (!isPodFinished(pod)) return true;
  }
  return false;
}

/** The Deployment was scaled, or is paused: sizes follow, no rollout goes on. */
async function scale(work: Work): Promise<ReconcileResult | undefined> {
  await syncNewSet(work.ctx, work, 'find');
  for (const step of planScaling(work.deployment, work.oldSets, work.newSet)) await scaleSet(work, step);
  if (work.deployment.spec?.paused === true) await cleanUp(work);
  return writeStatus(work, calculateStatus);
}

async function cleanUpIfComplete(work: Work): Promise<void> {
  if (isComplete(work.deployment, work.deployment.status)) await cleanUp(work);
}

async function cleanUp(work: Work): Promise<void> {
  for (const set of planCleanup(work.deployment, work.oldSets, revisionOf)) {
    try {
      await work.ctx.client.delete(replicasets, objectKey(set));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

async function scaleSet(work: Work, step: Scale): Promise<void> {
  const { ctx, deployment } = work;
  const before = replicasOf(step.set);
  const annotations = { ...step.set.metadata.annotations, ...sizeAnnotations(deployment) };
  if (before === step.replicas && semanticEqual(annotations, step.set.metadata.annotations)) return;
  const changed = cloneJson(step.set) as ReplicaSet;
  changed.metadata.annotations = annotations;
  changed.spec = { ...changed.spec, replicas: step.replicas } as ReplicaSet['spec'];
  const written = await ctx.client.update(replicasets, changed);
  if (work.newSet?.metadata.uid === written.metadata.uid) work.newSet = written;
  const at = work.oldSets.findIndex((set) => set.metadata.uid === written.metadata.uid);
  if (at >= 0) work.oldSets[at] = written;
  if (before === step.replicas) return;
  const direction = before < step.replicas ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${written.metadata.name} from ${before} to ${step.replicas}`;
  ctx.events.event(work.stored, 'Normal', 'ScalingReplicaSet', message);
}

async function writeStatus(
  work: Work,
  calculate: (
    deployment: Deployment,
    seen: { oldSets: Set[]; newSet: Set | undefined; nowMs: number },
  ) => DeploymentStatus,
): Promise<ReconcileResult | undefined> {
  const { ctx, deployment } = work;
  const nowMs = ctx.clock.now();
  const status = calculate(deployment, { oldSets: work.oldSets, newSet: work.newSet, nowMs });
  if (isSameStatus(deployment.status, status)) {
    const afterMs = calculate === rolloutStatus ? progressCheckMs(deployment, status, nowMs) : undefined;
    return afterMs === undefined ? undefined : { requeueAfterMs: afterMs };
  }
  await ctx.client.updateStatus(deployments, { ...deployment, status });
  return undefined;
}

/** Absent counts are zeros to Go. */
function isSameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  const counts = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
  ] as const;
  if (counts.some((field) => (a?.[field] ?? 0) !== (b[field] ?? 0))) return false;
  if (a?.terminatingReplicas !== b.terminatingReplicas || a?.collisionCount !== b.collisionCount) return false;
  return semanticEqual(a?.conditions, b.conditions);
}
