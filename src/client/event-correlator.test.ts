import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventCorrelator } from '#client/event-correlator.ts';
import type { Occurrence } from '#client/event-correlator.ts';

const say = (message: string, name = 'web'): Occurrence => ({
  involvedObject: { kind: 'Pod', namespace: 'a', name, uid: 'u1', apiVersion: 'v1' },
  type: 'Warning',
  reason: 'Unhealthy',
  message,
});

test('equal events have one key, others have another', () => {
  const correlator = new EventCorrelator();
  const first = correlator.correlate(say('x'), 0);
  assert.equal(correlator.correlate(say('x'), 1000)?.key, first?.key);
  assert.notEqual(correlator.correlate(say('y'), 1000)?.key, first?.key);
  assert.notEqual(correlator.correlate(say('x', 'other'), 1000)?.key, first?.key);
});

test('the tenth similar message within ten minutes is combined with those that follow', () => {
  const correlator = new EventCorrelator();
  const written = Array.from({ length: 12 }, (_, i) => correlator.correlate(say(`m${i}`), i * 1000));
  assert.equal(written[8]?.message, 'm8');
  assert.equal(written[9]?.message, '(combined from similar events): m9');
  assert.equal(written[11]?.key, written[9]?.key);
  assert.equal(correlator.correlate(say('m20'), 700_000 + 12_000)?.message, 'm20');
});

test('one object gets 25 events at once and one more every five minutes', () => {
  const correlator = new EventCorrelator();
  const allowed = Array.from({ length: 30 }, () => correlator.correlate(say('x'), 0)).filter(
    (event) => event !== undefined,
  );
  assert.equal(allowed.length, 25);
  assert.equal(correlator.correlate(say('x'), 299_999), undefined);
  assert.ok(correlator.correlate(say('x'), 300_001));
});
