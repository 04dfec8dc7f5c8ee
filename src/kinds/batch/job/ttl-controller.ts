/** Removes finished Jobs after their ttlSecondsAfterFinished. @see https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/ */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Job } from '#api/generated/batch/v1.ts';
import { jobs } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isNotFound } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';

export const ttlAfterFinishedController: Controller<Job> = {
  name: 'ttl-after-finished-controller',
  for: jobs,
  reconcile,
};

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const cached = ctx.cache(jobs).get(key);
  const waitMs = cached === undefined ? undefined : timeLeft(cached, ctx.clock.now());
  if (waitMs === undefined) return undefined;
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  // The ttl may have been raised since.
  const job = await ctx.client.find(jobs, key);
  const leftMs = job === undefined ? undefined : timeLeft(job, ctx.clock.now());
  if (job === undefined || leftMs === undefined) return undefined;
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  try {
    const { uid, resourceVersion } = job.metadata;
    await ctx.client.delete(jobs, key, { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return undefined;
}

/** Undefined: it has not finished, has no ttl, or is going already. */
function timeLeft(job: DeepReadonly<Job>, nowMs: number): number | undefined {
  const ttl = job.spec?.ttlSecondsAfterFinished;
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  for (const type of ['Complete', 'Failed']) {
    const condition = findCondition(job.status?.conditions, type);
    if (condition?.status === 'True') return Date.parse(condition.lastTransitionTime ?? '') + ttl * 1000 - nowMs;
  }
  return undefined;
}
