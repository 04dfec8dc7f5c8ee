/** One pod per node. @see https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/ */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { DaemonSet, DaemonSetStatus } from '#api/generated/apps/v1.ts';
import type { Node, Pod } from '#api/generated/core/v1.ts';
import { controllerrevisions, daemonsets, nodes, pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import { claimObjects } from '#controller/claim.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import type { History } from '#controller/history.ts';
import { HashCollision, hashOf, revisionHashLabel, syncHistory, trimHistory } from '#controller/history.ts';
import { createPod, deletePod, isNamespaceTerminating, podFromTemplate, slowStart } from '#controller/pod-control.ts';
import { nextAvailabilityMs } from '#controller/pods.ts';
import { idOf } from '#controller/queue.ts';
import { nodeNameOf, tieToNode } from '#kinds/apps/daemonset/placement.ts';
import type { DaemonPlan, Observed } from '#kinds/apps/daemonset/plan.ts';
import { daemonStatus, planDaemons } from '#kinds/apps/daemonset/plan.ts';

/** A new controller: it remembers which nodes fail its pods again and again. */
export function daemonSetController(): Controller<DaemonSet> {
  const failures: Failures = new Map();
  return {
    name: 'daemonset-controller',
    for: daemonsets,
    owns: [pods],
    reads: [controllerrevisions],
    watches: [
      watch(nodes, (now, old, ctx) => (isRelevant(now, old) ? allSets(ctx) : [])),
      watch(pods, (now, _old, ctx) => adopters(now, ctx)),
    ],
    reconcile: (key, ctx) => reconcile(key, ctx, failures),
  };
}

/** Per set and node: a failed pod is replaced after 1 s, 2 s, … 15 min, and after 1 s again once that has passed in peace. */
type Failures = Map<string, { readonly waitMs: number; readonly sinceMs: number }>;
const firstWaitMs = 1000;
const longestWaitMs = 900_000;

function* allSets(ctx: ControllerContext): Generator<ObjectKey> {
  for (const set of ctx.cache(daemonsets).list()) yield objectKey(set);
}

/** Not for a heartbeat. */
function isRelevant(now: DeepReadonly<Node> | undefined, old: DeepReadonly<Node> | undefined): boolean {
  if (now === undefined || old === undefined) return true;
  return !semanticEqual(now.spec, old.spec) || !semanticEqual(now.metadata.labels, old.metadata.labels);
}

function* adopters(pod: DeepReadonly<Pod> | undefined, ctx: ControllerContext): Generator<ObjectKey> {
  if (pod === undefined || controllerOf(pod) !== undefined) return;
  for (const set of ctx.cache(daemonsets).list(pod.metadata.namespace ?? '')) {
    if (selectorOf(set.spec?.selector).matches(pod.metadata.labels)) yield objectKey(set);
  }
}

async function reconcile(
  key: ObjectKey,
  ctx: ControllerContext,
  failures: Failures,
): Promise<ReconcileResult | undefined> {
  const set = ctx.cache(daemonsets).get(key);
  if (set?.spec === undefined) return undefined;
  const selector = selectorOf(set.spec.selector);
  if (selector.isEverything) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    ctx.events.event(set, 'Warning', 'SelectingAll', message);
    return undefined;
  }
  if (set.metadata.deletionTimestamp !== undefined) return undefined;
  const history = await historyOf(set, ctx);
  const claim = { owner: set, ownerResource: daemonsets, resource: pods, selector };
  const owned = await claimObjects<DaemonSet, Pod>(ctx, claim);
  const seen = observe(set, owned, { hash: hashOf(history.current), ctx });
  let failedWaitMs: number | undefined;
  if (ctx.expectations.satisfied(idOf(key))) {
    const plan = planDaemons(seen);
    const { due, waitMs } = dueForReplacement(plan.finished, seen, failures);
    failedWaitMs = waitMs;
    await apply({ ...plan, finished: due }, seen, ctx);
  }
  await writeStatus(seen, ctx);
  const live = new Set(owned.map((pod) => pod.metadata.labels?.[revisionHashLabel] ?? ''));
  await trimHistory(ctx, history.old, { limit: set.spec.revisionHistoryLimit ?? 10, live });
  const availableMs = nextAvailabilityMs(owned, set.spec.minReadySeconds ?? 0, seen.nowMs);
  const waits = [failedWaitMs, availableMs].filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : { requeueAfterMs: Math.max(1, Math.min(...waits)) };
}

function dueForReplacement(
  finished: readonly DeepReadonly<Pod>[],
  seen: Observed,
  failures: Failures,
): { due: DeepReadonly<Pod>[]; waitMs: number | undefined } {
  const due: DeepReadonly<Pod>[] = [];
  let waitMs: number | undefined;
  for (const pod of finished) {
    const id = `${seen.set.metadata.uid} ${nodeNameOf(pod)}`;
    const last = failures.get(id);
    const leftMs = last === undefined ? 0 : last.sinceMs + last.waitMs - seen.nowMs;
    if (pod.status?.phase === 'Failed' && leftMs > 0) {
      waitMs = Math.min(waitMs ?? leftMs, leftMs);
      continue;
    }
    const isPeaceful = last === undefined || seen.nowMs - last.sinceMs > 2 * last.waitMs;
    const nextMs = isPeaceful ? firstWaitMs : Math.min(last.waitMs * 2, longestWaitMs);
    failures.set(id, { waitMs: nextMs, sinceMs: seen.nowMs });
    due.push(pod);
  }
  return { due, waitMs };
}

async function historyOf(set: DeepReadonly<DaemonSet>, ctx: ControllerContext): Promise<History> {
  const { template, selector } = set.spec as NonNullable<typeof set.spec>;
  const collisionCount = set.status?.collisionCount ?? 0;
  try {
    return await syncHistory<DaemonSet>(ctx, { object: set, resource: daemonsets, template, selector, collisionCount });
  } catch (error) {
    if (!(error instanceof HashCollision)) throw error;
    const changed = cloneJson(set) as DaemonSet;
    changed.status = { ...emptyStatus, ...changed.status, collisionCount: collisionCount + 1 };
    await ctx.client.updateStatus(daemonsets, changed);
    throw error;
  }
}

const emptyStatus = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };

function observe(
  set: DeepReadonly<DaemonSet>,
  owned: readonly DeepReadonly<Pod>[],
  more: { hash: string; ctx: ControllerContext },
): Observed {
  const podsByNode = new Map<string, DeepReadonly<Pod>[]>();
  for (const pod of owned) {
    const name = nodeNameOf(pod);
    const list = podsByNode.get(name);
    if (list === undefined) podsByNode.set(name, [pod]);
    else list.push(pod);
  }
  const { ctx, hash } = more;
  return { set, nodes: [...ctx.cache(nodes).list()], podsByNode, hash, nowMs: ctx.clock.now() };
}

async function apply(plan: DaemonPlan, seen: Observed, ctx: ControllerContext): Promise<void> {
  const owner = { object: seen.set, resource: daemonsets };
  const id = idOf(objectKey(seen.set));
  for (const pod of plan.finished) announceFinished(pod, seen, ctx);
  const doomed = [...new Set([...plan.finished, ...plan.remove])];
  ctx.expectations.expectCreations(id, plan.create.length);
  ctx.expectations.expectDeletions(
    id,
    doomed.map((pod) => pod.metadata.uid ?? ''),
  );
  const deletions = doomed.map(async (pod) => {
    let isUnderWay = false;
    try {
      isUnderWay = await deletePod(ctx, pod, owner);
    } finally {
      if (!isUnderWay) ctx.expectations.deletionObserved(id, pod.metadata.uid ?? '');
    }
  });
  const { succeeded, failure } = await slowStart(plan.create.length, (at) =>
    createPod(ctx, newPod(seen, plan.create[at] ?? ''), owner),
  );
  for (let i = succeeded; i < plan.create.length; i++) ctx.expectations.creationObserved(id);
  const results = await Promise.allSettled(deletions);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
}

function announceFinished(pod: DeepReadonly<Pod>, seen: Observed, ctx: ControllerContext): void {
  const { namespace, name } = pod.metadata;
  const where = `${namespace}/${name} on node ${nodeNameOf(pod)}`;
  if (pod.status?.phase === 'Failed') {
    ctx.events.event(seen.set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${where}, will try to kill it`);
  } else {
    const message = `Found succeeded daemon pod ${where}, will try to delete it`;
    ctx.events.event(seen.set, 'Normal', 'SucceededDaemonPod', message);
  }
}

function newPod(seen: Observed, nodeName: string): Pod {
  const template = (seen.set.spec as NonNullable<typeof seen.set.spec>).template;
  const pod = podFromTemplate(template, { object: seen.set, resource: daemonsets });
  const generation = seen.set.metadata.annotations?.['deprecated.daemonset.template.generation'];
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [revisionHashLabel]: seen.hash,
    ...(generation === undefined ? {} : { 'pod-template-generation': generation }),
  };
  return tieToNode(pod, nodeName);
}

async function writeStatus(seen: Observed, ctx: ControllerContext): Promise<void> {
  const status = daemonStatus(seen);
  const { conditions, ...present }: DeepReadonly<DaemonSetStatus> = seen.set.status ?? emptyStatus;
  const defaults = { updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 0 };
  if (semanticEqual({ ...defaults, ...present }, { ...defaults, ...status })) return;
  const changed = cloneJson(seen.set) as DaemonSet;
  changed.status = conditions === undefined ? status : { ...status, conditions: cloneJson(conditions) as never };
  await ctx.client.updateStatus(daemonsets, changed);
}
