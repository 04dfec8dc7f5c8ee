import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, NodeCondition, Pod, Taint, Toleration } from '#api/generated/core/v1.ts';
import { withConditionTaints } from '#kinds/core/node/condition-taints.ts';
import { tolerates } from '#kinds/core/node/taints.ts';
import { evictionTime } from '#kinds/core/pod/taint-eviction-controller.ts';

const taint: Taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
const tolerations: [name: string, toleration: Toleration, want: boolean][] = [
  ['Exists without a key tolerates all', { operator: 'Exists' }, true],
  ['the same key and value', { key: 'k', value: 'v' }, true],
  ['another value', { key: 'k', value: 'w' }, false],
  ['Exists with the key', { key: 'k', operator: 'Exists' }, true],
  ['another key', { key: 'l', operator: 'Exists' }, false],
  ['another effect', { key: 'k', operator: 'Exists', effect: 'NoExecute' }, false],
  ['the same effect', { key: 'k', operator: 'Exists', effect: 'NoSchedule' }, true],
];
for (const [name, toleration, want] of tolerations) {
  test(`toleration: ${name}`, () => assert.equal(tolerates(toleration, taint), want));
}

const ready = (status: string): NodeCondition => ({ type: 'Ready', status });
const node = (conditions: NodeCondition[], spec: Node['spec'] = {}): Node => ({
  metadata: {},
  spec,
  status: { conditions },
});
const own: Taint = { key: 'mine', effect: 'NoSchedule' };
const conditionCases: [name: string, of: Node, mayEvict: boolean, want: string[] | undefined][] = [
  ['a ready node has none', node([ready('True')]), true, undefined],
  [
    'not ready',
    node([ready('False')]),
    true,
    ['node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute'],
  ],
  [
    'unknown',
    node([ready('Unknown')]),
    true,
    ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
  ],
  ['no eviction while all are lost', node([ready('Unknown')]), false, ['node.kubernetes.io/unreachable:NoSchedule']],
  [
    'pressure',
    node([ready('True'), { type: 'DiskPressure', status: 'True' }]),
    true,
    ['node.kubernetes.io/disk-pressure:NoSchedule'],
  ],
  ['cordoned', node([ready('True')], { unschedulable: true }), true, ['node.kubernetes.io/unschedulable:NoSchedule']],
  [
    'what is over goes, foreign taints stay',
    node([ready('True')], { taints: [own, { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }] }),
    true,
    ['mine:NoSchedule'],
  ],
];
for (const [name, of, mayEvict, want] of conditionCases) {
  test(`taints by condition: ${name}`, () => {
    const taints = withConditionTaints(of, { now: '2026-01-01T00:00:00Z', mayEvict });
    assert.deepEqual(
      taints?.map(({ key, effect }) => `${key}:${effect}`),
      want,
    );
  });
}

const at = Date.parse('2026-01-01T00:00:00Z');
const noExecute: Taint = { key: 'k', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' };
const evictions: [name: string, tolerations: Toleration[], want: number | undefined][] = [
  ['not tolerated: now', [], at + 5000],
  ['tolerated for ever', [{ key: 'k', operator: 'Exists' }], undefined],
  [
    'tolerated for a while, counted from the taint',
    [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }],
    at + 300_000,
  ],
  [
    'the shortest counts',
    [
      { operator: 'Exists', tolerationSeconds: 60 },
      { key: 'k', operator: 'Exists', tolerationSeconds: 300 },
    ],
    at + 60_000,
  ],
];
for (const [name, list, want] of evictions) {
  test(`eviction: ${name}`, () => {
    const pod: Pod = { metadata: {}, spec: { containers: [], tolerations: list } };
    assert.equal(evictionTime(pod, [noExecute], at + 5000), want);
  });
}
