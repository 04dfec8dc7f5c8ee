/**
 * A whole cluster in this process: how long until a test has one, a fork of its store, a namespace's end, and many
 * simulated nodes and pods.
 *
 *     node bench/cluster.ts          BENCH_NODES=5000 BENCH_PODS=10000
 */
import type { Pod } from '#api/generated/core/v1.ts';
import { configmaps, deployments, namespaces, nodes, pods } from '#api/generated/resources.ts';
import type { TestCluster } from '#testing/create-cluster.ts';

const nodeCount = Number(process.env['BENCH_NODES'] ?? 5000);
const podCount = Number(process.env['BENCH_PODS'] ?? 10_000);
/** Writes under way at once. */
const parallel = 64;

interface Row {
  readonly what: string;
  readonly ms: number;
  readonly 'CPU ms': number;
  readonly target: string;
}

async function timed<T>(
  rows: Row[],
  { what, target }: { what: string; target: string },
  work: () => Promise<T> | T,
): Promise<T> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const result = await work();
  const ms = performance.now() - startMs;
  const used = process.cpuUsage(cpu);
  rows.push({ what, ms: rounded(ms), 'CPU ms': rounded((used.user + used.system) / 1000), target });
  return result;
}

function rounded(ms: number): number {
  return ms < 10 ? Number(ms.toFixed(2)) : Math.round(ms);
}

const rows: Row[] = [];
const { createCluster } = await timed(
  rows,
  { what: 'createCluster: import', target: '≤ 250 ms' },
  () => import('#testing/create-cluster.ts'),
);
const first = await timed(rows, { what: 'createCluster: the first', target: '≤ 60 ms' }, () => createCluster());
await first[Symbol.asyncDispose]();
const later: Row[] = [];
for (let i = 0; i < 20; i++) {
  const cluster = await timed(later, { what: 'createCluster: each other', target: '≤ 10 ms' }, () => createCluster());
  if (i % 4 === 3) await namespaceEnd(cluster);
  await cluster[Symbol.asyncDispose]();
}
rows.push(medianRow(later.filter(({ what }) => what.startsWith('createCluster'))));
rows.push(medianRow(later.filter(({ what }) => what.startsWith('namespace'))));
await many();
console.table(rows);

function medianRow(measured: readonly Row[]): Row {
  return measured.toSorted((a, b) => a.ms - b.ms)[Math.floor(measured.length / 2)] as Row;
}

/** 50 ConfigMaps, a Deployment and its 10 pods, until the namespace is gone. */
async function namespaceEnd({ client, caches, settled }: TestCluster): Promise<void> {
  const namespace = 'ends';
  await client.create(namespaces, { metadata: { name: namespace }, spec: {} });
  const labels = { app: 'web' };
  await client.create(deployments, {
    metadata: { namespace, name: 'web' },
    spec: {
      replicas: 10,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  });
  for (let i = 0; i < 50; i++) await client.create(configmaps, { metadata: { namespace, name: `m${i}` }, data: {} });
  await settled();
  const gone = until((resolve) =>
    caches.of(namespaces).subscribe(({ old, new: now }) => {
      if (now === undefined && old?.metadata.name === namespace) resolve();
    }),
  );
  await timed(later, { what: 'namespace of 51 objects and 10 pods: delete → gone', target: '≤ 200 ms' }, async () => {
    await client.delete(namespaces, { namespace: '', name: namespace });
    await gone;
  });
}

async function many(): Promise<void> {
  const what = `${nodeCount} simulated nodes Ready`;
  const cluster = await timed(rows, { what, target: '≤ 6,000 ms' }, () => createCluster({ nodes: nodeCount }));
  const ready = [...cluster.caches.of(nodes).list()].filter(({ status }) =>
    status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
  );
  if (ready.length !== nodeCount) throw new Error(`only ${ready.length} of ${nodeCount} nodes are Ready`);
  await timed(rows, { what: `${podCount} pods on them Running`, target: '≤ 6,000 ms' }, () => runPods(cluster));
  await timed(rows, { what: `fork of a store with ${podCount} pods`, target: '≤ 1 ms' }, () => cluster.store.fork());
  await cluster[Symbol.asyncDispose]();
}

async function runPods({ client, caches }: TestCluster): Promise<void> {
  let running = 0;
  const all = until((resolve) =>
    caches.of(pods).subscribe(({ old, new: now }) => {
      if (now?.status?.phase === 'Running' && old?.status?.phase !== 'Running' && ++running === podCount) resolve();
    }),
  );
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < podCount) await client.create(pods, pod(next++));
  };
  await Promise.all(Array.from({ length: parallel }, create));
  await all;
}

/** Bound already: how fast the scheduler is has a benchmark of its own. */
function pod(index: number): Pod {
  return {
    metadata: { namespace: 'default', name: `p${index}` },
    spec: { nodeName: `node-${index % nodeCount}`, containers: [{ name: 'c', image: 'x' }] },
  };
}

/** Resolves when `subscribe`'s callback is called, and unsubscribes. */
async function until(subscribe: (resolve: () => void) => () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = subscribe(resolve);
  await promise;
  unsubscribe();
}
