import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '#api/generated/core/v1.ts';
import { configmaps } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';
import { startCluster } from './cluster.ts';

const key = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });
const find = (client: Client, name: string): Promise<ConfigMap | undefined> => client.find(configmaps, key(name));

async function make(client: Client, name: string, owners: ConfigMap[] = [], blocking = false): Promise<ConfigMap> {
  const ownerReferences = owners.map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(blocking ? { blockOwnerDeletion: true } : {}),
  }));
  return client.create(configmaps, { metadata: { ...key(name), ownerReferences } });
}

test('background: dependents of dependents go after their owner', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const a = await make(client, 'a');
  const b = await make(client, 'b', [a]);
  await make(client, 'c', [b]);
  await client.delete(configmaps, key('a'), { propagationPolicy: 'Background' });
  await clock.settle();
  assert.deepEqual(
    [await find(client, 'b'), await find(client, 'c')],
    [undefined, undefined],
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});

test('foreground: the owner waits until blocking dependents are gone', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const a = await make(client, 'a');
  await make(client, 'b', [a], true);
  await client.patch(configmaps, key('b'), { metadata: { finalizers: ['example.com/hold'] } }, { type: 'merge' });
  await client.delete(configmaps, key('a'), { propagationPolicy: 'Foreground' });
  await clock.settle();
  assert.deepEqual((await find(client, 'a'))?.metadata.finalizers, ['foregroundDeletion']);
  assert.ok((await find(client, 'b'))?.metadata.deletionTimestamp, cluster.complaints.join('\n'));
  await client.patch(configmaps, key('b'), { metadata: { finalizers: null } }, { type: 'merge' });
  await clock.settle();
  assert.deepEqual(
    [await find(client, 'a'), await find(client, 'b')],
    [undefined, undefined],
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});

test('orphan: dependents stay, without the reference', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const a = await make(client, 'a');
  await make(client, 'b', [a]);
  await client.delete(configmaps, key('a'), { propagationPolicy: 'Orphan' });
  await clock.settle();
  assert.equal(await find(client, 'a'), undefined, cluster.complaints.join('\n'));
  assert.deepEqual((await find(client, 'b'))?.metadata.ownerReferences ?? [], []);
  await cluster.stop();
});

test('an object with one owner left loses only the reference to the other', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const [a, b] = [await make(client, 'a'), await make(client, 'b')];
  await make(client, 'c', [a, b]);
  await client.delete(configmaps, key('a'));
  await clock.settle();
  const names = (await find(client, 'c'))?.metadata.ownerReferences?.map(({ name }) => name);
  assert.deepEqual(names, ['b'], cluster.complaints.join('\n'));
  await cluster.stop();
});

test('an object whose owner never existed is collected, and one whose owner is a namesake with another uid, too', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const a = await make(client, 'a');
  await make(client, 'b', [{ metadata: { ...a.metadata, uid: '00000000-0000-0000-0000-000000000000' } }]);
  await clock.settle();
  assert.equal(await find(client, 'b'), undefined, cluster.complaints.join('\n'));
  assert.ok(await find(client, 'a'));
  await cluster.stop();
});
