import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, durationText } from '#kubelet/backoff.ts';

test('delays double up to the longest, and a key that rested starts again', () => {
  const backoff = new Backoff();
  const delays: number[] = [];
  let now = 0;
  for (let i = 0; i < 7; i++) {
    backoff.next('a', now, now);
    delays.push(backoff.delayMs('a') / 1000);
    now += backoff.delayMs('a');
  }
  assert.deepEqual(delays, [10, 20, 40, 80, 160, 300, 300]);
  assert.equal(backoff.waitsUntil('a', now, now + 1), now + 300_000);
  assert.equal(backoff.waitsUntil('a', now, now + 300_000), undefined);
  const later = now + 601_000;
  assert.equal(backoff.waitsUntil('a', later, later), undefined);
  backoff.next('a', later, later);
  assert.equal(backoff.delayMs('a'), 10_000);
});

for (const [ms, text] of [
  [10_000, '10s'],
  [160_000, '2m40s'],
  [300_000, '5m0s'],
  [3_661_000, '1h1m1s'],
] as const) {
  test(`${ms} ms is ${text}`, () => assert.equal(durationText(ms), text));
}
