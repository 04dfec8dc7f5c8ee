import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, jobs, pods } from '#api/generated/resources.ts';
import { getRelease } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { testRelease } from '#platform/charts/releases/actions/test.ts';
import type { TestCluster } from '#testing/create-cluster.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const values = new Map();

function hookMap(name: string, annotations: Readonly<Record<string, string>>): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  annotations:\n${lines.join('')}`;
}

function hookPod(name: string, annotations: Readonly<Record<string, string>>): string {
  const head = hookMap(name, annotations).replace('ConfigMap', 'Pod');
  return `${head}spec:\n  restartPolicy: Never\n  containers: [{name: main, image: busybox}]\n`;
}

/** Ends every pod of that name with a phase, as a node would. */
async function endPod(cluster: TestCluster, name: string, phase: 'Succeeded' | 'Failed'): Promise<void> {
  for await (const { type, object } of cluster.client.watch(pods, { namespace: 'default' })) {
    if (object.metadata.name !== name || type === 'DELETED' || object.status?.phase === phase) continue;
    const key = { namespace: 'default', name };
    await cluster.client.patch(pods, key, { status: { phase } }, { type: 'merge', subresource: 'status' });
    return;
  }
}

test('hooks run by weight, then name, before the release, and keep to their delete policies', async () => {
  await using cluster = await createCluster({ nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'templates/b.yaml': hookMap('b', { 'helm.sh/hook': 'pre-install', 'helm.sh/hook-weight': '1' }),
    'templates/a.yaml': hookMap('a', { 'helm.sh/hook': 'pre-install', 'helm.sh/hook-weight': '1' }),
    'templates/z.yaml': hookMap('z', {
      'helm.sh/hook': 'pre-install,post-install',
      'helm.sh/hook-weight': '-5',
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    }),
    'templates/main.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: main}\n',
  });
  const release = await installRelease(context, { name: 'web', chart, values, timeoutMs: 5000 });
  const items = (await cluster.client.list(configmaps, { namespace: 'default' })).items;
  const names = items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt');
  assert.deepEqual(names.sort(), ['a', 'b', 'main']);
  const revision = (name: string): number =>
    Number(items.find(({ metadata }) => metadata.name === name)?.metadata.resourceVersion);
  assert.ok(revision('a') < revision('b') && revision('b') < revision('main'));
  assert.deepEqual(
    release.hooks.map(({ name, lastRun }) => [name, lastRun.phase]),
    [
      ['a', 'Succeeded'],
      ['b', 'Succeeded'],
      ['z', 'Succeeded'],
    ],
  );
  assert.equal(items.find(({ metadata }) => metadata.name === 'a')?.metadata.labels, undefined);
});

test('a failing hook fails the install in words of Helm and is deleted if its policy says so', async () => {
  await using cluster = await createCluster({ nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'templates/p.yaml': hookPod('check', {
      'helm.sh/hook': 'pre-install',
      'helm.sh/hook-delete-policy': 'hook-failed',
    }),
  });
  const ending = endPod(cluster, 'check', 'Failed');
  await assert.rejects(installRelease(context, { name: 'web', chart, values, timeoutMs: 5000 }), {
    message: 'failed pre-install: 1 error occurred:\n\t* pod check failed\n\n',
  });
  await ending;
  assert.equal(await cluster.client.find(pods, { namespace: 'default', name: 'check' }), undefined);
  const { info, hooks } = await getRelease(context, 'web');
  assert.equal(info.status, 'failed');
  assert.equal(hooks[0]?.lastRun.phase, 'Failed');
});

test('a Job that does not end in time is a timeout', async () => {
  await using cluster = await createCluster({ nodes: 0, time: 'virtual' });
  const { context } = releaseWorld(cluster);
  const job = hookPod('slow', { 'helm.sh/hook': 'post-install' })
    .replace('v1', 'batch/v1')
    .replace('kind: Pod', 'kind: Job')
    .replace(
      /spec:\n([^]*)/,
      (_all, spec: string) => `spec:\n  template:\n    spec:\n${spec.replaceAll(/^/gm, '    ')}`,
    );
  const chart = await chartOf({ 'templates/j.yaml': job });
  const late = assert.rejects(installRelease(context, { name: 'web', chart, values, timeoutMs: 50_000 }), {
    message: 'failed post-install: 1 error occurred:\n\t* timed out waiting for the condition\n\n',
  });
  await cluster.settled();
  await cluster.advance('51s');
  await late;
  assert.equal((await cluster.client.list(jobs)).items.length, 1);
});

test('tests run when asked for, only those chosen, and their runs are recorded', async () => {
  await using cluster = await createCluster({ nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'templates/one.yaml': hookPod('one', { 'helm.sh/hook': 'test' }),
    'templates/two.yaml': hookPod('two', { 'helm.sh/hook': 'test-success' }),
  });
  await installRelease(context, { name: 'web', chart, values, timeoutMs: 5000 });
  assert.deepEqual((await cluster.client.list(pods)).items, []);
  const ending = endPod(cluster, 'two', 'Succeeded');
  const { failure } = await testRelease(context, { name: 'web', timeoutMs: 5000, include: ['two'] });
  await ending;
  assert.equal(failure, undefined);
  const { hooks } = await getRelease(context, 'web');
  assert.deepEqual(
    hooks.map(({ name, lastRun }) => [name, lastRun.phase]),
    [
      ['one', ''],
      ['two', 'Succeeded'],
    ],
  );
});
