/** Runs pods to completion. @see https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { Job, JobStatus } from '#api/generated/batch/v1.ts';
import type { Pod, PodSpec } from '#api/generated/core/v1.ts';
import { jobs, pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isInvalid, isNotFound } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import { claimObjects } from '#controller/claim.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { createPod, deletePod, isNamespaceTerminating, podFromTemplate, slowStart } from '#controller/pod-control.ts';
import { idOf } from '#controller/queue.ts';
import type { JobPlan } from '#kinds/batch/job/plan.ts';
import { indexFailures, isFinished, planJob } from '#kinds/batch/job/plan.ts';
import { failureCountAnnotation } from '#kinds/batch/job/policies.ts';
import { indexAnnotation, isTracked, tallyOf, trackingFinalizer } from '#kinds/batch/job/tally.ts';

export const jobController: Controller<Job> = {
  name: 'job-controller',
  for: jobs,
  owns: [pods],
  reconcile,
};

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const job = ctx.cache(jobs).get(key);
  if (job?.spec === undefined || job.metadata.deletionTimestamp !== undefined) {
    await releaseAll(key, ctx);
    return undefined;
  }
  const claim = { owner: job, ownerResource: jobs, resource: pods, selector: selectorOf(job.spec.selector) };
  const owned = await claimObjects<Job, Pod>(ctx, claim);
  if (isFinished(job)) {
    await Promise.all(owned.filter(isTracked).map((pod) => release(pod, ctx)));
    return undefined;
  }
  const tally = tallyOf(job, owned);
  const plan = planJob({ job, pods: owned, tally, nowMs: ctx.clock.now() });
  if (ctx.expectations.satisfied(idOf(key))) await managePods(job, owned, plan, ctx);
  // Pods are let go only after the status that names them is stored.
  await writeStatus(job, plan.status, ctx);
  await Promise.all(tally.release.map((pod) => release(pod, ctx)));
  return plan.waitMs === undefined ? undefined : { requeueAfterMs: Math.max(1, plan.waitMs) };
}

/** The Job is going or gone: nobody counts its pods any more. */
async function releaseAll(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  for (const pod of ctx.cache(pods).list(key.namespace)) {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job' && owner.name === key.name && isTracked(pod)) await release(pod, ctx);
  }
}

async function release(pod: DeepReadonly<Pod>, ctx: ControllerContext): Promise<void> {
  const { uid } = pod.metadata;
  const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
  try {
    await ctx.client.patch(pods, objectKey(pod), patch, { type: 'strategic' });
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}

async function managePods(
  job: DeepReadonly<Job>,
  owned: readonly DeepReadonly<Pod>[],
  plan: JobPlan,
  ctx: ControllerContext,
): Promise<void> {
  const owner = { object: job, resource: jobs };
  const id = idOf(objectKey(job));
  ctx.expectations.expectDeletions(
    id,
    plan.remove.map((pod) => pod.metadata.uid ?? ''),
  );
  for (const pod of plan.remove) {
    let isUnderWay = false;
    try {
      isUnderWay = await deletePod(ctx, pod, owner);
    } finally {
      if (!isUnderWay) ctx.expectations.deletionObserved(id, pod.metadata.uid ?? '');
    }
  }
  ctx.expectations.expectCreations(id, plan.create.length);
  const { succeeded, failure } = await slowStart(plan.create.length, (at) =>
    createPod(ctx, newPod(job, owned, plan.create[at]), owner),
  );
  for (let i = succeeded; i < plan.create.length; i++) ctx.expectations.creationObserved(id);
  if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
}

function newPod(job: DeepReadonly<Job>, owned: readonly DeepReadonly<Pod>[], index: number | undefined): Pod {
  const template = (job.spec as NonNullable<typeof job.spec>).template;
  const pod = podFromTemplate(template, { object: job, resource: jobs });
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
  if (index === undefined) return pod;
  const spec = pod.spec as PodSpec;
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexAnnotation]: String(index) };
  pod.metadata.labels = { ...pod.metadata.labels, [indexAnnotation]: String(index) };
  if (job.spec?.backoffLimitPerIndex !== undefined) {
    const failures = String(indexFailures({ job, pods: owned }, index));
    pod.metadata.annotations[failureCountAnnotation] = failures;
  }
  spec.hostname ??= `${job.metadata.name}-${index}`;
  const fieldRef = { fieldPath: `metadata.labels['${indexAnnotation}']` };
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX') === true) continue;
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }];
  }
  return pod;
}

async function writeStatus(job: DeepReadonly<Job>, status: JobStatus, ctx: ControllerContext): Promise<void> {
  const zeros = { active: 0, ready: 0, terminating: 0, succeeded: 0, failed: 0 };
  if (semanticEqual({ ...zeros, ...job.status }, { ...zeros, ...status })) return;
  await ctx.client.updateStatus(jobs, { ...(cloneJson(job) as Job), status });
  announce(job, status, ctx);
}

function announce(job: DeepReadonly<Job>, status: JobStatus, ctx: ControllerContext): void {
  const becameTrue = (type: string): boolean =>
    findCondition(status.conditions, type)?.status === 'True' &&
    findCondition(job.status?.conditions, type)?.status !== 'True';
  const failed = findCondition(status.conditions, 'Failed');
  if (becameTrue('Complete')) ctx.events.event(job, 'Normal', 'Completed', 'Job completed');
  if (becameTrue('Failed')) ctx.events.event(job, 'Warning', failed?.reason ?? '', failed?.message ?? '');
  if (becameTrue('Suspended')) ctx.events.event(job, 'Normal', 'Suspended', 'Job suspended');
  const wasSuspended = findCondition(job.status?.conditions, 'Suspended')?.status === 'True';
  const isSuspended = findCondition(status.conditions, 'Suspended')?.status === 'True';
  if (wasSuspended && !isSuspended) ctx.events.event(job, 'Normal', 'Resumed', 'Job resumed');
}
