import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, EndpointSlice } from '#api/generated/discovery/v1.ts';
import type { Group } from '#kinds/discovery/endpointslice/slices-plan.ts';
import { endpointId, groupKey, planSlices } from '#kinds/discovery/endpointslice/slices-plan.ts';

const ports = [{ name: '', port: 80, protocol: 'TCP' as const }];
const endpoint = (i: number, ready = true): Endpoint => ({
  addresses: [`10.0.${i >> 8}.${i & 255}`],
  conditions: { ready },
  targetRef: { uid: `u${i}` },
});
const range = (from: number, to: number): Endpoint[] => Array.from({ length: to - from }, (_, i) => endpoint(from + i));
function groupsOf(endpoints: Endpoint[]): Map<string, Group> {
  const group: Group = {
    addressType: 'IPv4',
    ports,
    endpoints: new Map(endpoints.map((each) => [endpointId(each), each])),
  };
  return new Map([[groupKey(group), group]]);
}
const slice = (name: string, endpoints: Endpoint[]): EndpointSlice => ({
  metadata: { name, labels: { a: 'b' } },
  addressType: 'IPv4',
  ports,
  endpoints,
});
function shape(wanted: Endpoint[], existing: EndpointSlice[], labels = { a: 'b' }): object {
  const plan = planSlices(groupsOf(wanted), existing, labels);
  return {
    creates: plan.creates.map(({ endpoints }) => endpoints.length),
    updates: Object.fromEntries(plan.updates.map((each) => [each.metadata.name, each.endpoints?.length])),
    deletes: plan.deletes.map((each) => each.metadata.name),
  };
}

const cases: [name: string, wanted: Endpoint[], existing: EndpointSlice[], want: object][] = [
  ['nothing: a placeholder', [], [], { creates: [0], updates: {}, deletes: [] }],
  ['the placeholder is filled', range(0, 3), [slice('s', [])], { creates: [], updates: { s: 3 }, deletes: [] }],
  ['a hundred per slice', range(0, 250), [], { creates: [100, 100, 50], updates: {}, deletes: [] }],
  ['what is right stays untouched', range(0, 5), [slice('s', range(0, 5))], { creates: [], updates: {}, deletes: [] }],
  [
    'a changed endpoint changes its slice only',
    [endpoint(0, false), ...range(1, 4)],
    [slice('s', range(0, 2)), slice('t', range(2, 4))],
    { creates: [], updates: { s: 2 }, deletes: [] },
  ],
  [
    'new ones go to the fullest slice that has room',
    range(0, 160),
    [slice('s', range(0, 95)), slice('t', range(95, 155))],
    { creates: [], updates: { s: 100 }, deletes: [] },
  ],
  [
    'an emptied slice is removed',
    range(0, 2),
    [slice('s', range(0, 2)), slice('t', range(2, 4))],
    { creates: [], updates: {}, deletes: ['t'] },
  ],
  [
    'the last slice stays as the placeholder',
    [],
    [slice('s', range(0, 2))],
    { creates: [], updates: { s: 0 }, deletes: [] },
  ],
];
for (const [name, wanted, existing, want] of cases) {
  test(`slices: ${name}`, () => assert.deepEqual(shape(wanted, existing), want));
}

test('slices: changed labels change every slice, other ports make a slice of their own', () => {
  assert.deepEqual(shape(range(0, 2), [slice('s', range(0, 2))], { a: 'c' }), {
    creates: [],
    updates: { s: 2 },
    deletes: [],
  });
  const other = { ...slice('s', range(0, 2)), ports: [{ name: '', port: 81, protocol: 'TCP' as const }] };
  assert.deepEqual(shape(range(0, 2), [other]), { creates: [2], updates: {}, deletes: ['s'] });
});
