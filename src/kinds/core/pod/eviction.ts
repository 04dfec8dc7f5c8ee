/** pods/eviction: a deletion that disruption budgets may forbid. @see https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
import type { Pod } from '#api/generated/core/v1.ts';
import type { PodDisruptionBudget } from '#api/generated/policy/v1.ts';
import { poddisruptionbudgets, pods } from '#api/generated/resources.ts';
import type { HasMetadata, KubeObject, ObjectKey } from '#api/object.ts';
import type { CustomSubresource, HookCall } from '#api/resource.ts';
import { badRequest, forbidden, internalError, notFound, StatusError } from '#api/status.ts';
import { findCondition, isConditionTrue } from '#api/meta/conditions.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export const evictionSubresource: CustomSubresource<Pod> = {
  kind: 'Eviction',
  group: 'policy',
  version: 'v1',
  verbs: ['create'],
  schema: 'io.k8s.api.policy.v1.Eviction',
  create: evict,
};

interface DeleteOptionsBody {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string };
  readonly dryRun?: readonly string[];
}

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as HasMetadata;
/** More evictions under way than this are not remembered in one budget. */
const maxDisrupted = 2000;

async function evict(key: ObjectKey, body: KubeObject, call: HookCall): Promise<HasMetadata> {
  if ((body.metadata?.name ?? '') !== key.name) throw badRequest('name in URL does not match name in Eviction object');
  const options = body['deleteOptions'] as DeleteOptionsBody | undefined;
  const dryRun = call.dryRun || (options?.dryRun ?? []).length > 0;
  const pod = call.reader.get(pods, key);
  if (pod === undefined) throw notFound(pods, key.name);
  if (!isBeyondBudgets(pod)) await spendBudget(pod, { ...call, dryRun });
  if (!dryRun) await markDisrupted(key, call);
  await call.writer.delete(pods, key, {
    dryRun,
    ...(options?.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(options?.preconditions?.uid === undefined ? {} : { uid: options.preconditions.uid }),
  });
  return success;
}

/** It serves nobody any more, or not yet. */
function isBeyondBudgets({ status, metadata }: DeepReadonly<Pod>): boolean {
  const phase = status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

async function spendBudget(pod: DeepReadonly<Pod>, call: HookCall): Promise<void> {
  const namespace = pod.metadata.namespace ?? '';
  const budgets = [...call.reader.list(poddisruptionbudgets, namespace)].filter((each) =>
    selectorOf(each.spec?.selector).matches(pod.metadata.labels),
  );
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1) {
    const text = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError(500, '', text);
  }
  if (!isConditionTrue(pod.status?.conditions, 'Ready') && mayGoUnready(budget)) return;
  if (call.dryRun) return checkBudget(budget);
  const key = { namespace, name: budget.metadata.name ?? '' };
  const spend = (present: PodDisruptionBudget): PodDisruptionBudget => {
    checkBudget(present);
    const status = present.status as NonNullable<PodDisruptionBudget['status']>;
    status.disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
    status.disruptedPods = { ...status.disruptedPods, [pod.metadata.name ?? '']: timestamp(call.nowMs) };
    if (status.disruptionsAllowed === 0) noneLeft(present, timestamp(call.nowMs));
    return present;
  };
  await call.writer.update(poddisruptionbudgets, key, spend, { subresource: 'status' });
}

/** A pod that is not ready is no loss to an application that has enough others, or that says so. */
function mayGoUnready({ spec, status }: DeepReadonly<PodDisruptionBudget>): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function checkBudget({ metadata, status }: DeepReadonly<PodDisruptionBudget>): void {
  const { name = '', generation = 0 } = metadata;
  if ((status?.observedGeneration ?? 0) < generation)
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  const allowed = status?.disruptionsAllowed ?? 0;
  const named = { group: 'policy', plural: 'poddisruptionbudget' };
  if (allowed < 0) throw forbidden(named, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisrupted) {
    const text = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(named, name, text);
  }
  if (allowed === 0) throw tooMany(whyNot(name, status), 0);
}

function whyNot(name: string, status: DeepReadonly<PodDisruptionBudget>['status']): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions } = status ?? {};
  const condition = findCondition(conditions, 'DisruptionAllowed');
  const message = condition?.status === 'False' ? (condition.message ?? '') : '';
  const start = `The disruption budget ${name} does not allow evicting pods currently`;
  if (message !== '' && condition?.reason === 'SyncFailed') return `${start} because it failed sync: ${message}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return message === '' ? start : `${start} (${condition?.reason}): ${message}`;
}

function tooMany(message: string, retryAfterSeconds: number): StatusError {
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new StatusError(429, 'TooManyRequests', text, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

function noneLeft({ metadata, status }: PodDisruptionBudget, now: string): void {
  if (status === undefined) throw internalError('a budget without a status has nothing to spend');
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed');
  const condition = { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' };
  status.conditions = [...others, { ...condition, lastTransitionTime: now, observedGeneration: metadata.generation }];
}

/** Job controllers read from it that the failure is not the program's. */
async function markDisrupted(key: ObjectKey, call: HookCall): Promise<void> {
  const change = (pod: Pod): Pod => {
    pod.status ??= {};
    const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    const text = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
    const condition = { type: 'DisruptionTarget', status: 'True', ...text, lastTransitionTime: timestamp(call.nowMs) };
    pod.status.conditions = [...others, condition];
    return pod;
  };
  await call.writer.update(pods, key, change, { subresource: 'status' });
}
