/**
 * When a CronJob runs. `5 * * * *` and `?` for `*`, `@hourly` and its kin, `@every 90s`; a zone of its own, or UTC.
 * Deviation: upstream takes the time zone of the machine where spec.timeZone is absent.
 */
import { Cron } from 'croner';
import type { CronJob } from '#api/generated/batch/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export interface Schedule {
  /** The first time after `afterMs`; undefined: never. */
  next(afterMs: number): number | undefined;
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Throws what is wrong with it. */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule {
  const every = /^@every\s+(\S+)$/.exec(text.trim())?.[1];
  if (every !== undefined) return fixedDelay(every);
  const cron = new Cron(text.replaceAll('?', '*'), { timezone: timeZone ?? 'UTC' });
  return { next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() };
}

function fixedDelay(text: string): Schedule {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.map(([all]) => all).join('') !== text) throw new Error(`failed to parse duration @every ${text}`);
  const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
  const delayMs = Math.max(1000, Math.floor(sum / 1000) * 1000);
  return { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + delayMs };
}

export interface Due {
  /** The latest time that has come and is not served; undefined: none. */
  readonly atMs?: number;
  readonly hasMissedMany: boolean;
  /** When to look again. */
  readonly nextMs?: number;
}

/** Added to every wait, against clocks that disagree a little. */
const skewMs = 100;
const many = 100;

/** What is due now, and when the next time comes. */
export function dueTime(cronJob: DeepReadonly<CronJob>, schedule: Schedule, nowMs: number): Due {
  const next = schedule.next(nowMs);
  const coming = next === undefined ? {} : { nextMs: next + skewMs };
  const first = schedule.next(earliestTime(cronJob, nowMs));
  if (first === undefined || first > nowMs) return { ...coming, hasMissedMany: false };
  const second = schedule.next(first);
  if (second === undefined || second > nowMs) return { ...coming, atMs: first, hasMissedMany: false };
  const missed = Math.floor((nowMs - first) / (second - first)) + 1;
  let atMs = first;
  for (
    let at = schedule.next(first + (missed - 2) * (second - first));
    at !== undefined && at <= nowMs;
    at = schedule.next(at)
  )
    atMs = at;
  return { ...coming, atMs, hasMissedMany: missed > many };
}

/** Nothing before it counts: the last run or the creation, and what the deadline leaves of the past. */
function earliestTime({ metadata, status, spec }: DeepReadonly<CronJob>, nowMs: number): number {
  const since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '');
  const deadline = spec?.startingDeadlineSeconds;
  return deadline === undefined ? since : Math.max(since, nowMs - deadline * 1000);
}
