/** Ending pods from outside: with a DisruptionTarget condition that says why, and by force where no agent would do it. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import { isNotFound } from '#api/status.ts';
import { objectKey } from '#client/object-index.ts';
import type { ControllerContext } from '#controller/controller.ts';
import { isPodFinished } from '#controller/pods.ts';

export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

/** Marks the pod and deletes it gracefully. */
export async function disruptPod(ctx: ControllerContext, pod: DeepReadonly<Pod>, why: Disruption): Promise<void> {
  await ignoringGone(async () => {
    await patchStatus(ctx, pod, { conditions: [conditionOf(ctx, pod, why)] });
    await ctx.client.delete(pods, objectKey(pod), { preconditions: { uid: pod.metadata.uid } });
  });
}

/** Marks the pod as failed if it has not finished, and removes it at once: its node cannot answer any more. */
export async function forceDeletePod(ctx: ControllerContext, pod: DeepReadonly<Pod>, why?: Disruption): Promise<void> {
  await ignoringGone(async () => {
    if (!isPodFinished(pod)) {
      const conditions = why === undefined ? {} : { conditions: [conditionOf(ctx, pod, why)] };
      await patchStatus(ctx, pod, { phase: 'Failed', ...conditions });
    }
    await ctx.client.delete(pods, objectKey(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
  });
}

function conditionOf(ctx: ControllerContext, pod: DeepReadonly<Pod>, why: Disruption): object {
  return {
    type: 'DisruptionTarget',
    status: 'True',
    ...why,
    observedGeneration: pod.metadata.generation,
    lastTransitionTime: timestamp(ctx.clock.now()),
  };
}

async function patchStatus(ctx: ControllerContext, pod: DeepReadonly<Pod>, status: object): Promise<void> {
  const patch = { metadata: { uid: pod.metadata.uid }, status };
  await ctx.client.patch(pods, objectKey(pod), patch, { type: 'strategic', subresource: 'status' });
}

async function ignoringGone(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
