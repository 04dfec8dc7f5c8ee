import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '#base/clock.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';

test('timers fire in order of their instant, then of their making', async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  for (const delay of [30, 10, 20, 10]) clock.after(delay, () => seen.push(`${delay}@${clock.now()}`));
  await clock.run(25);
  assert.deepEqual(seen, ['10@10', '10@10', '20@20']);
  await clock.run(5);
  assert.deepEqual(seen.slice(3), ['30@30']);
});

test('what a timer starts runs before the next timer fires', async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const worker = async (): Promise<void> => {
    await sleep(clock, 10);
    seen.push(`woke@${clock.now()}`);
    for (let i = 0; i < 50; i++) await Promise.resolve();
    await sleep(clock, 1);
    seen.push(`again@${clock.now()}`);
  };
  const done = worker();
  clock.after(11, () => seen.push('timer'));
  await clock.run(100);
  await done;
  assert.deepEqual(seen, ['woke@10', 'timer', 'again@11']);
  assert.equal(clock.now(), 100);
});

test('a cancelled timer does not fire', async () => {
  const clock = new VirtualClock(0);
  let fired = 0;
  clock.after(5, () => fired++)();
  clock.after(5, () => fired++);
  await clock.run(5);
  assert.equal(fired, 1);
});

test('an aborted sleep rejects with the reason', async () => {
  const clock = new VirtualClock(0);
  const abort = new AbortController();
  const sleeping = sleep(clock, 1000, abort.signal);
  abort.abort(new Error('stopped'));
  await assert.rejects(sleeping, /stopped/);
});
