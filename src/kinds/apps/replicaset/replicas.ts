/**
 * Keeps so many pods of a template running: what ReplicaSet and ReplicationController have in common. The two kinds differ
 * in nothing but their names and the form of their selector.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { timestamp } from '#base/clock.ts';
import { errorMessage } from '#base/logger.ts';
import type { ReplicaSetCondition, ReplicaSetStatus } from '#api/generated/apps/v1.ts';
import type { Pod, PodTemplateSpec } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { isConflict } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import type { Selector } from '#api/meta/label-selector.ts';
import { selectorFromLabels } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { objectKey } from '#client/object-index.ts';
import { claimObjects } from '#controller/claim.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { expectationsTimeoutMs } from '#controller/expectations.ts';
import { createPod, deletePod, isNamespaceTerminating, podFromTemplate, slowStart } from '#controller/pod-control.ts';
import { podsToDelete } from '#controller/pods-to-delete.ts';
import { isPodActive, isPodAvailable, isPodFinished, isPodReady, nextAvailabilityMs } from '#controller/pods.ts';
import { idOf } from '#controller/queue.ts';

/** The shape both kinds have. */
export interface ReplicaOwner extends HasMetadata {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec; selector?: unknown };
  status?: ReplicaSetStatus;
}
export interface ReplicaKind<T extends ReplicaOwner> {
  readonly controllerName: string;
  readonly resource: ResourceRef<T>;
  readonly selector: (owner: DeepReadonly<T>) => Selector;
  /** Whether the status counts terminating pods. */
  readonly countsTerminating: boolean;
}

/** Pods created or deleted in one reconcile at most. */
const burst = 500;

/** The controller of one of the two kinds. */
export function replicaController<T extends ReplicaOwner>(kind: ReplicaKind<T>): Controller<T> {
  return {
    name: kind.controllerName,
    for: kind.resource,
    owns: [pods],
    watches: [watch(pods, (now, _old, ctx) => ownersOfOrphan(kind, now, ctx))],
    reconcile: (key, ctx) => reconcile(kind, key, ctx),
  };
}

/** All that would adopt a pod nobody controls. */
function* ownersOfOrphan<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  pod: DeepReadonly<Pod> | undefined,
  ctx: ControllerContext,
): Generator<ObjectKey> {
  if (pod === undefined || controllerOf(pod) !== undefined || pod.metadata.deletionTimestamp !== undefined) return;
  for (const owner of ctx.cache(kind.resource).list(pod.metadata.namespace ?? '')) {
    if (kind.selector(owner).matches(pod.metadata.labels)) yield objectKey(owner as HasMetadata);
  }
}

async function reconcile<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  key: ObjectKey,
  ctx: ControllerContext,
): Promise<ReconcileResult | undefined> {
  const owner = ctx.cache(kind.resource).get(key);
  if (owner === undefined) return undefined;
  const isCaughtUp = ctx.expectations.satisfied(idOf(key));
  const meta = (owner as HasMetadata).metadata;
  const selector = kind.selector(owner);
  const owned = await claimObjects<T, Pod>(ctx, {
    owner,
    ownerResource: kind.resource,
    resource: pods,
    selector,
    mayAdopt: (pod) => !isPodFinished(pod),
  });
  const active = owned.filter(isPodActive);
  const terminating = owned.filter((pod) => !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined);
  let failure: unknown;
  if (isCaughtUp && meta.deletionTimestamp === undefined) failure = await scalePods(kind, owner, active, ctx);
  const nowMs = ctx.clock.now();
  const status = statusOf(owner as DeepReadonly<ReplicaOwner>, { active, terminating, failure, nowMs });
  if (!kind.countsTerminating) delete status.terminatingReplicas;
  await writeStatus(kind, owner, status, ctx);
  if (failure !== undefined) throw failure;
  return nextCheck(owner as DeepReadonly<ReplicaOwner>, { active, isCaughtUp, nowMs });
}

function nextCheck(
  owner: DeepReadonly<ReplicaOwner>,
  seen: { active: readonly DeepReadonly<Pod>[]; isCaughtUp: boolean; nowMs: number },
): ReconcileResult | undefined {
  const waitMs = nextAvailabilityMs(seen.active, owner.spec?.minReadySeconds ?? 0, seen.nowMs);
  if (waitMs !== undefined) return { requeueAfterMs: Math.max(waitMs, 1) };
  return seen.isCaughtUp ? undefined : { requeueAfterMs: expectationsTimeoutMs + 1 };
}

/** Answers with the first failure instead of throwing it: the status must tell it. */
async function scalePods<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  owner: DeepReadonly<T>,
  active: readonly DeepReadonly<Pod>[],
  ctx: ControllerContext,
): Promise<unknown> {
  const difference = active.length - ((owner as DeepReadonly<ReplicaOwner>).spec?.replicas ?? 1);
  if (difference < 0) return createPods(kind, owner, Math.min(-difference, burst), ctx);
  if (difference > 0) return deletePods(kind, owner, active, { count: Math.min(difference, burst), ctx });
  return undefined;
}

async function createPods<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  owner: DeepReadonly<T>,
  count: number,
  ctx: ControllerContext,
): Promise<unknown> {
  const template = (owner as DeepReadonly<ReplicaOwner>).spec?.template;
  if (template === undefined) return undefined;
  const id = idOf(objectKey(owner as HasMetadata));
  const podOwner = { object: owner as HasMetadata, resource: kind.resource };
  ctx.expectations.expectCreations(id, count);
  const { succeeded, failure } = await slowStart(count, () =>
    createPod(ctx, podFromTemplate(template, podOwner), podOwner),
  );
  for (let i = succeeded; i < count; i++) ctx.expectations.creationObserved(id);
  return isNamespaceTerminating(failure) ? undefined : failure;
}

async function deletePods<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  owner: DeepReadonly<T>,
  active: readonly DeepReadonly<Pod>[],
  options: { count: number; ctx: ControllerContext },
): Promise<unknown> {
  const { ctx, count } = options;
  const id = idOf(objectKey(owner as HasMetadata));
  const podOwner = { object: owner as HasMetadata, resource: kind.resource };
  const doomed = podsToDelete(active, relatedPods(kind, owner, ctx), { count, nowMs: ctx.clock.now() });
  ctx.expectations.expectDeletions(id, doomed.map(uidOf));
  const results = await Promise.allSettled(
    doomed.map(async (pod) => {
      let isUnderWay = false;
      try {
        isUnderWay = await deletePod(ctx, pod, podOwner);
      } finally {
        if (!isUnderWay) ctx.expectations.deletionObserved(id, uidOf(pod));
      }
    }),
  );
  return results.find((result) => result.status === 'rejected')?.reason;
}

function uidOf(pod: DeepReadonly<Pod>): string {
  return pod.metadata.uid ?? '';
}

/** Pods of all replica sets of the same Deployment: siblings on a node make a pod cheaper to lose. */
function* relatedPods<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  owner: DeepReadonly<T>,
  ctx: ControllerContext,
): Generator<DeepReadonly<Pod>> {
  const controller = controllerOf(owner as HasMetadata);
  const cache = ctx.cache(kind.resource);
  const siblings = controller === undefined ? [owner] : cache.owned(controller.uid);
  for (const sibling of siblings) yield* ctx.cache(pods).owned((sibling as HasMetadata).metadata.uid ?? '');
}

/** The status that the pods make, as a value. */
export function statusOf(
  owner: DeepReadonly<ReplicaOwner>,
  seen: {
    active: readonly DeepReadonly<Pod>[];
    terminating: readonly DeepReadonly<Pod>[];
    failure: unknown;
    nowMs: number;
  },
): ReplicaSetStatus {
  const { active, nowMs } = seen;
  const labels = selectorFromLabels(owner.spec?.template?.metadata?.labels);
  const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.matches(pod.metadata.labels)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: seen.terminating.length,
    observedGeneration: owner.metadata.generation,
  };
  const conditions = conditionsOf(owner, seen);
  if (conditions.length > 0) status.conditions = conditions;
  return status;
}

function conditionsOf(
  owner: DeepReadonly<ReplicaOwner>,
  seen: { active: readonly unknown[]; failure: unknown; nowMs: number },
): ReplicaSetCondition[] {
  const present = cloneJson(owner.status?.conditions ?? []) as ReplicaSetCondition[];
  if (seen.failure === undefined) return present.filter((condition) => condition.type !== 'ReplicaFailure');
  if (findCondition(present, 'ReplicaFailure') !== undefined) return present;
  const isTooFew = seen.active.length < (owner.spec?.replicas ?? 1);
  present.push({
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: timestamp(seen.nowMs),
    reason: isTooFew ? 'FailedCreate' : 'FailedDelete',
    message: errorMessage(seen.failure),
  });
  return present;
}

async function writeStatus<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  owner: DeepReadonly<T>,
  status: ReplicaSetStatus,
  ctx: ControllerContext,
): Promise<void> {
  if (semanticEqual(withoutZeros(owner as DeepReadonly<ReplicaOwner>), withoutZeros({ ...owner, status } as never)))
    return;
  const changed = cloneJson(owner) as unknown as T;
  changed.status = status;
  try {
    await ctx.client.updateStatus(kind.resource, changed);
  } catch (error) {
    // Once more on the newest version, as upstream; after that the key comes back by itself.
    if (!isConflict(error)) throw error;
    const fresh = await ctx.client.get(kind.resource, objectKey(owner as HasMetadata));
    fresh.status = status;
    await ctx.client.updateStatus(kind.resource, fresh);
  }
}

/** Absent counts are zeros to Go. */
function withoutZeros(owner: DeepReadonly<ReplicaOwner>): unknown {
  const status = owner.status;
  return {
    replicas: status?.replicas ?? 0,
    fullyLabeled: status?.fullyLabeledReplicas ?? 0,
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    terminating: status?.terminatingReplicas,
    observed: status?.observedGeneration ?? 0,
    conditions: status?.conditions ?? [],
  };
}
