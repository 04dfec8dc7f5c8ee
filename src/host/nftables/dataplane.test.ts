import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import type { RuleSet, ServiceRule } from '#proxy/rules.ts';
import { difference, emptyProgram, programOf, tableCommands } from '#host/nftables/program.ts';
import { NftDataplane } from '#host/nftables/dataplane.ts';

const isRoot = process.getuid?.() === 0;
const options = { table: 'wheelhouse-test', podCIDR: '10.244.0.0/16', serviceCIDR: '10.96.0.0/16' };

function service(change: Partial<ServiceRule> = {}): ServiceRule {
  const endpoints = [
    { ip: '10.244.0.5', port: 8080 },
    { ip: '10.244.0.6', port: 8080 },
  ];
  return {
    key: 'default/web:http',
    protocol: 'TCP',
    port: 80,
    clusterIPs: ['10.96.0.7'],
    externalIPs: ['192.0.2.1'],
    nodePort: 30080,
    internal: endpoints,
    external: endpoints,
    externalPolicyLocal: false,
    internalElsewhere: false,
    externalElsewhere: false,
    affinitySeconds: undefined,
    ...change,
  };
}

const hostPort = { protocol: 'UDP', hostIP: '', hostPort: 5353, podIP: '10.244.0.9', containerPort: 53 } as const;

const sets: [string, RuleSet][] = [
  ['a service on every kind of address', { services: [service()], hostPorts: [] }],
  [
    'affinity and host ports',
    { services: [service({ affinitySeconds: 100 })], hostPorts: [hostPort, { ...hostPort, hostIP: '127.0.0.1' }] },
  ],
  [
    'external traffic kept local',
    { services: [service({ externalPolicyLocal: true, external: [], externalElsewhere: true })], hostPorts: [] },
  ],
  ['no endpoints', { services: [service({ internal: [], external: [] })], hostPorts: [] }],
  [
    'local policy with one local endpoint',
    { services: [service({ externalPolicyLocal: true, external: [{ ip: '10.244.0.5', port: 8080 }] })], hostPorts: [] },
  ],
  ['nothing', { services: [], hostPorts: [] }],
];

/** The table as nft prints it, without handles and counters. */
function listTable(namespace: string): string {
  return execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-s', 'list', 'table', 'ip', options.table], {
    encoding: 'utf8',
  });
}

for (const [title, rules] of sets) {
  for (const [fromTitle, from] of sets) {
    test(`the kernel holds "${title}" the same whether built afresh or reached from "${fromTitle}"`, {
      skip: !isRoot && 'needs root',
    }, () => {
      const namespace = `whnft${process.pid}`;
      execFileSync('ip', ['netns', 'add', namespace]);
      try {
        const nft = (commands: string[]): void => {
          if (commands.length === 0) return;
          execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: commands.join('\n') });
        };
        const target = programOf(rules, options);
        const start = programOf(from, options);
        nft([...tableCommands(options), ...difference(emptyProgram, target, options.table)]);
        const fresh = listTable(namespace);
        nft([...tableCommands(options), ...difference(emptyProgram, start, options.table)]);
        nft(difference(start, target, options.table));
        assert.deepEqual(sortedLines(listTable(namespace)), sortedLines(fresh));
      } finally {
        execFileSync('ip', ['netns', 'del', namespace]);
      }
    });
  }
}

function sortedLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .split(',')
        .map((part) => part.trim().replace(/^elements = \{ /, ''))
        .sort()
        .join(','),
    )
    .sort();
}

test('a transaction that the kernel refuses is told and the next one works', {
  skip: !isRoot && 'needs root',
}, async () => {
  const dataplane = new NftDataplane({ ...options, table: `wheelhouse-t${process.pid}` }, silentLogger);
  try {
    await assert.rejects(
      dataplane.apply({ services: [service({ clusterIPs: ['not-an-address'] })], hostPorts: [] }),
      /nft: .*Error/,
    );
    await dataplane.apply({ services: [service()], hostPorts: [] });
    await dataplane.apply({ services: [service({ port: 81 })], hostPorts: [] });
    const text = execFileSync('nft', ['list', 'table', 'ip', `wheelhouse-t${process.pid}`], { encoding: 'utf8' });
    assert.match(text, /10\.96\.0\.7 \. tcp \. 81 : goto cip-/);
    assert.doesNotMatch(text, /10\.96\.0\.7 \. tcp \. 80 /);
  } finally {
    await dataplane.remove();
  }
});
