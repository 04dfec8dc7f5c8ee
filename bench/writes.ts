/**
 * What a write costs from request to answer, without sockets and disk: creates, updates and patches of the objects that
 * kbench sends, through the whole chain of a real control plane on the memory backend, 64 at a time.
 *
 *     node --max-semi-space-size=4 bench/writes.ts [--ops 4000] [--rounds 3] [--only create-pod,update-pod]
 *
 * The figures are CPU time: `main` of the thread that does the work, `all` with V8's helpers (garbage collector, compiler).
 */
import { parseArgs } from 'node:util';
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { ApiRequest } from '#api/handler.ts';
import { ControlPlane } from '#cluster/control-plane.ts';
import { createTokenIssuer } from '#cluster/tokens.ts';
import { systemClock } from '#host/system-clock.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';

const { values: flags } = parseArgs({
  options: {
    ops: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'create-cm,create-pod,update-pod,merge-pod,strategic-pod' },
  },
});
const clients = 64;
const operations = Number(flags.ops);
const rounds = Number(flags.rounds);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const { signal } = new AbortController();
const namespace = '/api/v1/namespaces/kbench';
const pad = 'abcdefghijklmnopqrstuvwxyz012345 '.repeat(64);

const clock = systemClock;
const random = new SeededRandom(1);
const store = await Store.open(new MemoryBackend(), [], { clock, freeze: false });
const controlPlane = new ControlPlane(
  {
    store,
    clock,
    random,
    log: silentLogger,
    metrics: noMetrics,
    tokens: createTokenIssuer({ signingKey: '', clock, random }),
    nodes: { connect: () => undefined },
    openApi: { index: () => new Map(), v3: () => undefined, v2: () => new Uint8Array() },
    rootCA: '',
  },
  {
    serviceCIDR: '10.96.0.0/16',
    podCIDR: '10.244.0.0/16',
    clusterDomain: 'cluster.local',
    dnsAddress: undefined,
    apiServerEndpoint: undefined,
    runControllers: false,
    serverAddress: () => '127.0.0.1:0',
  },
);
await controlPlane.start();

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body: string;
}

async function send({ method, path, contentType = 'application/json', body }: Sent): Promise<string> {
  const bytes = encoder.encode(body);
  const request: ApiRequest = {
    method,
    path,
    query: '',
    headers: {
      host: '127.0.0.1:6443',
      'user-agent': 'kbench',
      accept: 'application/json',
      'content-type': contentType,
      'content-length': String(bytes.length),
    },
    body: bytes,
    peer: { address: '127.0.0.1', certificate: administrator },
    signal,
  };
  const response = await controlPlane.handle(request);
  if (response.body.kind !== 'bytes') throw new Error('not an object');
  if (response.status > 201) throw new Error(`${response.status}: ${decoder.decode(response.body.bytes)}`);
  return method === 'GET' || method === 'PUT' ? decoder.decode(response.body.bytes) : '';
}
const administrator = { commonName: 'kubernetes-admin', organizations: ['system:masters'] };

function configMap(name: string, revision: string): string {
  return `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}","namespace":"kbench","labels":{"app":"kbench"},"annotations":{"kbrev":"${revision}"}},"data":{"config.yaml":"${pad.slice(0, 1024)}"}}`;
}

/** The replica of a Deployment with two containers that kbench creates: 1.9 KB as sent, about 5 KB as stored. */
function pod(name: string, revision: string, i: number): string {
  let variables = '';
  for (let n = 0; n < 6; n++)
    variables += `,{"name":"SETTING_${String(n).padStart(3, '0')}","value":"${pad.slice(n, n + 24)}"}`;
  const metadata = `"metadata":{"name":"${name}","namespace":"kbench","labels":{"app":"kbench","tier":"web","kb-pct":"${i % 100}","pod-template-hash":"6c9f8d7b5d"},"annotations":{"kbrev":"${revision}","prometheus.io/scrape":"true","prometheus.io/port":"8080"}}`;
  const web = `{"name":"web","image":"registry.example/team/web:1.27.3","imagePullPolicy":"IfNotPresent","args":["--listen=:8080","--log-level=info"],"ports":[{"name":"http","containerPort":8080},{"name":"metrics","containerPort":9090}],"env":[{"name":"POD_NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"POD_IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}${variables}],"resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"512Mi"}},"readinessProbe":{"httpGet":{"path":"/readyz","port":"http"},"periodSeconds":5},"livenessProbe":{"httpGet":{"path":"/livez","port":"http"},"initialDelaySeconds":10},"volumeMounts":[{"name":"config","mountPath":"/etc/web","readOnly":true},{"name":"tmp","mountPath":"/tmp"}],"securityContext":{"runAsNonRoot":true,"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"readOnlyRootFilesystem":true}}`;
  const log = `{"name":"log","image":"registry.example/team/log:0.9.1","imagePullPolicy":"IfNotPresent","resources":{"requests":{"cpu":"10m","memory":"16Mi"}},"volumeMounts":[{"name":"tmp","mountPath":"/tmp"}]}`;
  return `{"apiVersion":"v1","kind":"Pod",${metadata},"spec":{"automountServiceAccountToken":false,"terminationGracePeriodSeconds":0,"containers":[${web},${log}],"volumes":[{"name":"config","configMap":{"name":"web-config"}},{"name":"tmp","emptyDir":{}}],"securityContext":{"fsGroup":2000,"seccompProfile":{"type":"RuntimeDefault"}}}}`;
}

let serial = 0;
const annotation = (revision: number): string => `{"metadata":{"annotations":{"kbrev":"${revision}"}}}`;
const object = (i: number): string => `${namespace}/pods/base-${i % clients}`;
const stored: string[] = [];

const loads: Readonly<Record<string, (i: number) => Promise<unknown>>> = {
  'create-cm': () =>
    send({ method: 'POST', path: `${namespace}/configmaps`, body: configMap(`c${++serial}`, String(serial)) }),
  'create-pod': (i) =>
    send({ method: 'POST', path: `${namespace}/pods`, body: pod(`p${++serial}`, String(serial), i) }),
  // As kbench does it: the last answer, with another revision in the annotation.
  'update-pod': async (i) => {
    const text = stored[i % clients] as string;
    const at = text.indexOf('"kbrev":"') + '"kbrev":"'.length;
    const body = text.slice(0, at) + String(++serial) + text.slice(text.indexOf('"', at));
    stored[i % clients] = await send({ method: 'PUT', path: object(i), body });
  },
  'merge-pod': (i) => patch(i, 'application/merge-patch+json'),
  'strategic-pod': (i) => patch(i, 'application/strategic-merge-patch+json'),
};

function patch(i: number, contentType: string): Promise<string> {
  return send({ method: 'PATCH', path: object(i), contentType, body: annotation(++serial) });
}

/** `count` operations by 64 clients, each going on when it has its answer. */
async function run(count: number, load: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const client = async (first: number): Promise<void> => {
    for (; next < count; next++) {
      await load(first);
      await clock.turn();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
}

const rows: { operation: string; 'main µs': string; 'all µs': string }[] = [];
await send({
  method: 'POST',
  path: '/api/v1/namespaces',
  body: '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kbench"}}',
});
await send({
  method: 'POST',
  path: `${namespace}/serviceaccounts`,
  body: '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}',
});
for (let i = 0; i < clients; i++)
  await send({ method: 'POST', path: `${namespace}/pods`, body: pod(`base-${i}`, '0', i) });
for (let i = 0; i < clients; i++) stored.push(await send({ method: 'GET', path: object(i), body: '' }));

for (const operation of flags.only.split(',')) {
  const load = loads[operation];
  if (load === undefined) throw new Error(`no such operation: ${operation}`);
  await run(operations, load);
  const main: number[] = [];
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage();
    const beforeAll = process.cpuUsage();
    await run(operations, load);
    const used = process.threadCpuUsage(before);
    const usedAll = process.cpuUsage(beforeAll);
    main.push((used.user + used.system) / operations);
    all.push((usedAll.user + usedAll.system) / operations);
  }
  rows.push({ operation, 'main µs': spread(main), 'all µs': spread(all) });
}
console.table(rows);
await controlPlane.stop();
await store.close();

/** The least and the most of all rounds. */
function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(0)} – ${Math.max(...values).toFixed(0)}`;
}
