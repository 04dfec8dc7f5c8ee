import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControllerExpectations } from '#controller/expectations.ts';
import { WorkQueue } from '#controller/queue.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';

const a = { namespace: 'n', name: 'a' };
const b = { namespace: 'n', name: 'b' };

test('a key added twice is taken once, and keys come in order', async () => {
  const queue = new WorkQueue(new VirtualClock());
  for (const key of [a, b, a]) queue.add(key);
  assert.equal(await queue.take(), a);
  assert.equal(await queue.take(), b);
  assert.equal(queue.depth, 0);
});

test('a key added while it is worked on waits for done', async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue(clock);
  queue.add(a);
  await queue.take();
  let second = false;
  void queue.take().then(() => (second = true));
  queue.add(a);
  await clock.settle();
  assert.equal(second, false);
  queue.done(a);
  await clock.settle();
  assert.equal(second, true);
});

test('retries come after 5, 10, 20 ms and start anew after forget', async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue(clock);
  for (const waitMs of [5, 10, 20]) {
    queue.retry(a);
    await clock.run(waitMs - 1);
    assert.equal(queue.depth, 0, `${waitMs}`);
    await clock.run(1);
    assert.equal(queue.depth, 1, `${waitMs}`);
    await queue.take();
    queue.done(a);
  }
  queue.forget(a);
  queue.retry(a);
  await clock.run(5);
  assert.equal(queue.depth, 1);
});

test('of two delayed adds of a key the earlier one counts', async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue(clock);
  queue.addAfter(a, 100);
  queue.addAfter(a, 50);
  queue.addAfter(a, 200);
  await clock.run(50);
  assert.equal(await queue.take(), a);
  queue.done(a);
  await clock.run(1000);
  assert.equal(queue.depth, 0);
});

test('closing wakes those who wait', async () => {
  const queue = new WorkQueue(new VirtualClock());
  const taking = queue.take();
  queue.close();
  assert.equal(await taking, undefined);
  queue.add(a);
  assert.equal(await queue.take(), undefined);
});

test('expectations are satisfied once all creations and deletions were seen, or after five minutes', async () => {
  const clock = new VirtualClock();
  const expectations = new ControllerExpectations(clock);
  expectations.expectCreations('n/a', 2);
  expectations.expectDeletions('n/a', ['u1']);
  expectations.creationObserved('n/a');
  expectations.creationObserved('n/a');
  assert.equal(expectations.satisfied('n/a'), false);
  expectations.deletionObserved('n/a', 'unknown');
  assert.equal(expectations.satisfied('n/a'), false);
  expectations.deletionObserved('n/a', 'u1');
  assert.equal(expectations.satisfied('n/a'), true);
  expectations.expectCreations('n/a', 1);
  await clock.run(300_001);
  assert.equal(expectations.satisfied('n/a'), true);
});
