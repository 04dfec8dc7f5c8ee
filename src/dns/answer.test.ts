import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from 'dns-packet';
import { answerQuestion, type EndpointSlice, type Service, type View } from '#dns/answer.ts';
import { resolveMessage } from '#dns/resolver.ts';

const web: Service = {
  metadata: { namespace: 'default', name: 'web' },
  spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
};
const db: Service = {
  metadata: { namespace: 'default', name: 'db' },
  spec: { clusterIP: 'None', clusterIPs: ['None'] },
};
const outside: Service = {
  metadata: { namespace: 'default', name: 'out' },
  spec: { type: 'ExternalName', externalName: 'example.org' },
};
const empty: Service = { metadata: { namespace: 'default', name: 'empty' }, spec: { clusterIP: 'None' } };
const dbSlice: EndpointSlice = {
  metadata: { namespace: 'default', name: 'db-x', labels: { 'kubernetes.io/service-name': 'db' } },
  addressType: 'IPv4',
  endpoints: [
    { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.6'], conditions: { ready: true } },
    { addresses: ['10.244.0.7'], conditions: { ready: false } },
  ],
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
};
const services = [web, db, outside, empty];
const view: View = {
  service: (namespace, name) =>
    services.find((item) => item.metadata.namespace === namespace && item.metadata.name === name),
  slices: (_, name) => (name === 'db' ? [dbSlice] : []),
  namespaceExists: (name) => name === 'default',
  serviceOfAddress: (ip) => (ip === '10.96.0.7' ? web : undefined),
  endpointNamesOfAddress: (ip) => (ip === '10.244.0.5' ? ['db-0.db.default.svc.cluster.local'] : []),
};

const cases: [string, string, string, string][] = [
  ['web.default.svc.cluster.local', 'A', 'NOERROR', '10.96.0.7'],
  ['WEB.default.svc.cluster.local', 'A', 'NOERROR', '10.96.0.7'],
  ['web.default.svc.cluster.local', 'AAAA', 'NOERROR', ''],
  ['db.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.5,10.244.0.6'],
  ['db-0.db.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.5'],
  ['10-244-0-6.db.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.6'],
  ['db-9.db.default.svc.cluster.local', 'A', 'NXDOMAIN', ''],
  ['x.web.default.svc.cluster.local', 'A', 'NXDOMAIN', ''],
  ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'NOERROR', '0 100 80 web.default.svc.cluster.local'],
  [
    '_sql._tcp.db.default.svc.cluster.local',
    'SRV',
    'NOERROR',
    '0 50 5432 db-0.db.default.svc.cluster.local,0 50 5432 10-244-0-6.db.default.svc.cluster.local',
  ],
  ['_http._udp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN', ''],
  ['out.default.svc.cluster.local', 'A', 'NOERROR', 'example.org'],
  ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN', ''],
  ['none.default.svc.cluster.local', 'A', 'NXDOMAIN', ''],
  ['default.svc.cluster.local', 'A', 'NOERROR', ''],
  ['nowhere.svc.cluster.local', 'A', 'NXDOMAIN', ''],
  ['10-244-0-5.default.pod.cluster.local', 'A', 'NOERROR', '10.244.0.5'],
  ['300-1-1-1.default.pod.cluster.local', 'A', 'NXDOMAIN', ''],
  ['7.0.96.10.in-addr.arpa', 'PTR', 'NOERROR', 'web.default.svc.cluster.local'],
  ['5.0.244.10.in-addr.arpa', 'PTR', 'NOERROR', 'db-0.db.default.svc.cluster.local'],
  ['dns-version.cluster.local', 'TXT', 'NOERROR', '1.1.0'],
  ['foo.cluster.local', 'A', 'NXDOMAIN', ''],
];
for (const [name, type, code, data] of cases) {
  test(`${name} ${type} is answered ${code} ${data}`, () => {
    const answer = answerQuestion(view, 'cluster.local', name, type);
    assert.equal(answer?.code, code);
    const texts = answer.answers.map((record) => {
      const value = record.data as { priority: number; weight: number; port: number; target: string };
      return record.type === 'SRV'
        ? `${value.priority} ${value.weight} ${value.port} ${value.target}`
        : String(record.data);
    });
    assert.equal(texts.join(), data);
  });
}

for (const name of ['example.org', 'cluster.local.org', '1.2.3.4.in-addr.arpa']) {
  test(`${name} is not the cluster's and is forwarded`, () => {
    assert.equal(answerQuestion(view, 'cluster.local', name, 'A'), undefined);
  });
}

test('a message is answered with its id and question, and a name error carries the start of authority', async () => {
  const query = encode({
    type: 'query',
    id: 77,
    flags: 256,
    questions: [{ name: 'no.default.svc.cluster.local', type: 'A' }],
  });
  const answer = await resolveMessage(view, { zone: 'cluster.local', forward: undefined }, query, 'udp');
  const packet = decode(answer as Parameters<typeof decode>[0]) as ReturnType<typeof decode> & { rcode: string };
  assert.equal(packet.id, 77);
  assert.equal(packet.rcode, 'NXDOMAIN');
  assert.equal(packet.questions?.[0]?.name, 'no.default.svc.cluster.local');
  assert.equal(packet.authorities?.[0]?.type, 'SOA');
});

test('names outside the zone are refused without a forwarder and fail when it does not answer', async () => {
  const query = encode({ type: 'query', id: 1, flags: 256, questions: [{ name: 'example.org', type: 'A' }] });
  const codeOf = async (forward: (() => Promise<Uint8Array>) | undefined): Promise<string> =>
    (
      decode(
        (await resolveMessage(view, { zone: 'cluster.local', forward }, query, 'udp')) as Parameters<typeof decode>[0],
      ) as unknown as { rcode: string }
    ).rcode;
  assert.equal(await codeOf(undefined), 'REFUSED');
  assert.equal(await codeOf(() => Promise.reject(new Error('down'))), 'SERVFAIL');
});
