/**
 * What the registry costs on the main thread, without sockets and disk: creates, reads, lists, updates, patches, and the
 * delivery of watch events to many watchers.
 *
 *     node bench/registry.ts [--profile WHAT]
 */
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { Resource } from '#api/resource.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { requestInfoOf } from '#apiserver/chain/request-info.ts';
import { Registry } from '#apiserver/registry/registry.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: () => () => {},
  turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
};
const admin = { name: 'admin', groups: ['system:masters'] };
const encoder = new TextEncoder();

const configmaps: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
};
interface Pod {
  metadata: object;
  spec: { nodeName?: string };
  status: { phase?: string };
}
const pods = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Pod',
  subresources: { status: true },
  selectableFieldNames: ['spec.nodeName', 'status.phase'],
  selectableFields: (object: Pod) => ({
    'spec.nodeName': object.spec.nodeName ?? '',
    'status.phase': object.status.phase ?? '',
  }),
  columns: [
    { name: 'Status', type: 'string', value: (object: Pod) => object.status.phase ?? '' },
    { name: 'Node', type: 'string', priority: 1, value: (object: Pod) => object.spec.nodeName ?? '' },
    { name: 'Age', type: 'string', format: 'age', value: () => '' },
  ],
} as unknown as Resource;

const store = await Store.open(new MemoryBackend(), [], { clock, freeze: false });
const registry = new Registry({
  store,
  resources: [configmaps, pods],
  admission: [],
  schemas: builtinSchemas,
  clock,
  random: new SeededRandom(1),
  log: silentLogger,
  metrics: noMetrics,
  settings: { serviceCIDRs: [], nodePortRange: { from: 30000, to: 32767 }, serviceAccountIssuer: '' },
  authorizer: { authorize: () => ({ decision: 'allow', reason: '' }) },
  tokens: { issue: () => Promise.reject(new Error('none')), authenticate: () => Promise.resolve(undefined) },
  nodes: { connect: () => undefined },
});

function send(
  method: string,
  target: string,
  body?: Uint8Array,
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  const [path = '', query = ''] = target.split('?');
  const request: ApiRequest = {
    method,
    path,
    query,
    headers: { 'user-agent': 'bench/1', ...headers },
    ...(body === undefined ? {} : { body }),
    peer: { address: '' },
    signal,
  };
  return registry.serve(requestInfoOf(request), request, admin);
}
const { signal } = new AbortController();

async function expectStatus(answer: Promise<ApiResponse>, status: number): Promise<ApiResponse> {
  const response = await answer;
  if (response.status === status) return response;
  const text = response.body.kind === 'bytes' ? new TextDecoder().decode(response.body.bytes) : '';
  throw new Error(`${response.status} instead of ${status}: ${text}`);
}

const json = (value: object): Uint8Array => encoder.encode(JSON.stringify(value));
const configmap = (name: string): Uint8Array =>
  json({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { app: 'bench' } },
    data: { value: 'x'.repeat(1500) },
  });

function pod(name: string, i: number): Uint8Array {
  const container = (n: number): object => ({
    name: `container-${n}`,
    image: `registry.example.com/team/service-${n}:v1.2.3`,
    command: ['/bin/server', '--listen=:8080'],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: Array.from({ length: 12 }, (_, e) => ({ name: `VARIABLE_${e}`, value: `value-of-${e}-in-${name}` })),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    volumeMounts: [{ name: 'config', mountPath: '/etc/config', readOnly: true }],
    livenessProbe: { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, periodSeconds: 10 },
  });
  return json({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: `app-${i % 100}`, 'pod-template-hash': '7c5ddbdf54' },
      annotations: { checksum: 'e'.repeat(64) },
    },
    spec: {
      containers: [container(1), container(2)],
      volumes: [{ name: 'config', configMap: { name: 'c' } }],
      nodeName: `node-${i % 100}`,
    },
  });
}

const rows: { what: string; perSecond: string; µs: string; note: string }[] = [];

function report(what: string, count: number, elapsedMs: number, note = ''): void {
  const µs = (elapsedMs * 1000) / count;
  rows.push({ what, perSecond: Math.round(1e6 / µs).toLocaleString('en'), µs: µs.toFixed(1), note });
}

async function measure(what: string, count: number, run: (i: number) => Promise<unknown>, warmUp = 200): Promise<void> {
  for (let i = 0; i < warmUp; i++) await run(-1 - i);
  const start = performance.now();
  for (let i = 0; i < count; i++) await run(i);
  report(what, count, performance.now() - start);
}

const ns = '/api/v1/namespaces/bench';
const merge = { 'content-type': 'application/merge-patch+json' };
const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
const label = (i: number): string => (i < 0 ? `w${-i}` : `i${i}`);

await measure('create ConfigMap 1.5 KB', 5000, (i) =>
  expectStatus(send('POST', `${ns}/configmaps`, configmap(`m-${label(i)}`)), 201),
);
const podSize = pod('p-0', 0).length;
await measure(`create Pod ${podSize} B`, 10_000, (i) =>
  expectStatus(send('POST', `${ns}/pods`, pod(`p-${label(i)}`, i < 0 ? 0 : i)), 201),
);
await measure('GET Pod', 20_000, (i) => expectStatus(send('GET', `${ns}/pods/p-i${Math.abs(i) % 5000}`), 200));
await measure('update ConfigMap (unconditional PUT)', 3000, (i) =>
  expectStatus(
    send(
      'PUT',
      `${ns}/configmaps/m-i1`,
      json({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm-i1' }, data: { v: label(i) } }),
    ),
    200,
  ),
);
await measure('merge patch of a Pod (label)', 3000, (i) =>
  expectStatus(send('PATCH', `${ns}/pods/p-i2`, json({ metadata: { labels: { n: label(i) } } }), merge), 200),
);
await measure('strategic patch of a Pod status', 3000, (i) =>
  expectStatus(send('PATCH', `${ns}/pods/p-i3/status`, json({ status: { message: label(i) } }), strategic), 200),
);

async function readAll(response: ApiResponse): Promise<{ bytes: number; worstMs: number }> {
  if (response.body.kind === 'bytes') return { bytes: response.body.bytes.length, worstMs: 0 };
  if (response.body.kind !== 'chunks') return { bytes: 0, worstMs: 0 };
  let bytes = 0;
  let worstMs = 0;
  let last = performance.now();
  for await (const chunk of response.body.chunks) {
    bytes += chunk.length;
    worstMs = Math.max(worstMs, performance.now() - last);
    await clock.turn();
    last = performance.now();
  }
  return { bytes, worstMs };
}

async function measureList(what: string, query: string, headers: Record<string, string> = {}): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const read = await readAll(await expectStatus(send('GET', `/api/v1/pods${query}`, undefined, headers), 200));
    const elapsed = performance.now() - start;
    if (round < 2) continue;
    report(what, 1, elapsed, `${(read.bytes / 1e6).toFixed(1)} MB, worst chunk ${read.worstMs.toFixed(1)} ms`);
  }
}
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const partial = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
await measureList('LIST 10,200 pods', '');
await measureList('LIST as Table', '', table);
await measureList('LIST as metadata', '', partial);
await measureList('LIST 1 % by label', '?labelSelector=app%3Dapp-7');
await measureList('LIST 1 % by field', '?fieldSelector=spec.nodeName%3Dnode-7');
await measureList('LIST page of 500', '?limit=500');

async function measureWatch(
  what: string,
  query: (i: number) => string,
  watchers: number,
  perEvent: number,
): Promise<void> {
  let frames = 0;
  const closers: (() => void)[] = [];
  for (let i = 0; i < watchers; i++) {
    const response = await expectStatus(
      send('GET', `${ns}/pods?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan${query(i)}`),
      200,
    );
    if (response.body.kind === 'frames')
      response.body.open({ write: () => frames++, end() {}, onClose: (close) => closers.push(close) });
  }
  const patch = (i: number) =>
    expectStatus(send('PATCH', `${ns}/pods/p-i7`, json({ metadata: { labels: { n: `w${i}` } } }), merge), 200);
  for (let i = 0; i < 200; i++) await patch(-i);
  frames = 0;
  const start = performance.now();
  for (let i = 0; i < 500; i++) await patch(i + 1000);
  const elapsed = performance.now() - start;
  for (const close of closers) close();
  report(what, frames, elapsed, `${frames / 500} of ${perEvent} frames an event, writes included`);
}
await measureWatch('watch: 1,000 watchers of all', () => '', 1000, 1000);
await measureWatch('watch: 1,000 watchers, one per node', (i) => `&fieldSelector=spec.nodeName%3Dnode-${i}`, 1000, 1);
await measureWatch('watch: 1,000 watchers by label set', () => '&labelSelector=pod-template-hash', 1000, 1000);

console.table(rows);
