import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '#api/generated/apps/v1.ts';
import { newSetAnnotations } from '#kinds/apps/deployment/annotations.ts';
import { maxRevision, revisionOf } from '#kinds/apps/deployment/replica-sets.ts';
import {
  isScalingEvent,
  newSetReplicas,
  planCleanup,
  planScaleDown,
  planScaling,
} from '#kinds/apps/deployment/rollout-plan.ts';

function deployment(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
  return { metadata: { name: 'd' }, spec: { replicas, strategy, revisionHistoryLimit: 1 } } as Deployment;
}
function set(name: string, replicas: number, available: number, annotations: Record<string, string> = {}): ReplicaSet {
  return {
    metadata: { name, annotations, creationTimestamp: `2026-01-01T00:00:0${name.length}Z` },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}
const told = (desired: number, most: number): Record<string, string> => ({
  'deployment.kubernetes.io/desired-replicas': String(desired),
  'deployment.kubernetes.io/max-replicas': String(most),
});

const growth: [name: string, d: Deployment, others: ReplicaSet[], present: number, want: number][] = [
  ['a first set gets all', deployment(10, '25%', '25%'), [], 0, 10],
  ['surge is rounded up', deployment(10, '25%', '25%'), [set('old', 10, 10)], 0, 3],
  ['no room above the surge', deployment(10, 3, 2), [set('old', 13, 10)], 0, 0],
  ['no more than wanted', deployment(3, 10, 0), [set('old', 3, 3)], 2, 3],
  [
    'Recreate knows no surge',
    { metadata: {}, spec: { replicas: 4, strategy: { type: 'Recreate' } } } as Deployment,
    [],
    0,
    4,
  ],
];
for (const [name, d, others, present, want] of growth) {
  test(`size of the new set: ${name}`, () => assert.equal(newSetReplicas(d, others, present), want));
}

const shrinking: [name: string, d: Deployment, olds: ReplicaSet[], fresh: ReplicaSet, want: Record<string, number>][] =
  [
    ['as many as may be missing', deployment(10, 3, 2), [set('old', 10, 10)], set('fresh', 3, 0), { old: 8 }],
    ['nothing while new pods are not ready', deployment(10, 3, 2), [set('old', 8, 8)], set('fresh', 5, 0), {}],
    ['as new pods become ready', deployment(10, 3, 2), [set('old', 8, 8)], set('fresh', 5, 5), { old: 3 }],
    [
      'unhealthy pods first',
      deployment(4, 1, 0),
      [set('o', 3, 3), set('oldest', 2, 0)],
      set('fresh', 1, 1),
      { oldest: 0 },
    ],
    ['none may be missing', deployment(3, 1, 0), [set('old', 3, 3)], set('fresh', 1, 0), {}],
    ['both zero means one may be missing', deployment(3, 0, '10%'), [set('old', 3, 3)], set('fresh', 0, 0), { old: 2 }],
  ];
for (const [name, d, olds, fresh, want] of shrinking) {
  test(`scaling old sets down: ${name}`, () => {
    const plan = planScaleDown(d, olds, fresh);
    assert.deepEqual(Object.fromEntries(plan.map(({ set: of, replicas }) => [of.metadata.name, replicas])), want);
  });
}

const scaling: [
  name: string,
  d: Deployment,
  olds: ReplicaSet[],
  fresh: ReplicaSet | undefined,
  want: Record<string, number>,
][] = [
  ['the only set follows', deployment(5, 1, 0), [], set('fresh', 3, 3), { fresh: 5 }],
  [
    'the latest set follows if none has pods',
    deployment(5, 1, 0),
    [set('a', 0, 0), set('bb', 0, 0)],
    undefined,
    { bb: 5 },
  ],
  [
    'old sets go once the new one is complete',
    deployment(3, 1, 0),
    [set('old', 2, 2)],
    set('fresh', 3, 3, told(3, 4)),
    { old: 0 },
  ],
  [
    'up, in proportion, the rest to the largest',
    deployment(15, 3, 2),
    [set('old', 8, 8, told(10, 13))],
    set('fresh', 5, 5, told(10, 13)),
    { old: 11, fresh: 7 },
  ],
  [
    'down, in proportion',
    deployment(5, 3, 2),
    [set('old', 8, 8, told(10, 13))],
    set('fresh', 5, 5, told(10, 13)),
    { old: 5, fresh: 3 },
  ],
  ['down to nothing', deployment(0, 3, 2), [set('old', 8, 8)], set('fresh', 5, 5), { old: 0, fresh: 0 }],
];
for (const [name, d, olds, fresh, want] of scaling) {
  test(`scaling during a rollout: ${name}`, () => {
    const plan = planScaling(d, olds, fresh);
    assert.deepEqual(Object.fromEntries(plan.map(({ set: of, replicas }) => [of.metadata.name, replicas])), want);
  });
}

test('a scaling event is a set that was told of another size', () => {
  assert.equal(isScalingEvent(deployment(3, 1, 0), [set('a', 3, 3, told(3, 4))]), false);
  assert.equal(isScalingEvent(deployment(5, 1, 0), [set('a', 3, 3, told(3, 4))]), true);
  assert.equal(isScalingEvent(deployment(5, 1, 0), [set('a', 0, 0, told(3, 4))]), false);
});

test('cleanup removes the oldest revisions, but never a set that has pods', () => {
  const revision = (of: number): Record<string, string> => ({ 'deployment.kubernetes.io/revision': String(of) });
  const sets = [set('c', 0, 0, revision(3)), set('a', 0, 0, revision(1)), set('b', 1, 1, revision(2))];
  const names = planCleanup(deployment(3, 1, 0), sets, revisionOf).map(({ metadata }) => metadata.name);
  assert.deepEqual(names, ['a']);
});

test('revisions are 64-bit numbers: the one after 3546343826724305832 is exact', () => {
  const adopted = set('old', 1, 1, { 'deployment.kubernetes.io/revision': '3546343826724305832' });
  assert.equal(maxRevision([adopted]) + 1n, 3546343826724305833n);
});

test('annotations of the Deployment are copied, its own bookkeeping is not, and a reused set remembers its revision', () => {
  const d = {
    metadata: { annotations: { note: 'x', 'deployment.kubernetes.io/revision': '7' } },
  } as unknown as Deployment;
  assert.deepEqual(newSetAnnotations(d, undefined, 1n), { note: 'x', 'deployment.kubernetes.io/revision': '1' });
  const former = { 'deployment.kubernetes.io/revision': '2', 'deployment.kubernetes.io/revision-history': '1' };
  assert.deepEqual(newSetAnnotations(d, former, 5n), {
    note: 'x',
    'deployment.kubernetes.io/revision': '5',
    'deployment.kubernetes.io/revision-history': '1,2',
  });
  assert.deepEqual(newSetAnnotations(d, { 'deployment.kubernetes.io/revision': '9' }, 5n), {
    note: 'x',
    'deployment.kubernetes.io/revision': '9',
  });
});
