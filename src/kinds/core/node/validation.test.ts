import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Node } from '#api/generated/core/v1.ts';
import { fieldErrorBody, type FieldError } from '#api/status.ts';
import { node } from '#kinds/core/node/resource.ts';
import { validateNode, validateNodeUpdate } from '#kinds/core/node/validation.ts';

const nodeOf = (spec: Node['spec'], status: Node['status'] = {}): Node => {
  const object: Node = { metadata: { name: 'a' }, spec: { ...spec }, status };
  node.defaults?.(object);
  return object;
};
const lines = (errors: readonly FieldError[]): string[] =>
  errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`);

const cases: readonly [string, Node, readonly string[]][] = [
  ['a small node is right', nodeOf({ podCIDR: '10.0.0.0/24' }), []],
  [
    'a taint twice',
    nodeOf({
      taints: [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', value: 'b', effect: 'NoSchedule' },
      ],
    }),
    [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  ],
  [
    'a taint without effect',
    nodeOf({ taints: [{ key: 'a' } as never] }),
    ['metadata.taints[0].effect: Required value'],
  ],
  [
    'two ranges of one family',
    nodeOf({ podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] }),
    [
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  ],
  [
    'half a pod',
    nodeOf({}, { capacity: { pods: '1500m' }, allocatable: {} }),
    ['status.capacity.pods: Invalid value: "1500m": must be an integer'],
  ],
];
for (const [name, object, expected] of cases) {
  test(name, () => {
    assert.deepEqual(lines(validateNode(object)), expected);
  });
}

test('ranges and provider are given once', () => {
  const old = nodeOf({ podCIDR: '10.0.0.0/24', providerID: 'a' });
  assert.deepEqual(lines(validateNodeUpdate(nodeOf({ podCIDR: '10.0.1.0/24', providerID: 'b' }), old)), [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ]);
  assert.deepEqual(validateNodeUpdate(nodeOf({ podCIDR: '10.0.1.0/24' }), nodeOf({})), []);
});
