import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatefulSet } from '#api/generated/apps/v1.ts';
import { controllerrevisions, pods, statefulsets } from '#api/generated/resources.ts';
import type { TestCluster } from './cluster.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';
import { serve } from './serve.ts';

serve(statefulsets, 'io.k8s.api.apps.v1.StatefulSet');
serve(controllerrevisions, 'io.k8s.api.apps.v1.ControllerRevision');

const key = { namespace: 'default', name: 'db' };
const db = (more: object = {}): StatefulSet => ({
  metadata: key,
  spec: {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
    ...more,
  },
});
async function withNode(): Promise<{ cluster: TestCluster; log: string[] }> {
  const cluster = await startCluster();
  playAgent(cluster);
  await addNode(cluster, 'a');
  const log: string[] = [];
  cluster.caches.of(pods).subscribe(({ old, new: now }) => {
    if (old === undefined) log.push(`+${now?.metadata.name}`);
    if (now === undefined) log.push(`-${old?.metadata.name}`);
  });
  return { cluster, log };
}
const images = async ({ client }: TestCluster): Promise<string[]> =>
  (await client.list(pods, { namespace: 'default' })).items
    .map((pod) => `${pod.metadata.name} ${pod.spec?.containers[0]?.image}`)
    .sort();
const setImage = ({ client }: TestCluster, image: string): Promise<StatefulSet> => {
  const spec = { template: { spec: { containers: [{ name: 'c', image }] } } };
  return client.patch(statefulsets, key, { spec }, { type: 'strategic' });
};

test('a StatefulSet makes its pods in order, removes them from the end, and each has its name', async () => {
  const { cluster, log } = await withNode();
  const { client, clock } = cluster;
  await client.create(statefulsets, db());
  await clock.run(3000);
  assert.deepEqual(log, ['+db-0', '+db-1', '+db-2'], cluster.complaints.join('\n'));
  const pod = await client.get(pods, { namespace: 'default', name: 'db-1' });
  assert.deepEqual([pod.spec?.hostname, pod.spec?.subdomain], ['db-1', 'db']);
  assert.equal(pod.metadata.labels?.['apps.kubernetes.io/pod-index'], '1');
  await client.patch(statefulsets, key, { spec: { replicas: 1 } }, { type: 'merge' });
  await clock.run(3000);
  assert.deepEqual(log.slice(3), ['-db-2', '-db-1'], cluster.complaints.join('\n'));
  const { status } = await client.get(statefulsets, key);
  assert.deepEqual([status?.replicas, status?.readyReplicas, status?.currentReplicas], [1, 1, 1]);
  await cluster.stop();
});

test('a StatefulSet updates from the last pod to the first', async () => {
  const { cluster, log } = await withNode();
  const { client, clock } = cluster;
  await client.create(statefulsets, db());
  await clock.run(3000);
  log.length = 0;
  await setImage(cluster, 'two');
  await clock.run(5000);
  assert.deepEqual(log, ['-db-2', '+db-2', '-db-1', '+db-1', '-db-0', '+db-0'], cluster.complaints.join('\n'));
  assert.deepEqual(await images(cluster), ['db-0 two', 'db-1 two', 'db-2 two']);
  const { status } = await client.get(statefulsets, key);
  assert.equal(status?.currentRevision, status?.updateRevision);
  await cluster.stop();
});

test('a partition holds an update back, and a pod below it comes back as it was', async () => {
  const { cluster } = await withNode();
  const { client, clock } = cluster;
  await client.create(statefulsets, db({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }));
  await clock.run(3000);
  await setImage(cluster, 'two');
  await clock.run(5000);
  await client.delete(pods, { namespace: 'default', name: 'db-0' });
  await clock.run(5000);
  assert.deepEqual(await images(cluster), ['db-0 one', 'db-1 one', 'db-2 two'], cluster.complaints.join('\n'));
  await cluster.stop();
});

test('a parallel StatefulSet does not wait', async () => {
  const { cluster, log } = await withNode();
  await cluster.client.create(statefulsets, db({ podManagementPolicy: 'Parallel' }));
  await cluster.clock.settle();
  assert.deepEqual(log, ['+db-0', '+db-1', '+db-2'], cluster.complaints.join('\n'));
  await cluster.stop();
});
