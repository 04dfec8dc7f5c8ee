import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, secrets } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import { historyOfRelease, getRelease, getValues } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { listReleases } from '#platform/charts/releases/actions/list.ts';
import { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { plainOf, valueOf } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

type ConfigMap = HasMetadata & { data?: Record<string, string> };

const timeoutMs = 5000;
const none: Table = new Map();
const table = (plain: unknown): Table => valueOf(plain) as Table;

const configMap = (name: string, body: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${body}`;
const demo = () =>
  chartOf({
    'values.yaml': 'color: blue\n',
    'templates/cm.yaml': configMap('{{ .Release.Name }}-cm', 'data:\n  color: {{ .Values.color }}\n'),
    'templates/NOTES.txt': 'Installed {{ .Release.Name }} revision {{ .Release.Revision }}',
  });

test('a release is installed, listed, upgraded, rolled back and uninstalled', async () => {
  await using cluster = await createCluster({ controllers: false });
  const { context } = releaseWorld(cluster);
  const chart = await demo();
  const installed = await installRelease(context, { name: 'web', chart, values: none, timeoutMs });
  assert.equal(installed.info.status, 'deployed');
  assert.equal(installed.info.description, 'Install complete');
  assert.equal(installed.info.notes, 'Installed web revision 1');
  const key = { namespace: 'default', name: 'web-cm' };
  const live = (await cluster.client.get(configmaps, key)) as ConfigMap;
  assert.equal(live.metadata.labels?.['app.kubernetes.io/managed-by'], 'Helm');
  assert.equal(live.metadata.annotations?.['meta.helm.sh/release-name'], 'web');

  const record = await cluster.client.get(secrets, { namespace: 'default', name: 'sh.helm.release.v1.web.v1' });
  assert.equal(record.type, 'helm.sh/release.v1');
  const { createdAt, modifiedAt, ...labels } = record.metadata.labels ?? {};
  assert.deepEqual(labels, { name: 'web', owner: 'helm', status: 'deployed', version: '1' });
  assert.equal(createdAt, undefined);
  assert.match(modifiedAt ?? '', /^\d+$/);

  await upgradeRelease(context, { name: 'web', chart, values: table({ color: 'red' }), timeoutMs, maxHistory: 10 });
  assert.equal(((await cluster.client.get(configmaps, key)) as ConfigMap).data?.['color'], 'red');
  assert.deepEqual(
    (await listReleases(context)).map(({ name, version }) => [name, version]),
    [['web', 2]],
  );

  await rollbackRelease(context, { name: 'web', revision: 0, timeoutMs, maxHistory: 10 });
  assert.equal(((await cluster.client.get(configmaps, key)) as ConfigMap).data?.['color'], 'blue');
  const history = await historyOfRelease(context, 'web');
  assert.deepEqual(
    history.map(({ version, info }) => [version, info.status, info.description]),
    [
      [1, 'superseded', 'Install complete'],
      [2, 'superseded', 'Upgrade complete'],
      [3, 'deployed', 'Rollback to 1'],
    ],
  );

  const gone = await uninstallRelease(context, { name: 'web', timeoutMs });
  assert.equal(gone?.release.info.description, 'Uninstallation complete');
  assert.equal(await cluster.client.find(configmaps, key), undefined);
  assert.deepEqual(await listReleases(context, { states: 'all' }), []);
  await assert.rejects(getRelease(context, 'web'), { message: 'release: not found' });
});

const refusals: readonly [string, string, RegExp][] = [
  ['an invalid name', 'Web', /^release name "Web": invalid release name, must match regex/],
  ['no name', '', /^release name "": no name provided$/],
];
for (const [title, name, message] of refusals) {
  test(`install refuses ${title}`, async () => {
    await using cluster = await createCluster({ controllers: false, nodes: 0 });
    const { context } = releaseWorld(cluster);
    await assert.rejects(installRelease(context, { name, chart: await demo(), values: none, timeoutMs }), { message });
  });
}

test('a name can be used again only after uninstall, or with replace when its release failed', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const options = { name: 'web', chart: await demo(), values: none, timeoutMs };
  await installRelease(context, options);
  await assert.rejects(installRelease(context, options), { message: 'cannot re-use a name that is still in use' });
  await uninstallRelease(context, { name: 'web', timeoutMs, keepHistory: true });
  await assert.rejects(installRelease(context, options), { message: 'cannot re-use a name that is still in use' });
  const again = await installRelease(context, { ...options, replace: true });
  assert.equal(again.version, 2);
});

test("an object of somebody else's is not taken, unless it is adopted", async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const foreign = { metadata: { name: 'web-cm', namespace: 'default' }, data: { color: 'green', other: '1' } };
  await cluster.client.create(configmaps, foreign);
  const options = { name: 'web', chart: await demo(), values: none, timeoutMs };
  await assert.rejects(installRelease(context, options), {
    message:
      'Unable to continue with install: ConfigMap "web-cm" in namespace "default" exists and cannot be imported into the current release: ' +
      'invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; ' +
      'annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"; ' +
      'annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "default"',
  });
  await installRelease(context, { ...options, takeOwnership: true });
  const taken = (await cluster.client.get(configmaps, { namespace: 'default', name: 'web-cm' })) as ConfigMap;
  assert.deepEqual(taken.data, { color: 'blue', other: '1' });
});

test('an object that cannot be created leaves a failed release, and atomic leaves nothing', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({ 'templates/a.yaml': configMap('Bad_Name', '') });
  const failed = /^1 error occurred:\n\t\* ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name"/;
  await assert.rejects(installRelease(context, { name: 'a', chart, values: none, timeoutMs }), { message: failed });
  assert.equal((await getRelease(context, 'a')).info.status, 'failed');
  await assert.rejects(installRelease(context, { name: 'b', chart, values: none, timeoutMs, atomic: true }), {
    message: /^release b failed, and has been uninstalled due to atomic being set: 1 error occurred:/,
  });
  await assert.rejects(getRelease(context, 'b'), { message: 'release: not found' });
});

test('a dry run writes nothing, and hides Secrets if asked to', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'templates/s.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData: {password: hunter2}\n',
  });
  const shown = await installRelease(context, {
    name: 'web',
    chart,
    values: none,
    timeoutMs,
    dryRun: 'server',
    hideSecret: true,
  });
  assert.equal(
    shown.manifest,
    '---\n# Source: demo/templates/s.yaml\n# HIDDEN: The Secret output has been suppressed\n',
  );
  assert.equal(shown.info.description, 'Dry run complete');
  assert.deepEqual((await cluster.client.list(secrets)).items, []);
  await assert.rejects(installRelease(context, { name: 'web', chart, values: none, timeoutMs, hideSecret: true }), {
    message: 'Hiding Kubernetes secrets requires a dry-run mode',
  });
});

test('create-namespace makes the namespace, and without it Helm says what is missing', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster, { namespace: 'shop' });
  const options = { name: 'web', chart: await demo(), values: none, timeoutMs };
  await assert.rejects(installRelease(context, options), {
    message: 'create: failed to create: namespaces "shop" not found',
  });
  const made = await installRelease(context, { ...options, createNamespace: true });
  assert.equal(made.info.status, 'deployed');
});

test('lookup finds what the cluster has, also what an earlier answer names', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const put = (name: string, data: Record<string, string>) =>
    cluster.client.create(configmaps, { metadata: { name, namespace: 'default' }, data });
  await put('first', { next: 'second' });
  await put('second', { word: 'found' });
  const chart = await chartOf({
    'templates/a.yaml': configMap(
      'out',
      'data:\n' +
        '  {{- $first := lookup "v1" "ConfigMap" "default" "first" }}\n' +
        '  word: {{ (lookup "v1" "ConfigMap" "default" (dig "data" "next" "none" $first)).data.word }}\n' +
        '  count: "{{ len (lookup "v1" "ConfigMap" "default" "").items }}"\n' +
        '  missing: "{{ len (lookup "v1" "ConfigMap" "default" "nobody") }}"\n',
    ),
  });
  await installRelease(context, { name: 'web', chart, values: none, timeoutMs });
  const out = (await cluster.client.get(configmaps, { namespace: 'default', name: 'out' })) as ConfigMap;
  assert.deepEqual(out.data, { word: 'found', count: '2', missing: '0' });
});

const policies: readonly [string, Record<string, unknown>, 'auto' | 'reset' | 'reuse' | 'reset-then-reuse', unknown][] =
  [
    ['none given: the old ones', {}, 'auto', { a: 1 }],
    ['some given: only those', { b: 2 }, 'auto', { b: 2 }],
    ['reset', {}, 'reset', {}],
    ['reuse', { b: 2 }, 'reuse', { a: 1, b: 2 }],
    ['reset then reuse', { b: 2 }, 'reset-then-reuse', { a: 1, b: 2 }],
  ];
for (const [title, given, valuePolicy, expected] of policies) {
  test(`values of an upgrade, ${title}`, async () => {
    await using cluster = await createCluster({ controllers: false, nodes: 0 });
    const { context } = releaseWorld(cluster);
    const chart = await demo();
    await installRelease(context, { name: 'web', chart, values: table({ a: 1 }), timeoutMs });
    await upgradeRelease(context, { name: 'web', chart, values: table(given), valuePolicy, timeoutMs, maxHistory: 10 });
    assert.deepEqual(plainOf(await getValues(context, 'web')), expected);
  });
}

test('CRDs of subcharts that are switched off are left alone', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'Chart.yaml':
      'apiVersion: v2\nname: demo\nversion: 1.2.3\ndependencies: [{name: sub, version: 0.1.0, condition: sub.enabled}]\n',
    'values.yaml': 'sub: {enabled: false}\n',
    'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
    'charts/sub/crds/x.yaml': 'apiVersion: none.example.com/v1\nkind: NoSuchKind\nmetadata: {name: x}\n',
  });
  const release = await installRelease(context, { name: 'web', chart, values: none, timeoutMs });
  assert.equal(release.info.status, 'deployed');
  const values = table({ sub: { enabled: true } });
  await assert.rejects(installRelease(context, { name: 'two', chart, values, timeoutMs }), {
    message: /^failed to install CRD crds\/x\.yaml: resource mapping not found for name: "x" namespace: "" from ""/,
  });
});

test('getHostByName answers what the port knows, and nothing without it', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'templates/a.yaml': configMap('a', 'data: {found: "{{ getHostByName "db" }}", none: "{{ getHostByName "x" }}"}\n'),
  });
  const hostByName = async (name: string): Promise<string> => (name === 'db' ? '10.0.0.7' : '');
  const options = { name: 'web', chart, values: none, timeoutMs, dryRun: 'client' } as const;
  assert.match((await installRelease(context, { ...options, hostByName })).manifest, /found: "10\.0\.0\.7", none: ""/);
  assert.match((await installRelease(context, options)).manifest, /found: "", none: ""/);
});
