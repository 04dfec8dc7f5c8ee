import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DaemonSet } from '#api/generated/apps/v1.ts';
import { controllerrevisions, daemonsets, nodes, pods } from '#api/generated/resources.ts';
import type { TestCluster } from './cluster.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';
import { serve } from './serve.ts';

serve(daemonsets, 'io.k8s.api.apps.v1.DaemonSet');
serve(controllerrevisions, 'io.k8s.api.apps.v1.ControllerRevision');

const key = { namespace: 'default', name: 'agent' };
const agent = (more: object = {}): DaemonSet => ({
  metadata: key,
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    ...more,
  },
});
async function where(cluster: TestCluster): Promise<string[]> {
  const { items } = await cluster.client.list(pods, { namespace: 'default' });
  return items.map((pod) => `${pod.spec?.nodeName} ${pod.spec?.containers[0]?.image}`).sort();
}
async function threeNodes(): Promise<TestCluster> {
  const cluster = await startCluster();
  playAgent(cluster);
  for (const name of ['a', 'b', 'c']) await addNode(cluster, name);
  return cluster;
}

test('a DaemonSet runs one pod on each node, new ones and cordoned ones too, and none on tainted ones', async () => {
  const cluster = await threeNodes();
  const { client, clock } = cluster;
  const cordon = { spec: { unschedulable: true } };
  await client.patch(nodes, { namespace: '', name: 'b' }, cordon, { type: 'merge' });
  const taints = { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } };
  await client.patch(nodes, { namespace: '', name: 'c' }, taints, { type: 'merge' });
  await client.create(daemonsets, agent());
  await clock.run(3000);
  assert.deepEqual(await where(cluster), ['a one', 'b one'], cluster.complaints.join('\n'));
  await addNode(cluster, 'd');
  await clock.run(3000);
  assert.deepEqual(await where(cluster), ['a one', 'b one', 'd one'], cluster.complaints.join('\n'));
  const { status } = await client.get(daemonsets, key);
  assert.deepEqual(
    [status?.desiredNumberScheduled, status?.currentNumberScheduled, status?.numberReady, status?.numberAvailable],
    [3, 3, 3, 3],
  );
  await cluster.stop();
});

for (const [name, rollingUpdate, fewest, most] of [
  ['one at a time', { maxUnavailable: 1, maxSurge: 0 }, 2, 3],
  ['with a surge', { maxUnavailable: 0, maxSurge: 1 }, 3, 4],
] as const) {
  test(`a DaemonSet updates its pods ${name}`, async () => {
    const cluster = await threeNodes();
    const { client, clock } = cluster;
    await client.create(daemonsets, agent({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }));
    await clock.run(3000);
    let [least, largest] = [3, 3];
    cluster.caches.of(pods).subscribe(() => {
      const all = [...cluster.caches.of(pods).list('default')].filter((pod) => !pod.metadata.deletionTimestamp);
      const ready = all.filter((pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
      least = Math.min(least, ready.length);
      largest = Math.max(largest, all.length);
    });
    const containers = [{ name: 'c', image: 'two' }];
    await client.patch(daemonsets, key, { spec: { template: { spec: { containers } } } }, { type: 'strategic' });
    await clock.run(20_000);
    assert.deepEqual(await where(cluster), ['a two', 'b two', 'c two'], cluster.complaints.join('\n'));
    assert.deepEqual([least, largest], [fewest, most]);
    const revisions = (await client.list(controllerrevisions, { namespace: 'default' })).items;
    assert.deepEqual(revisions.map(({ revision }) => revision).sort(), [1, 2]);
    await cluster.stop();
  });
}

test('a revision holds the template with its keys in order, as Go prints it', async () => {
  const cluster = await threeNodes();
  const { client, clock } = cluster;
  await client.create(daemonsets, agent());
  await clock.run(3000);
  const { items } = await client.list(controllerrevisions, { namespace: 'default' });
  const text = JSON.stringify(items[0]?.data);
  assert.match(
    text,
    /^\{"spec":\{"template":\{"\$patch":"replace","metadata":\{"labels":\{"app":"agent"\}\},"spec":\{/,
  );
  assert.deepEqual(
    ['containers', 'dnsPolicy', 'restartPolicy'].map((field) => text.indexOf(`"${field}"`)).toSorted((a, b) => a - b),
    ['containers', 'dnsPolicy', 'restartPolicy'].map((field) => text.indexOf(`"${field}"`)),
  );
  await cluster.stop();
});
