/** Pods with an identity, made and removed in order. @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { ControllerRevision, StatefulSet } from '#api/generated/apps/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { controllerrevisions, persistentvolumeclaims, pods, statefulsets } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isAlreadyExists, isNotFound } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import { claimObjects } from '#controller/claim.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import type { History } from '#controller/history.ts';
import { HashCollision, revisionHashLabel, syncHistory, trimHistory } from '#controller/history.ts';
import { nextAvailabilityMs } from '#controller/pods.ts';
import { claimsOf, ordinalOf, podOf } from '#kinds/apps/statefulset/identity.ts';
import type { Observed, SetPlan } from '#kinds/apps/statefulset/plan.ts';
import { planSet, setStatus } from '#kinds/apps/statefulset/plan.ts';

export const statefulSetController: Controller<StatefulSet> = {
  name: 'statefulset-controller',
  for: statefulsets,
  owns: [pods],
  reads: [controllerrevisions],
  watches: [watch(pods, (now, _old, ctx) => adopters(now, ctx))],
  reconcile,
};

function* adopters(pod: DeepReadonly<Pod> | undefined, ctx: ControllerContext): Generator<ObjectKey> {
  if (pod === undefined || controllerOf(pod) !== undefined) return;
  for (const set of ctx.cache(statefulsets).list(pod.metadata.namespace ?? '')) {
    if (selectorOf(set.spec?.selector).matches(pod.metadata.labels)) yield objectKey(set);
  }
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const set = ctx.cache(statefulsets).get(key);
  if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
  const history = await historyOf(set, ctx);
  const owned = await claimObjects<StatefulSet, Pod>(ctx, {
    owner: set,
    ownerResource: statefulsets,
    resource: pods,
    selector: selectorOf(set.spec.selector),
    mayAdopt: (pod) => ordinalOf(set, pod) !== undefined,
  });
  const revisions = new Map([...history.old, history.current].map((each) => [each.metadata.name ?? '', each]));
  const update = history.current.metadata.name ?? '';
  const former = set.status?.currentRevision ?? '';
  const current = revisions.has(former) ? former : update;
  const seen: Observed = { set, pods: owned, current, update, nowMs: ctx.clock.now() };
  await writeStatus(seen, ctx);
  await apply(planSet(seen), { seen, revisions, ctx });
  const live = new Set(owned.map((pod) => pod.metadata.labels?.[revisionHashLabel] ?? ''));
  const unused = history.old.filter((each) => each.metadata.name !== current && !live.has(each.metadata.name ?? ''));
  await trimHistory(ctx, unused, { limit: set.spec.revisionHistoryLimit ?? 10, live: new Set() });
  const waitMs = nextAvailabilityMs(owned, set.spec.minReadySeconds ?? 0, seen.nowMs);
  return waitMs === undefined ? undefined : { requeueAfterMs: Math.max(1, waitMs) };
}

async function historyOf(set: DeepReadonly<StatefulSet>, ctx: ControllerContext): Promise<History> {
  const { template, selector } = set.spec as NonNullable<typeof set.spec>;
  const collisionCount = set.status?.collisionCount ?? 0;
  try {
    return await syncHistory<StatefulSet>(ctx, {
      object: set,
      resource: statefulsets,
      template,
      selector,
      collisionCount,
    });
  } catch (error) {
    if (!(error instanceof HashCollision)) throw error;
    const changed = cloneJson(set) as StatefulSet;
    changed.status = { replicas: 0, ...changed.status, collisionCount: collisionCount + 1 };
    await ctx.client.updateStatus(statefulsets, changed);
    throw error;
  }
}

interface Applying {
  readonly seen: Observed;
  readonly revisions: ReadonlyMap<string, DeepReadonly<ControllerRevision>>;
  readonly ctx: ControllerContext;
}

async function apply(plan: SetPlan, on: Applying): Promise<void> {
  for (const pod of plan.remove) await removePod(pod, on);
  for (const { ordinal, revision } of plan.create) {
    const from = on.revisions.get(revision);
    if (from !== undefined) await createReplica(ordinal, from, on);
  }
}

async function createReplica(ordinal: number, revision: DeepReadonly<ControllerRevision>, on: Applying): Promise<void> {
  const { ctx, seen } = on;
  const { set } = seen;
  const pod = podOf(set, ordinal, revision);
  const what = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  try {
    await ensureClaims(ordinal, on);
    await ctx.client.create(pods, pod);
    ctx.events.event(set, 'Normal', 'SuccessfulCreate', `create ${what} successful`);
  } catch (error) {
    // The cache is behind: the pod was made in an earlier step.
    if (isAlreadyExists(error)) return;
    ctx.events.event(set, 'Warning', 'FailedCreate', `create ${what} failed error: ${errorMessage(error)}`);
    throw error;
  }
}

async function ensureClaims(ordinal: number, on: Applying): Promise<void> {
  const { ctx, seen } = on;
  for (const { claim } of claimsOf(seen.set, ordinal)) {
    if ((await ctx.client.find(persistentvolumeclaims, objectKey(claim))) !== undefined) continue;
    await ctx.client.create(persistentvolumeclaims, claim);
    const podName = `${seen.set.metadata.name}-${ordinal}`;
    const message = `create Claim ${claim.metadata.name} Pod ${podName} in StatefulSet ${seen.set.metadata.name} success`;
    ctx.events.event(seen.set, 'Normal', 'SuccessfulCreate', message);
  }
}

async function removePod(pod: DeepReadonly<Pod>, on: Applying): Promise<void> {
  const { ctx, seen } = on;
  const what = `Pod ${pod.metadata.name} in StatefulSet ${seen.set.metadata.name}`;
  try {
    await ctx.client.delete(pods, objectKey(pod), { preconditions: { uid: pod.metadata.uid } });
    ctx.events.event(seen.set, 'Normal', 'SuccessfulDelete', `delete ${what} successful`);
  } catch (error) {
    if (isNotFound(error)) return;
    ctx.events.event(seen.set, 'Warning', 'FailedDelete', `delete ${what} failed error: ${errorMessage(error)}`);
    throw error;
  }
}

async function writeStatus(seen: Observed, ctx: ControllerContext): Promise<void> {
  const { set } = seen;
  const { conditions, ...present } = cloneJson(set.status ?? { replicas: 0 }) as NonNullable<StatefulSet['status']>;
  const status = setStatus(seen, set.status?.collisionCount);
  const zeros = { readyReplicas: 0, availableReplicas: 0, currentReplicas: 0, updatedReplicas: 0 };
  if (semanticEqual({ ...zeros, ...present }, { ...zeros, ...status })) return;
  const changed = cloneJson(set) as StatefulSet;
  changed.status = conditions === undefined ? status : { ...status, conditions };
  await ctx.client.updateStatus(statefulsets, changed);
}
