import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#api/generated/apps/v1.ts';
import type { PodDisruptionBudgetSpec } from '#api/generated/policy/v1.ts';
import { deployments, events, poddisruptionbudgets, pods } from '#api/generated/resources.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';
import { serve } from './serve.ts';

serve(poddisruptionbudgets, 'io.k8s.api.policy.v1.PodDisruptionBudget');

const key = { namespace: 'default', name: 'web' };
const cases: [name: string, spec: PodDisruptionBudgetSpec, allowed: number, desired: number][] = [
  ['minAvailable', { minAvailable: 3 }, 1, 3],
  ['minAvailable in percent is rounded up', { minAvailable: '60%' }, 1, 3],
  ['maxUnavailable', { maxUnavailable: 2 }, 2, 2],
  ['maxUnavailable in percent is rounded up', { maxUnavailable: '30%' }, 2, 2],
  ['more than there are', { minAvailable: 9 }, 0, 9],
];
for (const [name, spec, allowed, desired] of cases) {
  test(`a budget of four pods: ${name}`, async () => {
    const cluster = await startCluster();
    const { client, clock } = cluster;
    playAgent(cluster);
    await addNode(cluster, 'a');
    const selector = { matchLabels: { app: 'web' } };
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    await client.create(deployments, { metadata: key, spec: { replicas: 4, selector, template } } as Deployment);
    await client.create(poddisruptionbudgets, { metadata: key, spec: { selector, ...spec } });
    await clock.run(2000);
    const { status } = await client.get(poddisruptionbudgets, key);
    assert.deepEqual(
      [status?.disruptionsAllowed, status?.desiredHealthy, status?.currentHealthy, status?.expectedPods],
      [allowed, desired, 4, 4],
      cluster.complaints.join('\n'),
    );
    assert.equal(status?.conditions?.[0]?.reason, allowed > 0 ? 'SufficientPods' : 'InsufficientPods');
    await cluster.stop();
  });
}

test('a pod without a controller is in no proportion: the budget says so and allows nothing', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const metadata = { namespace: 'default', name: 'alone', labels: { app: 'web' } };
  await client.create(pods, { metadata, spec: { containers: [{ name: 'c', image: 'x' }] } });
  const spec = { selector: { matchLabels: { app: 'web' } }, maxUnavailable: 1 };
  await client.create(poddisruptionbudgets, { metadata: key, spec });
  await clock.run(2000);
  const { status } = await client.get(poddisruptionbudgets, key);
  assert.deepEqual([status?.disruptionsAllowed, status?.conditions?.[0]?.reason], [0, 'InsufficientPods']);
  const { items } = await client.list(events, { namespace: 'default' });
  const unmanaged = items.find(({ reason }) => reason === 'UnmanagedPods')?.message ?? '';
  assert.match(
    unmanaged,
    /selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\},/,
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});
