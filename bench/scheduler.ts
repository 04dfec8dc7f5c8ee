/**
 * How many pods per second find a node: equal pods, one scheduler, API server and store in the same process.
 *
 *   node bench/scheduler.ts [nodes=5000] [pods=5000]
 */
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { PodSpec } from '#api/generated/core/v1.ts';
import { nodes, pods, serviceaccounts } from '#api/generated/resources.ts';
import { systemClock } from '#host/system-clock.ts';
import { runScheduler } from '#scheduler/scheduler.ts';
import type { TestCluster } from '../test/controllers/cluster.ts';
import { addNode, startCluster } from '../test/controllers/cluster.ts';

const nodeCount = Number(process.argv[2] ?? 5000);
const podCount = Number(process.argv[3] ?? 5000);

const containers = [{ name: 'c', image: 'x', resources: { requests: { cpu: '100m', memory: '128Mi' } } }];
const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } };
const workloads: readonly (readonly [string, PodSpec])[] = [
  ['basic', { containers }],
  ['topology spread', { containers, topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'DoNotSchedule' }] }],
  ['preferred anti-affinity', { containers, affinity: { podAntiAffinity: preferAway() } }],
];

function preferAway(): NonNullable<NonNullable<PodSpec['affinity']>['podAntiAffinity']> {
  const { topologyKey, labelSelector } = spread;
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { topologyKey, labelSelector } }],
  };
}

async function measure(spec: PodSpec): Promise<number> {
  const cluster = await startCluster(1, { controllers: false });
  await cluster.client.create(serviceaccounts, { metadata: { namespace: 'default', name: 'default' } });
  for (let i = 0; i < nodeCount; i++) {
    await addNode(cluster, `n${i}`, { cpu: '32', memory: '64Gi' });
    // The taint of a node that is not ready yet; its controller does not run here.
    const key = { namespace: '', name: `n${i}` };
    await cluster.client.patch(nodes, key, { spec: { taints: null } }, { type: 'merge' });
  }
  for (let i = 0; i < podCount; i++) {
    await cluster.client.create(pods, {
      metadata: { namespace: 'default', name: `p${i}`, labels: { app: 'x' } },
      spec,
    });
  }
  const seconds = await timeToBind(cluster);
  await cluster.stop();
  return podCount / seconds;
}

async function timeToBind(cluster: TestCluster): Promise<number> {
  let bound = 0;
  const all = new Promise<void>((resolve) => {
    cluster.caches.of(pods).subscribe(({ old, new: now }) => {
      if (old?.spec?.nodeName === undefined && now?.spec?.nodeName !== undefined && ++bound === podCount) resolve();
    });
  });
  const abort = new AbortController();
  const { client, caches } = cluster;
  const ports = {
    client,
    caches,
    clock: systemClock,
    random: new SeededRandom(1),
    log: silentLogger,
    metrics: noMetrics,
  };
  const run = runScheduler({ ...ports, signal: abort.signal });
  await run.started;
  const start = performance.now();
  await all;
  abort.abort();
  return (performance.now() - start) / 1000;
}

console.log(`${nodeCount} nodes, ${podCount} pods`);
for (const [name, spec] of workloads) console.log(`${name.padEnd(26)}${Math.round(await measure(spec))} pods/s`);
