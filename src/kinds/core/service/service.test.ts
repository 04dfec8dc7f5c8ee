import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ipaddresses, services } from '#api/generated/resources.ts';
import type { Service, ServiceSpec } from '#api/generated/core/v1.ts';
import { StatusError } from '#api/status.ts';
import { allocateCreate, allocateUpdate, releaseAll } from '#kinds/core/service/allocation.ts';
import { defaultService } from '#kinds/core/service/defaults.ts';
import { dropTypeDependent } from '#kinds/core/service/type-change.ts';
import { validateService, validateServiceUpdate } from '#kinds/core/service/validation.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

function serviceOf(spec: ServiceSpec, name = 'a'): Service {
  const service: Service = { metadata: { name, namespace: 'ns' }, spec };
  defaultService(service);
  return service;
}

test('an address comes from the upper part of the range and is held by an IPAddress', async () => {
  const cluster = new MemoryCluster();
  const service = serviceOf({ ports: [{ port: 80 }] });
  await allocateCreate(service, cluster.call());
  const ip = service.spec?.clusterIP ?? '';
  assert.match(ip, /^10\.96\.0\.\d+$/);
  assert.ok(Number(ip.split('.')[3]) > 16);
  assert.deepEqual(service.spec?.clusterIPs, [ip]);
  assert.deepEqual(service.spec?.ipFamilies, ['IPv4']);
  assert.equal(service.spec?.ipFamilyPolicy, 'SingleStack');
  assert.deepEqual(cluster.names(ipaddresses), [ip]);
  assert.deepEqual(validateService(service), []);
});

test('every address of a range is given once, then it is full', async () => {
  const cluster = new MemoryCluster();
  const call = cluster.call({ settings: { ...cluster.call().settings, serviceCIDRs: ['10.0.0.0/29'] } });
  const taken = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const service = serviceOf({ ports: [{ port: 80 }] }, `s${i}`);
    await allocateCreate(service, call);
    taken.add(service.spec?.clusterIP ?? '');
  }
  assert.equal(taken.size, 6);
  await assert.rejects(() => allocateCreate(serviceOf({ ports: [{ port: 80 }] }, 'x'), call), /range is full/);
});

const refusedAddresses: readonly [string, string][] = [
  ['10.97.0.1', 'failed to allocate IP 10.97.0.1: the provided network does not match the current range'],
  [
    '10.96.0.0',
    'failed to allocate IP 10.96.0.0: the provided IP (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
  ],
  ['10.96.0.9', 'failed to allocate IP 10.96.0.9: provided IP is already allocated'],
];
for (const [ip, text] of refusedAddresses) {
  test(`address ${ip} is refused`, async () => {
    const cluster = new MemoryCluster();
    cluster.put(ipaddresses, {
      metadata: { name: '10.96.0.9' },
      spec: { parentRef: { name: 'b', resource: 'services' } },
    });
    const service = serviceOf({ clusterIP: ip, ports: [{ port: 80 }] });
    await assert.rejects(
      () => allocateCreate(service, cluster.call()),
      (error: StatusError) => error.code === 422 && error.message.includes(text),
    );
  });
}

test('TCP and UDP of one port share a node port, and a failed write gives everything back', async () => {
  const cluster = new MemoryCluster();
  const call = cluster.call();
  const service = serviceOf({
    type: 'NodePort',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53 },
    ],
  });
  const rollback = await allocateCreate(service, call);
  const [udp, tcp] = service.spec?.ports ?? [];
  assert.ok((udp?.nodePort ?? 0) >= 30_000);
  assert.equal(tcp?.nodePort, udp?.nodePort);
  const other = serviceOf({ type: 'NodePort', ports: [{ port: 80, nodePort: udp?.nodePort ?? 0 }] }, 'b');
  await assert.rejects(() => allocateCreate(other, call), /provided port is already allocated/);
  await rollback();
  assert.deepEqual(cluster.names(ipaddresses), []);
  await allocateCreate(serviceOf({ type: 'NodePort', ports: [{ port: 80, nodePort: udp?.nodePort ?? 0 }] }, 'b'), call);
});

test('the manifest of the creation can be sent again, and changing the type gives ports back', async () => {
  const cluster = new MemoryCluster();
  const call = cluster.call();
  const old = serviceOf({ type: 'NodePort', ports: [{ port: 80 }] });
  await allocateCreate(old, call);
  cluster.put(services, structuredClone(old));
  const again = serviceOf({ type: 'NodePort', ports: [{ port: 80 }] });
  await allocateUpdate(again, old, call);
  assert.deepEqual(again.spec, old.spec);
  const clusterIp = serviceOf({ ...structuredClone(old.spec), type: 'ClusterIP' });
  await allocateUpdate(clusterIp, old, call);
  dropTypeDependent(clusterIp, old);
  assert.equal(clusterIp.spec?.ports?.[0]?.nodePort, undefined);
  assert.deepEqual([...validateServiceUpdate(clusterIp, old), ...validateService(clusterIp, old)], []);
});

test('an ExternalName gives the address back, and so does the end', async () => {
  const cluster = new MemoryCluster();
  const call = cluster.call();
  const old = serviceOf({ ports: [{ port: 80 }] });
  await allocateCreate(old, call);
  const name = serviceOf({ ...structuredClone(old.spec), type: 'ExternalName', externalName: 'example.com' });
  await allocateUpdate(name, old, call);
  dropTypeDependent(name, old);
  assert.deepEqual(cluster.names(ipaddresses), []);
  assert.equal(name.spec?.clusterIP, undefined);
  const other = serviceOf({ ports: [{ port: 80 }] }, 'b');
  await allocateCreate(other, call);
  await releaseAll(other, call);
  assert.deepEqual(cluster.names(ipaddresses), []);
});

const families: readonly [string, ServiceSpec, string][] = [
  [
    'dual stack on a single-stack cluster',
    { ipFamilyPolicy: 'RequireDualStack' },
    'this cluster is not configured for dual-stack services',
  ],
  ['a family the cluster has not', { ipFamilies: ['IPv6'] }, 'not configured on this cluster'],
  [
    'an address of another family',
    { clusterIP: '10.96.0.20', ipFamilies: ['IPv6'] },
    'expected an IPv6 value as indicated by `ipFamilies[0]`',
  ],
  ['clusterIPs without clusterIP', { clusterIPs: ['10.96.0.20'] }, 'must be empty when `clusterIP` is not specified'],
];
for (const [title, spec, text] of families) {
  test(`families: ${title} is refused`, async () => {
    const service = serviceOf({ ...spec, ports: [{ port: 80 }] });
    await assert.rejects(
      () => allocateCreate(service, new MemoryCluster().call()),
      (error: StatusError) => error.message.includes(text),
    );
  });
}

test('a headless service without selector is for both families', async () => {
  const service = serviceOf({ clusterIP: 'None' });
  await allocateCreate(service, new MemoryCluster().call());
  assert.deepEqual(service.spec?.ipFamilies, ['IPv4', 'IPv6']);
  assert.equal(service.spec?.ipFamilyPolicy, 'RequireDualStack');
});

const rules: readonly [string, ServiceSpec, string[]][] = [
  ['no ports', {}, ['spec.ports: Required']],
  [
    'two ports without names',
    { ports: [{ port: 1 }, { port: 2 }] },
    ['spec.ports[0].name: Required', 'spec.ports[1].name: Required'],
  ],
  ['node port of a ClusterIP', { ports: [{ port: 1, nodePort: 30_001 }] }, ['spec.ports[0].nodePort: Forbidden']],
  [
    'one port twice',
    {
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 1 },
      ],
    },
    ['spec.ports[1]: Duplicate'],
  ],
  [
    'local traffic without access',
    { ports: [{ port: 1 }], externalTrafficPolicy: 'Local' },
    ['spec.externalTrafficPolicy: Invalid'],
  ],
  ['an external name that is none', { type: 'ExternalName', externalName: 'A_b' }, ['spec.externalName: Invalid']],
  [
    'a loopback external address',
    { ports: [{ port: 1 }], externalIPs: ['127.0.0.1'], externalTrafficPolicy: 'Cluster' },
    ['spec.externalIPs[0]: Invalid'],
  ],
];
for (const [title, spec, expected] of rules) {
  test(`rules: ${title}`, () => {
    const errors = validateService(serviceOf(spec));
    assert.deepEqual(
      errors.map(({ field, type }) => `${field}: ${type.replace('FieldValue', '')}`),
      expected,
    );
  });
}
