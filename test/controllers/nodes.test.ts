import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/generated/core/v1.ts';
import { leases, nodes, pods } from '#api/generated/resources.ts';
import type { TestCluster } from './cluster.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';

async function renew(cluster: TestCluster, name: string): Promise<void> {
  const renewTime = new Date(cluster.clock.now()).toISOString().replace('Z', '000Z');
  const key = { namespace: 'kube-node-lease', name };
  const present = await cluster.client.find(leases, key);
  if (present === undefined)
    await cluster.client.create(leases, { metadata: key, spec: { holderIdentity: name, renewTime } });
  else await cluster.client.patch(leases, key, { spec: { renewTime } }, { type: 'merge' });
}
const ready = async (cluster: TestCluster, name: string): Promise<string | undefined> =>
  (await cluster.client.get(nodes, { namespace: '', name })).status?.conditions?.find(({ type }) => type === 'Ready')
    ?.status;
const taints = async (cluster: TestCluster, name: string): Promise<string[]> =>
  ((await cluster.client.get(nodes, { namespace: '', name })).spec?.taints ?? []).map(
    ({ key, effect }) => `${key}:${effect}`,
  );
const pod = (name: string, more: object = {}): Pod => ({
  metadata: { namespace: 'default', name },
  spec: { containers: [{ name: 'c', image: 'one' }], ...more } as Pod['spec'],
});

test('a node that falls silent is unknown after 40 s, tainted, and its pods go when they no longer tolerate it', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  playAgent(cluster);
  await addNode(cluster, 'a');
  await addNode(cluster, 'b');
  const tolerations = ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
  await client.create(pods, pod('p', { nodeName: 'a', tolerations }));
  for (let second = 0; second < 60; second += 10) {
    await renew(cluster, 'b');
    await clock.run(10_000);
  }
  assert.deepEqual(
    [await ready(cluster, 'a'), await ready(cluster, 'b')],
    ['Unknown', 'True'],
    cluster.complaints.join('\n'),
  );
  assert.deepEqual(await taints(cluster, 'a'), [
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
  assert.deepEqual(await taints(cluster, 'b'), []);
  const lost = await client.get(pods, { namespace: 'default', name: 'p' });
  assert.equal(lost.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  for (let second = 0; second < 300; second += 10) {
    await renew(cluster, 'b');
    await clock.run(10_000);
  }
  const gone = await client.find(pods, { namespace: 'default', name: 'p' });
  assert.ok(gone === undefined || gone.metadata.deletionTimestamp !== undefined, cluster.complaints.join('\n'));
  await renew(cluster, 'a');
  const node = await client.get(nodes, { namespace: '', name: 'a' });
  const conditions = (node.status?.conditions ?? []).map((c) => (c.type === 'Ready' ? { ...c, status: 'True' } : c));
  await client.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
  await clock.run(1000);
  assert.deepEqual(await taints(cluster, 'a'), [], cluster.complaints.join('\n'));
  await cluster.stop();
});

test('if all nodes fall silent nobody is evicted', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  playAgent(cluster);
  await addNode(cluster, 'a');
  await client.create(pods, pod('p', { nodeName: 'a' }));
  await clock.run(400_000);
  assert.deepEqual(
    await taints(cluster, 'a'),
    ['node.kubernetes.io/unreachable:NoSchedule'],
    cluster.complaints.join('\n'),
  );
  assert.equal((await client.get(pods, { namespace: 'default', name: 'p' })).metadata.deletionTimestamp, undefined);
  await cluster.stop();
});

test('pods of a node that is gone are removed after a while', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await addNode(cluster, 'a');
  await client.create(pods, pod('p', { nodeName: 'a' }));
  await client.delete(nodes, { namespace: '', name: 'a' });
  await clock.run(39_000);
  assert.ok(await client.find(pods, { namespace: 'default', name: 'p' }));
  await clock.run(2000);
  assert.equal(await client.find(pods, { namespace: 'default', name: 'p' }), undefined, cluster.complaints.join('\n'));
  await cluster.stop();
});
