import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/generated/core/v1.ts';
import { hostsFile, podDns, sandboxHostname } from '#kubelet/pods/pod-dns.ts';

const context = {
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  resolvConf: 'nameserver 192.0.2.1\nsearch example.com.\noptions timeout:1\n',
};
function pod(spec: Partial<NonNullable<Pod['spec']>>): Pod {
  return { metadata: { name: 'web-0', namespace: 'shop' }, spec: { containers: [], ...spec } };
}
const node = { servers: ['192.0.2.1'], searches: ['example.com'], options: ['timeout:1'] };
const cluster = {
  servers: ['10.96.0.10'],
  searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
  options: ['ndots:5'],
};
const cases = [
  { title: 'ClusterFirst', spec: {}, expected: cluster },
  { title: 'ClusterFirst on the host network is Default', spec: { hostNetwork: true }, expected: node },
  {
    title: 'ClusterFirstWithHostNet',
    spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' as const },
    expected: cluster,
  },
  { title: 'Default', spec: { dnsPolicy: 'Default' as const }, expected: node },
  {
    title: 'None with a config',
    spec: {
      dnsPolicy: 'None' as const,
      dnsConfig: {
        nameservers: ['1.1.1.1'],
        searches: ['a.b'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    expected: { servers: ['1.1.1.1'], searches: ['a.b'], options: ['ndots:2', 'edns0'] },
  },
  {
    title: 'a config overrides options',
    spec: { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
    expected: { ...cluster, options: ['ndots:1'] },
  },
];
for (const { title, spec, expected } of cases)
  test(`dns: ${title}`, () => assert.deepEqual(podDns(pod(spec), context), expected));

test('the hosts file names the pod, with its subdomain and aliases', () => {
  const text = hostsFile(
    pod({ subdomain: 'db', hostAliases: [{ ip: '1.2.3.4', hostnames: ['x', 'y'] }] }),
    ['10.244.0.5'],
    { clusterDomain: 'cluster.local' },
  );
  const lines = text.split('\n');
  assert.equal(lines[0], '# Kubernetes-managed hosts file.');
  assert.ok(lines.includes('10.244.0.5\tweb-0.db.shop.svc.cluster.local\tweb-0'));
  assert.ok(lines.includes('1.2.3.4\tx\ty'));
});

test('setHostnameAsFQDN gives the full name, or refuses a long one', () => {
  assert.equal(sandboxHostname(pod({}), 'cluster.local'), 'web-0');
  assert.equal(
    sandboxHostname(pod({ subdomain: 'db', setHostnameAsFQDN: true }), 'cluster.local'),
    'web-0.db.shop.svc.cluster.local',
  );
  assert.throws(
    () => sandboxHostname(pod({ subdomain: 'd'.repeat(60), setHostnameAsFQDN: true }), 'cluster.local'),
    /too long \(64 characters is the max/,
  );
});
