import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, namespaces, serviceaccounts } from '#api/generated/resources.ts';
import { startCluster } from './cluster.ts';

const inDemo = (name: string): { namespace: string; name: string } => ({ namespace: 'demo', name });

test('a new namespace gets its service account and the root certificate, and both come back when deleted', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await client.create(namespaces, { metadata: { name: 'demo' }, spec: {} });
  await clock.settle();
  assert.ok(await client.find(serviceaccounts, inDemo('default')), cluster.complaints.join('\n'));
  assert.equal((await client.get(configmaps, inDemo('kube-root-ca.crt'))).data?.['ca.crt'], 'PEM');
  await client.delete(serviceaccounts, inDemo('default'));
  await client.patch(configmaps, inDemo('kube-root-ca.crt'), { data: { 'ca.crt': 'x' } }, { type: 'merge' });
  await clock.settle();
  assert.ok(await client.find(serviceaccounts, inDemo('default')));
  assert.equal((await client.get(configmaps, inDemo('kube-root-ca.crt'))).data?.['ca.crt'], 'PEM');
  await cluster.stop();
});

test('a deleted namespace takes everything in it along', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await client.create(namespaces, { metadata: { name: 'demo' }, spec: {} });
  for (let i = 0; i < 20; i++) await client.create(configmaps, { metadata: inDemo(`c${i}`) });
  await client.delete(namespaces, { namespace: '', name: 'demo' });
  await clock.settle();
  assert.equal(
    await client.find(namespaces, { namespace: '', name: 'demo' }),
    undefined,
    cluster.complaints.join('\n'),
  );
  assert.equal((await client.list(configmaps, { namespace: 'demo' })).items.length, 0);
  await cluster.stop();
});

test('a finalizer holds a namespace back, which says so until it is lifted', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  await client.create(namespaces, { metadata: { name: 'demo' }, spec: {} });
  await client.create(configmaps, { metadata: { ...inDemo('held'), finalizers: ['example.com/hold'] } });
  await client.delete(namespaces, { namespace: '', name: 'demo' });
  await clock.settle();
  const conditions = (await client.get(namespaces, { namespace: '', name: 'demo' })).status?.conditions ?? [];
  const texts = conditions.filter(({ status }) => status === 'True').map(({ message }) => message);
  assert.deepEqual(texts, [
    'Some resources are remaining: configmaps. has 1 resource instances',
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  ]);
  await client.patch(configmaps, inDemo('held'), { metadata: { finalizers: null } }, { type: 'merge' });
  await clock.run(10_000);
  assert.equal(await client.find(namespaces, { namespace: '', name: 'demo' }), undefined);
  await cluster.stop();
});
