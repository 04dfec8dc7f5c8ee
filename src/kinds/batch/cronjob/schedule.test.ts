import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CronJob } from '#api/generated/batch/v1.ts';
import { dueTime, parseSchedule } from '#kinds/batch/cronjob/schedule.ts';

const at = (text: string): number => Date.parse(`2026-03-04T${text}Z`);

for (const [schedule, zone, after, next] of [
  ['*/1 * * * ?', undefined, '10:00:00', '10:01:00'],
  ['*/1 * * * ?', undefined, '10:00:59.900', '10:01:00'],
  ['30 11 * * *', 'Europe/Berlin', '10:00:00', '10:30:00'],
  ['@hourly', undefined, '10:00:01', '11:00:00'],
  ['@every 1m30s', undefined, '10:00:00.500', '10:01:30'],
] as const) {
  test(`${schedule} after ${after}`, () => {
    assert.equal(parseSchedule(schedule, zone).next(at(after)), at(next));
  });
}

test('a schedule that is none throws', () => {
  assert.throws(() => parseSchedule('61 * * * *', undefined));
  assert.throws(() => parseSchedule('@every soon', undefined), /failed to parse duration @every soon/);
});

function cronJobOf(created: string, extra: object = {}): CronJob {
  return { metadata: { creationTimestamp: `2026-03-04T${created}Z` }, spec: extra } as never;
}

for (const [title, cronJob, now, atText, hasMissedMany] of [
  ['nothing before the first time', cronJobOf('10:00:10'), '10:00:50', undefined, false],
  ['the time that has just come', cronJobOf('10:00:10'), '10:01:00', '10:01:00', false],
  ['of several the latest', cronJobOf('10:00:10'), '10:07:30', '10:07:00', false],
  ['more than a hundred', cronJobOf('07:00:10'), '10:07:30', '10:07:00', true],
  [
    'the deadline cuts off the past',
    cronJobOf('07:00:10', { startingDeadlineSeconds: 100 }),
    '10:07:30',
    '10:07:00',
    false,
  ],
] as const) {
  test(`due: ${title}`, () => {
    const due = dueTime(cronJob, parseSchedule('* * * * *', undefined), at(now));
    assert.deepEqual([due.atMs, due.hasMissedMany], [atText === undefined ? undefined : at(atText), hasMissedMany]);
    assert.equal(due.nextMs, Math.floor(at(now) / 60_000) * 60_000 + 60_100);
  });
}
