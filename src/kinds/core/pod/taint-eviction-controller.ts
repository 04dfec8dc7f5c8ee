/** Ends pods on nodes with NoExecute taints they do not tolerate, or tolerate only for a while. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Node, Pod, Taint } from '#api/generated/core/v1.ts';
import { nodes, pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { disruptPod } from '#controller/pod-disruption.ts';
import { isPodActive } from '#controller/pods.ts';
import { tolerates } from '#kinds/core/node/taints.ts';

export const taintEvictionController: Controller<Pod> = {
  name: 'taint-eviction-controller',
  for: pods,
  watches: [watch(nodes, podsAfterTaints)],
  reconcile,
};

function noExecute(node: DeepReadonly<Node> | undefined): DeepReadonly<Taint>[] {
  return (node?.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

/** The pods of a node whose NoExecute taints have changed. */
function* podsAfterTaints(
  now: DeepReadonly<Node> | undefined,
  old: DeepReadonly<Node> | undefined,
  ctx: ControllerContext,
): Generator<ObjectKey> {
  const taints = noExecute(now);
  if (taints.length === 0 || JSON.stringify(taints) === JSON.stringify(noExecute(old))) return;
  for (const pod of ctx.cache(pods).list()) if (pod.spec?.nodeName === now?.metadata.name) yield objectKey(pod);
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const pod = ctx.cache(pods).get(key);
  if (pod === undefined || (pod.spec?.nodeName ?? '') === '' || !isPodActive(pod)) return undefined;
  const taints = noExecute(ctx.cache(nodes).get({ namespace: '', name: pod.spec?.nodeName ?? '' }));
  if (taints.length === 0) return undefined;
  const evictAtMs = evictionTime(pod, taints, ctx.clock.now());
  if (evictAtMs === undefined) return undefined;
  const waitMs = evictAtMs - ctx.clock.now();
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  const { namespace, name } = pod.metadata;
  ctx.events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
  await disruptPod(ctx, pod, {
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  });
  return undefined;
}

/** When the pod has to go, counted from when the newest taint came; undefined: it may stay. */
export function evictionTime(
  pod: DeepReadonly<Pod>,
  taints: readonly DeepReadonly<Taint>[],
  nowMs: number,
): number | undefined {
  let seconds: number | undefined;
  let sinceMs = 0;
  for (const taint of taints) {
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return nowMs;
    sinceMs = Math.max(sinceMs, taint.timeAdded === undefined ? nowMs : Date.parse(taint.timeAdded));
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds === undefined) continue;
      seconds = Math.min(seconds ?? Number.POSITIVE_INFINITY, Math.max(0, tolerationSeconds));
    }
  }
  return seconds === undefined ? undefined : sinceMs + seconds * 1000;
}
