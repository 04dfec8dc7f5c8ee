/** How many pods of a budget may be disrupted now. @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import type { Condition } from '#api/generated/meta/v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/generated/policy/v1.ts';
import {
  deployments,
  poddisruptionbudgets,
  pods,
  replicasets,
  replicationcontrollers,
  statefulsets,
} from '#api/generated/resources.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { findCondition } from '#api/meta/conditions.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isPodReady } from '#controller/pods.ts';
import { scaledValue } from '#kinds/apps/deployment/replica-sets.ts';

type Budget = DeepReadonly<PodDisruptionBudget>;
type ReadonlyPod = DeepReadonly<Pod>;

export const disruptionController: Controller<PodDisruptionBudget> = {
  name: 'disruption-controller',
  for: poddisruptionbudgets,
  watches: [watch(pods, budgetsOf)],
  reconcile,
};

/** An eviction that was granted so long ago and led to nothing is forgotten. */
const evictionTimeoutMs = 120_000;

function* budgetsOf(
  now: ReadonlyPod | undefined,
  old: ReadonlyPod | undefined,
  ctx: ControllerContext,
): Generator<ObjectKey> {
  for (const budget of ctx.cache(poddisruptionbudgets).list((now ?? old)?.metadata.namespace ?? '')) {
    const selector = selectorOf(budget.spec?.selector);
    const selects = (pod: ReadonlyPod | undefined): boolean =>
      pod !== undefined && selector.matches(pod.metadata.labels);
    if (selects(now) || selects(old)) yield objectKey(budget);
  }
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const budget = ctx.cache(poddisruptionbudgets).get(key);
  if (budget === undefined) return undefined;
  const selector = selectorOf(budget.spec?.selector);
  const selected = [...ctx.cache(pods).list(key.namespace)].filter((pod) => selector.matches(pod.metadata.labels));
  if (selected.length === 0) ctx.events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
  let expected: Expected;
  try {
    expected = expectedPods(budget, selected, ctx);
  } catch (error) {
    const message = `Failed to calculate the number of expected pods: ${errorMessage(error)}`;
    ctx.events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    await writeStatus(budget, failedStatus(budget, errorMessage(error), ctx), ctx);
    return undefined;
  }
  announceUnmanaged(budget, selected, ctx);
  const { disrupted, waitMs } = stillDisrupted(budget, selected, ctx.clock.now());
  await writeStatus(budget, statusOf(budget, { selected, expected, disrupted, ctx }), ctx);
  return waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
}

interface Expected {
  readonly expected: number;
  readonly desiredHealthy: number;
}

function expectedPods(budget: Budget, selected: readonly ReadonlyPod[], ctx: ControllerContext): Expected {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const expected = scaleOf(selected, ctx);
    const may = scaledValue(maxUnavailable, expected, Math.ceil);
    return { expected, desiredHealthy: Math.max(0, expected - may) };
  }
  if (typeof minAvailable === 'string') {
    const expected = scaleOf(selected, ctx);
    return { expected, desiredHealthy: scaledValue(minAvailable, expected, Math.ceil) };
  }
  return { expected: selected.length, desiredHealthy: minAvailable ?? 0 };
}

/** Proportions are of what controllers want; pods without one are in none of them. */
function announceUnmanaged(budget: Budget, selected: readonly ReadonlyPod[], ctx: ControllerContext): void {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const isCounted = maxUnavailable === undefined && typeof minAvailable !== 'string';
  if (isCounted || selected.every((pod) => controllerOf(pod) !== undefined)) return;
  const labels = Object.entries(budget.spec?.selector?.matchLabels ?? {}).sort();
  const text = `&LabelSelector{MatchLabels:map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}},MatchExpressions:[]LabelSelectorRequirement{},}`;
  const message =
    `Pods selected by this PodDisruptionBudget (selector: ${text}) were found to be unmanaged. ` +
    'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
    'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
  ctx.events.event(budget, 'Warning', 'UnmanagedPods', message);
}

/** The wanted sizes of all controllers of the pods together. */
function scaleOf(selected: readonly ReadonlyPod[], ctx: ControllerContext): number {
  const sizes = new Map<string, number>();
  for (const pod of selected) {
    if (controllerOf(pod) === undefined) continue;
    const scale = controllerScale(pod, ctx);
    if (scale === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    sizes.set(scale.uid, scale.replicas);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

interface Scaled extends HasMetadata {
  spec?: { replicas?: number };
}
const scalable: Readonly<Record<string, ResourceRef<Scaled>>> = {
  ReplicaSet: replicasets,
  Deployment: deployments,
  StatefulSet: statefulsets,
  ReplicationController: replicationcontrollers,
};

/** The topmost scalable controller: the Deployment of a ReplicaSet's pod. */
function controllerScale(
  object: DeepReadonly<HasMetadata>,
  ctx: ControllerContext,
): { uid: string; replicas: number } | undefined {
  const reference = controllerOf(object);
  const resource = reference === undefined ? undefined : scalable[reference.kind];
  if (reference === undefined || resource === undefined) return undefined;
  const key = { namespace: object.metadata.namespace ?? '', name: reference.name };
  const controller = ctx.cache(resource).get(key) as DeepReadonly<Scaled> | undefined;
  if (controller === undefined || controller.metadata.uid !== reference.uid) return undefined;
  return controllerScale(controller, ctx) ?? { uid: reference.uid, replicas: controller.spec?.replicas ?? 1 };
}

/** Evictions that were granted and have not shown yet: such pods do not count as healthy. */
function stillDisrupted(
  budget: Budget,
  selected: readonly ReadonlyPod[],
  nowMs: number,
): { disrupted: Record<string, string>; waitMs: number | undefined } {
  const disrupted: Record<string, string> = {};
  let waitMs: number | undefined;
  for (const pod of selected) {
    const name = pod.metadata.name ?? '';
    const at = budget.status?.disruptedPods?.[name];
    if (at === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(at) + evictionTimeoutMs - nowMs;
    if (leftMs <= 0) continue;
    disrupted[name] = at;
    waitMs = Math.min(waitMs ?? leftMs, leftMs);
  }
  return { disrupted, waitMs };
}

interface Facts {
  readonly selected: readonly ReadonlyPod[];
  readonly expected: Expected;
  readonly disrupted: Record<string, string>;
  readonly ctx: ControllerContext;
}

function statusOf(budget: Budget, facts: Facts): PodDisruptionBudgetStatus {
  const { expected, desiredHealthy } = facts.expected;
  const currentHealthy = facts.selected.filter(
    (pod) =>
      isPodReady(pod) &&
      pod.metadata.deletionTimestamp === undefined &&
      facts.disrupted[pod.metadata.name ?? ''] === undefined,
  ).length;
  const disruptionsAllowed = expected <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const isAllowed = disruptionsAllowed > 0;
  const condition = {
    status: isAllowed ? 'True' : 'False',
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  return {
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods: expected,
    observedGeneration: budget.metadata.generation,
    ...(Object.keys(facts.disrupted).length === 0 ? {} : { disruptedPods: facts.disrupted }),
    conditions: [conditionOf(budget, condition, facts.ctx)],
  };
}

/** Nothing is known, so nothing is allowed. */
function failedStatus(budget: Budget, message: string, ctx: ControllerContext): PodDisruptionBudgetStatus {
  const present = cloneJson(budget.status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });
  const condition = { status: 'False', reason: 'SyncFailed', message };
  return {
    ...(present as PodDisruptionBudgetStatus),
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata.generation,
    conditions: [conditionOf(budget, condition, ctx)],
  };
}

function conditionOf(
  budget: Budget,
  to: { status: string; reason: string; message: string },
  ctx: ControllerContext,
): Condition {
  const old = findCondition(budget.status?.conditions, 'DisruptionAllowed');
  const lastTransitionTime = old?.status === to.status ? old.lastTransitionTime : timestamp(ctx.clock.now());
  return { type: 'DisruptionAllowed', ...to, observedGeneration: budget.metadata.generation, lastTransitionTime };
}

async function writeStatus(budget: Budget, status: PodDisruptionBudgetStatus, ctx: ControllerContext): Promise<void> {
  if (semanticEqual(budget.status, status)) return;
  await ctx.client.updateStatus(poddisruptionbudgets, { ...(cloneJson(budget) as PodDisruptionBudget), status });
}
