import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatefulSet } from '#api/generated/apps/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { type Observed, planSet } from '#kinds/apps/statefulset/plan.ts';

const pod = (ordinal: number, isReady: boolean): Pod => ({
  metadata: { name: `db-${ordinal}`, labels: { 'controller-revision-hash': 'r1' } },
  spec: { containers: [] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  },
});
const observed = (replicas: number, ready: readonly boolean[], policy: string): Observed => ({
  set: {
    metadata: { name: 'db' },
    spec: { replicas, podManagementPolicy: policy, selector: {}, serviceName: '', template: {} },
  } as unknown as StatefulSet,
  pods: ready.map((isReady, ordinal) => pod(ordinal, isReady)),
  current: 'r1',
  update: 'r1',
  nowMs: Date.parse('2026-01-01T01:00:00Z'),
});

for (const [name, replicas, ready, policy, removed] of [
  ['the last one goes first', 1, [true, true, true], 'OrderedReady', ['db-2']],
  ['an unhealthy one waits while one below it is unhealthy', 0, [false, false, false], 'OrderedReady', []],
  ['the only unhealthy one goes', 1, [true, true, false], 'OrderedReady', ['db-2']],
  ['a healthy one goes before an unhealthy one below it', 0, [true, false, true], 'OrderedReady', ['db-2']],
  ['an unhealthy replica that stays holds all back', 1, [false, true, true], 'OrderedReady', []],
  ['in parallel all go at once', 0, [false, true, false], 'Parallel', ['db-2', 'db-1', 'db-0']],
] as const)
  test(`scaling down: ${name}`, () => {
    const plan = planSet(observed(replicas, ready, policy));
    assert.deepEqual(
      plan.remove.map(({ metadata }) => metadata.name),
      removed,
    );
  });
