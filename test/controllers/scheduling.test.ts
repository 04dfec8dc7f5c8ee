import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/generated/core/v1.ts';
import { events, nodes, pods, priorityclasses } from '#api/generated/resources.ts';
import type { TestCluster } from './cluster.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';

const pod = (name: string, more: object = {}, cpu = '1'): Pod => ({
  metadata: { namespace: 'default', name },
  spec: { containers: [{ name: 'c', image: 'one', resources: { requests: { cpu } } }], ...more } as Pod['spec'],
});
const nodeOf = async (cluster: TestCluster, name: string): Promise<string | undefined> =>
  (await cluster.client.find(pods, { namespace: 'default', name }))?.spec?.nodeName;

test('a pod that found no node is tried again when a node comes, when room is made, and when it is changed', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  playAgent(cluster);
  await client.create(pods, pod('first'));
  await clock.run(5000);
  assert.equal(await nodeOf(cluster, 'first'), undefined);
  await addNode(cluster, 'a', { cpu: '1' });
  await clock.run(2000);
  assert.equal(await nodeOf(cluster, 'first'), 'a', cluster.complaints.join('\n'));
  await client.create(pods, pod('second'));
  await clock.run(5000);
  assert.equal(await nodeOf(cluster, 'second'), undefined);
  await client.delete(pods, { namespace: 'default', name: 'first' });
  await clock.run(11_000);
  assert.equal(await nodeOf(cluster, 'second'), 'a', cluster.complaints.join('\n'));
  await cluster.stop();
});

test('an unschedulable pod costs nothing while nothing changes', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await addNode(cluster, 'a', { cpu: '1' });
  await client.create(pods, pod('large', {}, '8'));
  await clock.run(35_000);
  const { items } = await client.list(events, { namespace: 'default' });
  const failed = items.filter(({ reason }) => reason === 'FailedScheduling');
  assert.deepEqual(
    failed.map(({ count }) => count),
    [1],
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});

test('a gated pod waits for its gates', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await addNode(cluster, 'a');
  await client.create(pods, pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] }));
  await clock.run(5000);
  assert.equal(await nodeOf(cluster, 'gated'), undefined);
  await client.patch(
    pods,
    { namespace: 'default', name: 'gated' },
    { spec: { schedulingGates: null } },
    { type: 'merge' },
  );
  await clock.run(5000);
  assert.equal(await nodeOf(cluster, 'gated'), 'a', cluster.complaints.join('\n'));
  await cluster.stop();
});

test('a more important pod takes the place of the least important ones', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  playAgent(cluster);
  await addNode(cluster, 'a', { cpu: '2' });
  for (const [name, value] of [
    ['low', 1],
    ['mid', 5],
    ['high', 10],
  ] as const) {
    await client.create(priorityclasses, { metadata: { name }, value });
  }
  await client.create(pods, pod('low', { priorityClassName: 'low' }));
  await client.create(pods, pod('mid', { priorityClassName: 'mid' }));
  await clock.run(1000);
  await client.create(pods, pod('high', { priorityClassName: 'high' }));
  await clock.run(12_000);
  assert.equal(await nodeOf(cluster, 'high'), 'a', cluster.complaints.join('\n'));
  assert.equal(await nodeOf(cluster, 'mid'), 'a');
  assert.equal(await nodeOf(cluster, 'low'), undefined);
  const { items } = await client.list(events, { namespace: 'default' });
  const preempted = items.find(({ reason }) => reason === 'Preempted');
  assert.match(preempted?.message ?? '', /^Preempted by pod [0-9a-f-]{36} on node a$/);
  await cluster.stop();
});

test('a cordoned node gets no new pods', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await addNode(cluster, 'a');
  await client.patch(nodes, { namespace: '', name: 'a' }, { spec: { unschedulable: true } }, { type: 'merge' });
  await clock.settle();
  await client.create(pods, pod('p'));
  await clock.run(1000);
  assert.equal(await nodeOf(cluster, 'p'), undefined);
  const { items } = await client.list(events, { namespace: 'default' });
  const failed = items.find(({ reason }) => reason === 'FailedScheduling');
  assert.match(
    failed?.message ?? '',
    /^0\/1 nodes are available: 1 node\(s\) had untolerated taint\(s\)|were unschedulable/,
  );
  await cluster.stop();
});
