import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterroles } from '#api/generated/resources.ts';
import { startCluster } from './cluster.ts';

const rule = (resource: string): { apiGroups: string[]; resources: string[]; verbs: string[] } => ({
  apiGroups: ['example.com'],
  resources: [resource],
  verbs: ['get'],
});

test('an aggregated role has the rules of the roles it selects, and follows their changes', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const key = (name: string): { namespace: string; name: string } => ({ namespace: '', name });
  const rules = async (): Promise<string[]> =>
    ((await client.get(clusterroles, key('all'))).rules ?? []).flatMap(({ resources }) => resources ?? []);
  const labels = { part: 'yes' };
  await client.create(clusterroles, { metadata: { name: 'b', labels }, rules: [rule('bs')] });
  await client.create(clusterroles, { metadata: { name: 'a', labels }, rules: [rule('as'), rule('bs')] });
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: labels }] };
  await client.create(clusterroles, { metadata: { name: 'all' }, aggregationRule });
  await clock.settle();
  assert.deepEqual(await rules(), ['as', 'bs'], cluster.complaints.join('\n'));
  await client.patch(clusterroles, key('b'), { rules: [rule('cs')] }, { type: 'merge' });
  await clock.settle();
  assert.deepEqual(await rules(), ['as', 'bs', 'cs']);
  await client.delete(clusterroles, key('a'));
  await clock.settle();
  assert.deepEqual(await rules(), ['cs'], cluster.complaints.join('\n'));
  await cluster.stop();
});
