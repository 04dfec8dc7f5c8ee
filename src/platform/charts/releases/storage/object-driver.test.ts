import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, secrets } from '#api/generated/resources.ts';
import { encodeRelease } from '#platform/charts/release-json.ts';
import { getRelease, historyOfRelease } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { listReleases } from '#platform/charts/releases/actions/list.ts';
import { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { releaseContext } from '#platform/charts/releases/context.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const values = new Map();
const change = { timeoutMs: 5000, maxHistory: 10 };
const demo = () => chartOf({ 'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' });

/** Text that gzip cannot shrink. */
function noise(length: number): string {
  let [state, text] = [1, ''];
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

test('a ConfigMap holds a release in the same text, without the second base64', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster, { driver: 'configmap' });
  await installRelease(context, { ...change, name: 'web', chart: await demo(), values });
  const key = { namespace: 'default', name: 'sh.helm.release.v1.web.v1' };
  const record = await cluster.client.get(configmaps, key);
  assert.equal(record.metadata.labels?.['owner'], 'helm');
  assert.match(record.data?.['release'] ?? '', /^H4sI/);
  assert.deepEqual(
    (await listReleases(context)).map(({ name }) => name),
    ['web'],
  );
  await uninstallRelease(context, { ...change, name: 'web' });
  assert.equal(await cluster.client.find(configmaps, key), undefined);
});

test('memory keeps releases for as long as the context', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster, { driver: 'memory' });
  await installRelease(context, { ...change, name: 'web', chart: await demo(), values });
  await upgradeRelease(context, { ...change, name: 'web', chart: await demo(), values });
  assert.equal((await historyOfRelease(context, 'web')).length, 2);
  assert.deepEqual((await cluster.client.list(secrets)).items, []);
});

test('another driver is unknown', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const { driver: _driver, resources: _resources, ...ports } = context;
  assert.throws(() => releaseContext({ ...ports, driver: 'paper' }), { message: 'unknown driver "paper"' });
});

test('a release over 1 MiB is kept in parts, and its record alone is what Helm needs', async () => {
  await using cluster = await createCluster({ controllers: true, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const big = noise(1_400_000);
  const chart = await chartOf({
    'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    'files/big.txt': big,
  });
  await installRelease(context, { ...change, name: 'web', chart, values });
  const names = async () =>
    (await cluster.client.list(secrets, { namespace: 'default' })).items.map(({ metadata }) => metadata.name).sort();
  assert.deepEqual(await names(), [
    'sh.helm.release.v1.web.v1',
    'sh.helm.release.v1.web.v1.part-0',
    'sh.helm.release.v1.web.v1.part-1',
  ]);
  const fileOf = async (): Promise<string | undefined> => {
    const { chart: stored } = await getRelease(context, 'web');
    const file = stored.files.find(({ name }) => name === 'files/big.txt');
    return file === undefined ? undefined : new TextDecoder().decode(file.data);
  };
  assert.equal(await fileOf(), big);
  await upgradeRelease(context, { ...change, name: 'web', chart: await demo(), values });
  assert.equal(await fileOf(), undefined);
  await rollbackRelease(context, { ...change, name: 'web', revision: 1 });
  assert.equal(await fileOf(), big);
  await uninstallRelease(context, { ...change, name: 'web' });
  await cluster.settled();
  assert.deepEqual(await names(), []);
});

test('a manifest over 1 MiB is refused in so many words', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const part = (index: number): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a${index}}\ndata: {text: ${noise(900_000)}${index}}\n`;
  // The same noise twice would shrink: the second one is turned round.
  const turned = part(2).replace(noise(900_000), [...noise(900_000)].reverse().join(''));
  const chart = await chartOf({ 'templates/a.yaml': part(1), 'templates/b.yaml': turned });
  await assert.rejects(installRelease(context, { ...change, name: 'web', chart, values }), {
    message:
      /^release "web" is too large to be recorded: its manifest and values alone take \d+ bytes after compression/,
  });
});

const locks: readonly [string, string, string][] = [
  ['an empty list', 'dependencies: []', '"dependencies":[]'],
  ['no list', 'digest: x', '"dependencies":null'],
];
for (const [title, lock, expected] of locks) {
  test(`the lock of a chart is recorded as Helm does it: ${title}`, async () => {
    await using cluster = await createCluster({ controllers: false, nodes: 0 });
    const { context } = releaseWorld(cluster);
    const chart = await chartOf({ 'Chart.lock': `${lock}\n` });
    const release = await installRelease(context, { ...change, name: 'web', chart, values });
    assert.ok(encodeRelease(release).includes(`${expected}},"templates"`));
    assert.equal(encodeRelease(await getRelease(context, 'web')), encodeRelease(release));
  });
}
