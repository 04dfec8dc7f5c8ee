import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '#api/generated/resources.ts';
import type { Handler } from '#api/handler.ts';
import { forbidden } from '#api/status.ts';
import { createClient } from '#client/handler-client.ts';
import { getRelease } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { valueOf } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';
import type { TestCluster } from '#testing/create-cluster.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      {{- with .Values.node }}
      nodeSelector: {node: {{ . }}}
      {{- end }}
      containers: [{name: main, image: nginx}]
`;
const web = () =>
  chartOf({
    'values.yaml': 'replicas: 2\nnode: ""\n',
    'templates/d.yaml': deployment,
    'templates/s.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n',
  });
const none: Table = new Map();

test('install --wait returns when the pods are ready', async () => {
  await using cluster = await createCluster({ nodes: 1 });
  const { context } = releaseWorld(cluster);
  const release = await installRelease(context, {
    name: 'web',
    chart: await web(),
    values: none,
    timeoutMs: 30_000,
    wait: true,
  });
  assert.equal(release.info.status, 'deployed');
  const live = await cluster.client.get(deployments, { namespace: 'default', name: 'web' });
  assert.equal(live.status?.readyReplicas, 2);
  await uninstallRelease(context, { name: 'web', timeoutMs: 30_000, wait: true, cascade: 'foreground' });
  assert.equal(await cluster.client.find(deployments, { namespace: 'default', name: 'web' }), undefined);
});

/** Lets time pass until the work has ended. */
async function passing<T>(cluster: TestCluster, work: Promise<T>): Promise<T> {
  let isDone = false;
  const ended = work.finally(() => (isDone = true));
  ended.catch(() => {});
  while (!isDone) {
    await cluster.settled();
    if (!isDone) await cluster.advance('1s');
  }
  return ended;
}

test('pods that nobody runs are a deadline exceeded, and atomic goes back to the revision before', async () => {
  await using cluster = await createCluster({ nodes: 1, time: 'virtual' });
  const { context } = releaseWorld(cluster);
  const chart = await web();
  await passing(cluster, installRelease(context, { name: 'web', chart, values: none, timeoutMs: 30_000, wait: true }));
  const values = valueOf({ node: 'nowhere' }) as Table;
  const options = { name: 'web', chart, values, timeoutMs: 30_000, maxHistory: 10 };
  await assert.rejects(passing(cluster, upgradeRelease(context, { ...options, wait: true })), {
    message: 'context deadline exceeded',
  });
  const failed = await getRelease(context, 'web');
  assert.equal(failed.info.status, 'failed');
  assert.equal(failed.info.description, 'Upgrade "web" failed: context deadline exceeded');
  await assert.rejects(passing(cluster, upgradeRelease(context, { ...options, atomic: true })), {
    message: 'release web failed, and has been rolled back due to atomic being set: context deadline exceeded',
  });
  const after = await getRelease(context, 'web');
  assert.deepEqual([after.version, after.info.status, after.info.description], [4, 'deployed', 'Rollback to 1']);
});

test('an operation that is cancelled ends as failed', async () => {
  await using cluster = await createCluster({ nodes: 0 });
  const { context } = releaseWorld(cluster);
  const stop = new AbortController();
  const chart = await web();
  const installing = installRelease(context, {
    name: 'web',
    chart,
    values: none,
    timeoutMs: 60_000,
    wait: true,
    signal: stop.signal,
  });
  await cluster.settled();
  stop.abort();
  await assert.rejects(installing, { message: 'context canceled' });
  assert.equal((await getRelease(context, 'web')).info.status, 'failed');
});

test('where watching is forbidden, objects are read now and then', async () => {
  await using cluster = await createCluster({ nodes: 1, time: 'virtual' });
  let reads = 0;
  const handle: Handler = (request) => {
    if (request.query.includes('watch=true')) throw forbidden(deployments, '', 'no watching here');
    if (request.method === 'GET' && request.path.endsWith('/deployments')) reads++;
    return cluster.controlPlane.handle(request);
  };
  const user = { name: 'admin', groups: ['system:masters'] };
  const client = createClient(handle, { userAgent: 'helm', user });
  const { context } = releaseWorld(cluster, { client });
  const options = { name: 'web', chart: await web(), values: none, timeoutMs: 60_000, wait: true };
  assert.equal((await passing(cluster, installRelease(context, options))).info.status, 'deployed');
  assert.ok(reads > 1 && reads < 10, `${reads} reads`);
});
