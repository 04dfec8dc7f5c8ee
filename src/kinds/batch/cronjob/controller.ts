/** Makes Jobs at the times of a schedule. @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { CronJob, CronJobStatus, Job } from '#api/generated/batch/v1.ts';
import type { ObjectReference } from '#api/generated/core/v1.ts';
import { cronjobs, jobs } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isAlreadyExists, isNotFound } from '#api/status.ts';
import { isConditionTrue } from '#api/meta/conditions.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { controllerOf, controllerReference } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/pod-control.ts';
import { type Due, dueTime, parseSchedule, type Schedule } from '#kinds/batch/cronjob/schedule.ts';

type AnyCronJob = DeepReadonly<CronJob>;
type AnyJob = DeepReadonly<Job>;

export const cronJobController: Controller<CronJob> = {
  name: 'cronjob-controller',
  for: cronjobs,
  owns: [jobs],
  reconcile,
};

const scheduledAt = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const cronJob = ctx.cache(cronjobs).get(key);
  if (cronJob?.spec === undefined) return undefined;
  const owned = [...ctx.cache(jobs).list(key.namespace)].filter(
    (job) => controllerOf(job)?.uid === cronJob.metadata.uid,
  );
  const status = cloneJson(cronJob.status ?? {}) as CronJobStatus;
  await noteJobs(cronJob, owned, status, ctx);
  let waitMs: number | undefined;
  try {
    waitMs = await run(cronJob, status, ctx);
  } finally {
    await writeStatus(cronJob, status, ctx);
  }
  await removeOld(cronJob, owned, ctx);
  return waitMs === undefined ? undefined : { requeueAfterMs: Math.max(1, waitMs) };
}

const isComplete = (job: AnyJob): boolean => isConditionTrue(job.status?.conditions, 'Complete');
const isFailed = (job: AnyJob): boolean => isConditionTrue(job.status?.conditions, 'Failed');

/** Takes what has finished or vanished off the active list. */
async function noteJobs(
  cronJob: AnyCronJob,
  owned: readonly AnyJob[],
  status: CronJobStatus,
  ctx: ControllerContext,
): Promise<void> {
  for (const job of owned) {
    const { name, uid } = job.metadata;
    const isActive = status.active?.some((each) => each.uid === uid) === true;
    const condition = isComplete(job) ? 'Complete' : isFailed(job) ? 'Failed' : undefined;
    if (condition === undefined) {
      const text = `Saw a job that the controller did not create or forgot: ${name}`;
      if (!isActive) ctx.events.event(cronJob, 'Warning', 'UnexpectedJob', text);
      continue;
    }
    if (isActive) {
      drop(status, uid);
      ctx.events.event(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${condition}`);
    }
    const at = job.status?.completionTime;
    if (condition !== 'Complete' || at === undefined) continue;
    if (status.lastSuccessfulTime === undefined || Date.parse(at) > Date.parse(status.lastSuccessfulTime))
      status.lastSuccessfulTime = at;
  }
  for (const { name = '', namespace = '', uid } of status.active ?? []) {
    if (owned.some(({ metadata }) => metadata.uid === uid)) continue;
    if ((await ctx.client.find(jobs, { namespace, name })) !== undefined) continue;
    ctx.events.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
    drop(status, uid);
  }
}

function drop(status: CronJobStatus, uid: string | undefined): void {
  const left = (status.active ?? []).filter((each) => each.uid !== uid);
  if (left.length === 0) delete status.active;
  else status.active = left;
}

/** Starts what is due. Answers how long to wait for the next time. */
async function run(cronJob: AnyCronJob, status: CronJobStatus, ctx: ControllerContext): Promise<number | undefined> {
  const { spec } = cronJob;
  if (spec === undefined || cronJob.metadata.deletionTimestamp !== undefined || spec.suspend === true) return undefined;
  let schedule: Schedule;
  try {
    schedule = parseSchedule(spec.schedule, spec.timeZone);
  } catch (error) {
    const text = `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${errorMessage(error)}`;
    ctx.events.event(cronJob, 'Warning', 'UnparseableSchedule', text);
    return undefined;
  }
  const nowMs = ctx.clock.now();
  const due = dueTime(cronJob, schedule, nowMs);
  if (due.hasMissedMany) {
    const text = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    ctx.events.event(cronJob, 'Warning', 'TooManyMissedTimes', text);
  }
  if (due.atMs !== undefined && mayStart(cronJob, status, { ...due, atMs: due.atMs }, ctx))
    await start(cronJob, status, due.atMs, ctx);
  return due.nextMs === undefined ? undefined : due.nextMs - nowMs;
}

function mayStart(
  cronJob: AnyCronJob,
  status: CronJobStatus,
  { atMs }: Due & { readonly atMs: number },
  ctx: ControllerContext,
): boolean {
  const deadline = cronJob.spec?.startingDeadlineSeconds;
  if (deadline !== undefined && atMs + deadline * 1000 < ctx.clock.now()) {
    const text = `Missed scheduled time to start a job: ${new Date(atMs).toUTCString().replace('GMT', '+0000')}`;
    ctx.events.event(cronJob, 'Warning', 'MissSchedule', text);
    return false;
  }
  const name = jobName(cronJob, atMs);
  if (status.active?.some((each) => each.name === name) === true || status.lastScheduleTime === timestamp(atMs))
    return false;
  if (cronJob.spec?.concurrencyPolicy === 'Forbid' && (status.active ?? []).length > 0) {
    const text = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    ctx.events.event(cronJob, 'Normal', 'JobAlreadyActive', text);
    return false;
  }
  return true;
}

async function start(cronJob: AnyCronJob, status: CronJobStatus, atMs: number, ctx: ControllerContext): Promise<void> {
  if (cronJob.spec?.concurrencyPolicy === 'Replace')
    for (const { namespace = '', name = '', uid } of status.active ?? []) {
      await deleteJob(cronJob, { namespace, name }, ctx);
      drop(status, uid);
    }
  const job = await createJob(cronJob, atMs, ctx);
  if (job === undefined) return;
  const { name, namespace, uid, resourceVersion } = job.metadata;
  const reference: ObjectReference = { kind: 'Job', apiVersion: 'batch/v1', namespace, name, uid, resourceVersion };
  status.active = [...(status.active ?? []), reference];
  status.lastScheduleTime = timestamp(atMs);
}

/** Undefined: somebody else has made a job of this name, or this one is on the list already. */
async function createJob(cronJob: AnyCronJob, atMs: number, ctx: ControllerContext): Promise<AnyJob | undefined> {
  const wanted = jobOf(cronJob, atMs);
  try {
    const job = await ctx.client.create(jobs, wanted);
    ctx.events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
    return job;
  } catch (error) {
    if (isAlreadyExists(error)) {
      const present = await ctx.client.get(jobs, objectKey(wanted));
      return controllerOf(present)?.uid === cronJob.metadata.uid ? present : undefined;
    }
    if (!isNamespaceTerminating(error))
      ctx.events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${errorMessage(error)}`);
    throw error;
  }
}

/** The minute is in the name: no time is served twice. */
function jobName(cronJob: AnyCronJob, atMs: number): string {
  return `${cronJob.metadata.name}-${Math.floor(atMs / 60_000)}`;
}

function jobOf(cronJob: AnyCronJob, atMs: number): Job {
  const template = cloneJson(cronJob.spec?.jobTemplate ?? {}) as Job;
  const { labels, annotations } = template.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, atMs),
      namespace: cronJob.metadata.namespace,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [scheduledAt]: timestamp(atMs) },
      ownerReferences: [controllerReference(cronJob, cronjobs)],
    },
    spec: template.spec,
  };
}

async function deleteJob(cronJob: AnyCronJob, key: ObjectKey, ctx: ControllerContext): Promise<void> {
  try {
    await ctx.client.delete(jobs, key, { propagationPolicy: 'Background' });
    ctx.events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${key.name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    ctx.events.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${errorMessage(error)}`);
    throw error;
  }
}

/** Of finished jobs only the latest are kept. */
async function removeOld(cronJob: AnyCronJob, owned: readonly AnyJob[], ctx: ControllerContext): Promise<void> {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec ?? {};
  const groups: [readonly AnyJob[], number | undefined][] = [
    [owned.filter(isComplete), successfulJobsHistoryLimit],
    [owned.filter((job) => !isComplete(job) && isFailed(job)), failedJobsHistoryLimit],
  ];
  const startedMs = (job: AnyJob): number => Date.parse(job.status?.startTime ?? job.metadata.creationTimestamp ?? '');
  for (const [finished, limit] of groups) {
    if (limit === undefined || finished.length <= limit) continue;
    const oldest = finished.toSorted((a, b) => startedMs(a) - startedMs(b)).slice(0, finished.length - limit);
    for (const job of oldest) {
      if (job.metadata.deletionTimestamp === undefined) await deleteJob(cronJob, objectKey(job), ctx);
    }
  }
}

async function writeStatus(cronJob: AnyCronJob, status: CronJobStatus, ctx: ControllerContext): Promise<void> {
  if (semanticEqual(cronJob.status ?? {}, status)) return;
  try {
    await ctx.client.updateStatus(cronjobs, { ...(cloneJson(cronJob) as CronJob), status });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
