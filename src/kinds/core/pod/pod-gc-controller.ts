/**
 * Removes pods that nobody else would: of nodes that are gone, terminating without ever having had a node, and the oldest
 * finished ones beyond 12,500.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Node, Pod } from '#api/generated/core/v1.ts';
import { nodes, pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { forceDeletePod } from '#controller/pod-disruption.ts';
import { isPodFinished } from '#controller/pods.ts';

const finishedKept = 12_500;
/** A node that is missing so long is gone for good. */
const quarantineMs = 40_000;
/** Finished pods are counted at most so often, and only when one has finished. */
const countDelayMs = 20_000;
/** The key of the count, which belongs to no pod. */
const everything: ObjectKey = { namespace: '', name: '' };

/** A new controller: it remembers since when nodes are missing. */
export function podGCController(): Controller<Pod> {
  const missingSince = new Map<string, number>();
  return {
    name: 'pod-garbage-collector',
    for: pods,
    watches: [watch(nodes, (now, old, ctx) => (now === undefined ? podsOn(old, ctx) : seen(now)))],
    atStart: true,
    reconcile: (key, ctx) => (key.name === '' ? removeOldest(ctx) : reconcile(key, ctx, missingSince)),
  };

  function seen(node: DeepReadonly<Node>): ObjectKey[] {
    missingSince.delete(node.metadata.name ?? '');
    return [];
  }
}

function* podsOn(node: DeepReadonly<Node> | undefined, ctx: ControllerContext): Generator<ObjectKey> {
  for (const pod of ctx.cache(pods).list()) if (pod.spec?.nodeName === node?.metadata.name) yield objectKey(pod);
}

async function reconcile(
  key: ObjectKey,
  ctx: ControllerContext,
  missingSince: Map<string, number>,
): Promise<ReconcileResult | undefined> {
  const pod = ctx.cache(pods).get(key);
  if (pod === undefined) return undefined;
  if (isPodFinished(pod)) ctx.enqueue(everything, countDelayMs);
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') {
    if (pod.metadata.deletionTimestamp !== undefined) await forceDeletePod(ctx, pod);
    return undefined;
  }
  if (ctx.cache(nodes).get({ namespace: '', name: nodeName }) !== undefined) return undefined;
  const nowMs = ctx.clock.now();
  const sinceMs = missingSince.get(nodeName) ?? nowMs;
  missingSince.set(nodeName, sinceMs);
  const waitMs = sinceMs + quarantineMs - nowMs;
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  if ((await ctx.client.find(nodes, { namespace: '', name: nodeName })) !== undefined) return undefined;
  await forceDeletePod(ctx, pod, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' });
  return undefined;
}

async function removeOldest(ctx: ControllerContext): Promise<undefined> {
  const finished = [...ctx.cache(pods).list()].filter(isPodFinished);
  const excess = finished.length - finishedKept;
  if (excess <= 0) return;
  const evicted = (pod: DeepReadonly<Pod>): number => (pod.status?.reason === 'Evicted' ? 0 : 1);
  finished.sort(
    (a, b) =>
      evicted(a) - evicted(b) ||
      compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      compare(a.metadata.name, b.metadata.name),
  );
  for (const pod of finished.slice(0, excess)) await forceDeletePod(ctx, pod);
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
