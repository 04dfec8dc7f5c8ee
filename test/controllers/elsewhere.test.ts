/** Controllers and scheduler over watches instead of the store: as they run in another process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import type { Deployment } from '#api/generated/apps/v1.ts';
import { deployments, pods } from '#api/generated/resources.ts';
import { createReflectorCaches } from '#client/reflector-caches.ts';
import { runGarbageCollector } from '#controller/garbage-collector/garbage-collector.ts';
import { runControllers } from '#controller/manager.ts';
import { createControllers } from '#kinds/controllers.ts';
import { runScheduler } from '#scheduler/scheduler.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';

test('a Deployment comes up and goes with controllers and scheduler that know the cluster by watches', async () => {
  const cluster = await startCluster(1, { controllers: false });
  const { client, clock, random } = cluster;
  const abort = new AbortController();
  const { signal } = abort;
  const caches = createReflectorCaches({ client, clock, random, log: silentLogger, signal });
  const ports = { client, caches, clock, random, log: silentLogger, metrics: noMetrics, signal };
  const runs = [
    runControllers(createControllers({ rootCA: 'PEM' }), ports),
    runGarbageCollector(ports),
    runScheduler(ports),
  ];
  playAgent(cluster);
  await clock.run(1000);
  await addNode(cluster, 'a');
  const key = { namespace: 'default', name: 'web' };
  await client.create(deployments, {
    metadata: key,
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  } as Deployment);
  await clock.run(5000);
  assert.equal((await client.get(deployments, key)).status?.availableReplicas, 3);
  await client.delete(deployments, key);
  await clock.run(5000);
  assert.equal((await client.list(pods, { namespace: 'default' })).items.length, 0);
  abort.abort();
  await Promise.all(runs.map((run) => run.stopped));
  await cluster.stop();
});
