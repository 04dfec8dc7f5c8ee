/**
 * Notices nodes that have gone silent, taints nodes by their conditions, and marks the pods of lost nodes as not ready.
 *
 * Silence is judged by this process's own observation: a lease or a status that did not change for 40 seconds of our clock,
 * whatever the times written in it. After a start every node has its 40 seconds anew.
 * @see https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { timestamp } from '#base/clock.ts';
import type { Lease } from '#api/generated/coordination/v1.ts';
import type { Node, NodeCondition, Pod } from '#api/generated/core/v1.ts';
import { leases, nodes, pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isNotFound } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isPodReady } from '#controller/pods.ts';
import { withConditionTaints } from '#kinds/core/node/condition-taints.ts';

const graceMs = 40_000;
/** A node that never posted a status. */
const startupGraceMs = 60_000;
const leaseNamespace = 'kube-node-lease';

interface Seen {
  heartbeat: string;
  atMs: number;
  wasReady: boolean;
}

/** A new controller with a memory of its own. */
export function nodeLifecycleController(): Controller<Node> {
  const health = new Map<string, Seen>();
  return {
    name: 'node-controller',
    for: nodes,
    watches: [watch(leases, nodeOf), watch(pods, lostNodeOf)],
    reconcile: (key, ctx) => reconcile(key, ctx, health),
  };
}

function nodeOf(lease: DeepReadonly<Lease> | undefined): ObjectKey[] {
  return lease?.metadata.namespace === leaseNamespace ? [{ namespace: '', name: lease.metadata.name ?? '' }] : [];
}

/** A pod that became ready, or was bound, on a node that is lost. */
function lostNodeOf(
  now: DeepReadonly<Pod> | undefined,
  old: DeepReadonly<Pod> | undefined,
  ctx: ControllerContext,
): ObjectKey[] {
  if (now === undefined || !isPodReady(now) || (old !== undefined && isPodReady(old))) return [];
  const key = { namespace: '', name: now.spec?.nodeName ?? '' };
  const node = ctx.cache(nodes).get(key);
  return node !== undefined && readyStatus(node) === 'Unknown' ? [key] : [];
}

function readyStatus(node: DeepReadonly<Node>): string {
  return findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
}

async function reconcile(
  key: ObjectKey,
  ctx: ControllerContext,
  health: Map<string, Seen>,
): Promise<ReconcileResult | undefined> {
  const node = ctx.cache(nodes).get(key);
  if (node === undefined) {
    health.delete(key.name);
    return undefined;
  }
  const seen = observe(node, ctx, health);
  const isPosted = findCondition(node.status?.conditions, 'Ready') !== undefined;
  const waitMs = seen.atMs + (isPosted ? graceMs : startupGraceMs) - ctx.clock.now();
  const isSilent = waitMs < 0;
  const current = isSilent ? await markUnknown(node, ctx) : node;
  await syncTaints(current, ctx);
  const isReady = readyStatus(current) === 'True';
  if (!isReady) await loseNode(current, seen, ctx);
  seen.wasReady = isReady;
  return isSilent ? undefined : { requeueAfterMs: waitMs + 1 };
}

/** What was last heard of the node, and when. */
function observe(node: DeepReadonly<Node>, ctx: ControllerContext, health: Map<string, Seen>): Seen {
  const name = node.metadata.name ?? '';
  const lease = ctx.cache(leases).get({ namespace: leaseNamespace, name });
  const ready = findCondition(node.status?.conditions, 'Ready');
  const heartbeat = `${lease?.spec?.renewTime ?? ''} ${ready?.lastHeartbeatTime ?? ''}`;
  let seen = health.get(name);
  if (seen === undefined) {
    seen = { heartbeat, atMs: ctx.clock.now(), wasReady: false };
    health.set(name, seen);
    const message = `Node ${name} event: Registered Node ${name} in Controller`;
    ctx.events.event(node, 'Normal', 'RegisteredNode', message);
  }
  if (seen.heartbeat !== heartbeat) {
    seen.heartbeat = heartbeat;
    seen.atMs = ctx.clock.now();
  }
  return seen;
}

const kubeletConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

async function markUnknown(node: DeepReadonly<Node>, ctx: ControllerContext): Promise<DeepReadonly<Node>> {
  const present = node.status?.conditions ?? [];
  const isKnown = kubeletConditions.every((type) => findCondition(present, type)?.status === 'Unknown');
  if (isKnown) return node;
  const changed = cloneJson(node) as Node;
  const conditions: NodeCondition[] = changed.status?.conditions ?? [];
  const now = timestamp(ctx.clock.now());
  for (const type of kubeletConditions) {
    const condition = findCondition(conditions, type);
    if (condition === undefined) {
      conditions.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: now,
      });
    } else if (condition.status !== 'Unknown') {
      condition.status = 'Unknown';
      condition.reason = 'NodeStatusUnknown';
      condition.message = 'Kubelet stopped posting node status.';
      condition.lastTransitionTime = now;
    }
  }
  changed.status = { ...changed.status, conditions };
  return ctx.client.updateStatus(nodes, changed);
}

async function syncTaints(node: DeepReadonly<Node>, ctx: ControllerContext): Promise<void> {
  const options = { now: timestamp(ctx.clock.now()), mayEvict: !isFullDisruption(ctx) };
  const taints = withConditionTaints(node, options);
  if (taints === undefined) return;
  const { resourceVersion } = node.metadata;
  const patch = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
  try {
    await ctx.client.patch(nodes, objectKey(node), patch, { type: 'merge' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** If no node at all is ready, it is more likely that we are cut off than that all are dead: nobody is evicted. */
function isFullDisruption(ctx: ControllerContext): boolean {
  for (const node of ctx.cache(nodes).list()) if (readyStatus(node) === 'True') return false;
  return true;
}

/** Its pods do not get traffic any more. */
async function loseNode(node: DeepReadonly<Node>, seen: Seen, ctx: ControllerContext): Promise<void> {
  const name = node.metadata.name ?? '';
  if (seen.wasReady) {
    ctx.events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }
  for (const pod of ctx.cache(pods).list()) {
    if (pod.spec?.nodeName === name && isPodReady(pod)) await markPodNotReady(pod, ctx);
  }
}

async function markPodNotReady(pod: DeepReadonly<Pod>, ctx: ControllerContext): Promise<void> {
  const ready = findCondition(pod.status?.conditions, 'Ready');
  const condition = { ...ready, status: 'False', lastTransitionTime: timestamp(ctx.clock.now()) };
  const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
  ctx.events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  try {
    await ctx.client.patch(pods, objectKey(pod), patch, { type: 'strategic', subresource: 'status' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
