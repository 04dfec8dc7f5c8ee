import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSubset } from '#api/generated/core/v1.ts';
import type { AddressWithPorts } from '#kinds/core/endpoints/subsets.ts';
import { packSubsets, truncateSubsets } from '#kinds/core/endpoints/subsets.ts';

const at = (ip: string, ports: number[], isReady = true): AddressWithPorts => ({
  address: { ip },
  ports: ports.map((port) => ({ port, protocol: 'TCP' as const })),
  isReady,
});
const shape = (subsets: EndpointSubset[]): string[] =>
  subsets.map(
    ({ addresses = [], notReadyAddresses = [], ports = [] }) =>
      `${addresses.map(({ ip }) => ip)}|${notReadyAddresses.map(({ ip }) => ip)}|${ports.map(({ port }) => port)}`,
  );
const cases: [name: string, entries: AddressWithPorts[], want: string[]][] = [
  ['nothing', [], []],
  [
    'equal ports share a subset, addresses in numeric order',
    [at('10.0.0.10', [80, 443]), at('10.0.0.9', [443, 80])],
    ['10.0.0.9,10.0.0.10||80,443'],
  ],
  ['other ports, other subset', [at('10.0.0.1', [80]), at('10.0.0.2', [8080])], ['10.0.0.1||80', '10.0.0.2||8080']],
  [
    'pods that are not ready stand apart',
    [at('10.0.0.1', [80]), at('10.0.0.2', [80], false)],
    ['10.0.0.1|10.0.0.2|80'],
  ],
  ['a headless service without ports', [at('10.0.0.1', [])], ['10.0.0.1||']],
];
for (const [name, entries, want] of cases) {
  test(`subsets: ${name}`, () => assert.deepEqual(shape(packSubsets(entries)), want));
}

test('subsets: at most a thousand addresses, ready ones first', () => {
  const addresses = (count: number): { ip: string }[] => Array.from({ length: count }, (_, i) => ({ ip: String(i) }));
  const subsets = [{ notReadyAddresses: addresses(600) }, { addresses: addresses(700) }];
  assert.equal(truncateSubsets(subsets), true);
  assert.deepEqual([subsets[0]?.notReadyAddresses?.length, subsets[1]?.addresses?.length], [300, 700]);
});
