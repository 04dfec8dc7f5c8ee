/**
 * Releases of ours under a real helm's commands and the other way round, against one cluster. Needs a helm v3 binary: $HELM,
 * or what tools/helm.sh finds or builds; with $HELM4 a helm v4, too. Skipped where there is none. The cluster is a test
 * cluster, or that of $INTEROP_KUBECONFIG: any Kubernetes with its controllers and nothing in its namespace default.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { configmaps, deployments, secrets, services } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { systemClock } from '#host/system-clock.ts';
import type { Chart } from '#platform/charts/chart.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { getRelease, historyOfRelease } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { listReleases } from '#platform/charts/releases/actions/list.ts';
import { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { valueOf } from '#platform/charts/values/table.ts';
import type { TestCluster } from '#testing/create-cluster.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const versions = [
  { version: 3, path: findHelm(), missing: 'there is no helm, and none could be built' },
  // Helm 4 applies on the server, which a test cluster cannot do yet.
  {
    version: 4,
    path: process.env['INTEROP_KUBECONFIG'] === undefined ? undefined : process.env['HELM4'],
    missing: 'needs $HELM4, and $INTEROP_KUBECONFIG of a server with server-side apply',
  },
];

function findHelm(): string | undefined {
  const named = process.env['HELM'];
  if (named !== undefined && existsSync(named)) return named;
  const script = join(import.meta.dirname, '../../tools/helm.sh');
  if (!existsSync(script)) return undefined;
  const found = spawnSync('sh', [script], { encoding: 'utf8', timeout: 300_000 });
  const path = found.stdout.trim().split('\n').at(-1) ?? '';
  return found.status === 0 && existsSync(path) ? path : undefined;
}

const files: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\nappVersion: "1.0"\ndescription: <a> & "b"\n',
  'values.yaml': 'replicas: 1\ncolor: blue\nextra: true\nlimits: {cpu: 0.5, memory: 64Mi}\n',
  'templates/NOTES.txt': 'Color {{ .Values.color }}, revision {{ .Release.Revision }}\n',
  'templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-cm\ndata:\n  color: {{ .Values.color }}\n  {{- if .Values.extra }}\n  extra: "1"\n  {{- end }}\n',
  'templates/deployment.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: {{ .Release.Name }}}}\n  template:\n    metadata: {labels: {app: {{ .Release.Name }}}}\n    spec:\n      containers:\n      - name: main\n        image: nginx:{{ .Values.color }}\n',
  'templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations:\n    helm.sh/hook: pre-install,pre-upgrade\n    helm.sh/hook-weight: "-1"\n',
  'templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  selector: {app: {{ .Release.Name }}}\n  ports: [{port: 80}]\n',
};

for (const { version, path, missing } of versions)
  describe(
    `interoperation with helm ${version}`,
    { skip: path === undefined ? missing : false, timeout: 300_000 },
    () => interoperation(version, path ?? ''),
  );

function interoperation(version: number, helmPath: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-'));
  let cluster: TestCluster | undefined;
  let client: Client;
  let http: ReturnType<typeof createHttpHandler> | undefined;
  let context: ReleaseContext;
  let chart: Chart;

  before(async () => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'demo', name)), { recursive: true });
      writeFileSync(join(folder, 'demo', name), text);
    }
    const existing = process.env['INTEROP_KUBECONFIG'];
    if (existing === undefined) {
      cluster = await createCluster({ nodes: 1 });
      client = cluster.client;
      writeFileSync(join(folder, 'kubeconfig'), (await cluster.listen()).kubeconfig, { mode: 0o600 });
    } else {
      http = createHttpHandler(await readKubeconfig(existing, { clock: systemClock }));
      client = createClient(http.handle, { userAgent: 'helm' });
      writeFileSync(join(folder, 'kubeconfig'), readFileSync(existing), { mode: 0o600 });
    }
    context = releaseWorld(cluster ?? { client, clock: systemClock }).context;
    chart = await chartOf(files);
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    http?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const helm = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
      execFile(helmPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(stderr)),
      );
    });
  const helmJson = async (...args: string[]): Promise<unknown> => JSON.parse(await helm(...args, '-o', 'json'));
  const demo = join(folder, 'demo');
  const values = (plain: unknown): Table => valueOf(plain) as Table;
  const data = async (name: string) =>
    (await client.get(configmaps, { namespace: 'default', name: `${name}-cm` })).data;
  const change = { timeoutMs: 30_000, maxHistory: 10 };

  test('a release of helm is listed, upgraded, rolled back and uninstalled by us', async () => {
    await helm('install', 'theirs', demo, '--set', 'color=red');
    const listed = await listReleases(context, { filter: '^theirs$' });
    assert.deepEqual(
      listed.map(({ name, version, info }) => [name, version, info.status, info.notes]),
      [['theirs', 1, 'deployed', 'Color red, revision 1\n']],
    );
    await upgradeRelease(context, {
      ...change,
      name: 'theirs',
      chart,
      values: values({ color: 'green', extra: false }),
    });
    assert.deepEqual(await data('theirs'), { color: 'green' });
    await rollbackRelease(context, { ...change, name: 'theirs', revision: 1 });
    assert.deepEqual(await data('theirs'), { color: 'red', extra: '1' });
    assert.match(await helm('history', 'theirs'), /\n3 .*deployed.*Rollback to 1/);
    await uninstallRelease(context, { name: 'theirs', timeoutMs: 30_000 });
    await assert.rejects(helm('status', 'theirs'), /release: not found/);
    assert.equal(await client.find(configmaps, { namespace: 'default', name: 'theirs-cm' }), undefined);
  });

  test('a release of ours is listed, upgraded, rolled back and uninstalled by helm', async () => {
    await installRelease(context, { name: 'ours', chart, values: values({ color: 'red' }), timeoutMs: 30_000 });
    const [listed] = (await helmJson('list', '--filter', '^ours$')) as Record<string, string>[];
    assert.deepEqual(
      [listed?.['name'], listed?.['revision'], listed?.['status'], listed?.['chart']],
      ['ours', '1', 'deployed', 'demo-0.1.0'],
    );
    assert.deepEqual(await helmJson('get', 'values', 'ours'), { color: 'red' });
    assert.equal(await helm('get', 'manifest', 'ours'), `${(await getRelease(context, 'ours')).manifest}\n`);
    await helm('upgrade', 'ours', demo, '--reuse-values', '--set', 'extra=false');
    assert.deepEqual(await data('ours'), { color: 'red' });
    await helm('rollback', 'ours', '1');
    assert.deepEqual(await data('ours'), { color: 'red', extra: '1' });
    const history = await historyOfRelease(context, 'ours');
    assert.deepEqual(
      history.map(({ info }) => info.status),
      ['superseded', 'superseded', 'deployed'],
    );
    await helm('uninstall', 'ours');
    assert.deepEqual(await listReleases(context, { filter: '^ours$', states: 'all' }), []);
  });

  test('both record the same text, but for the times', { skip: version === 4 }, async () => {
    await helm('install', 'same', demo, '--set', 'color=red,limits.cpu=null', '--labels', 'team=a');
    const theirs = await recordOf('same');
    await helm('uninstall', 'same');
    await installRelease(context, {
      name: 'same',
      chart,
      values: values({ color: 'red', limits: { cpu: null } }),
      labels: { team: 'a' },
      timeoutMs: 30_000,
    });
    const ours = await recordOf('same');
    assert.equal(ours.text, theirs.text);
    assert.deepEqual(ours.labels, theirs.labels);
    assert.equal(ours.type, theirs.type);
    await uninstallRelease(context, { name: 'same', timeoutMs: 30_000 });
  });

  test('the same upgrades leave the same objects, field managers included', async () => {
    const steps: readonly Record<string, unknown>[] = [
      { color: 'red' },
      { color: 'green', extra: false, replicas: 2 },
      { color: 'green', extra: true, replicas: 3 },
    ];
    const flags = (plain: Record<string, unknown>) => [
      '--set',
      Object.entries(plain)
        .map((one) => one.join('='))
        .join(','),
    ];
    const [first = {}, ...later] = steps;
    const serverSide = version === 4;
    await helm('install', 'twin', demo, ...flags(first));
    for (const step of later) await helm('upgrade', 'twin', demo, ...flags(step));
    const theirs = await objectsOf('twin');
    await helm('uninstall', 'twin', '--wait');
    await installRelease(context, { name: 'twin', chart, values: values(first), timeoutMs: 30_000, serverSide });
    for (const step of later) await upgradeRelease(context, { ...change, name: 'twin', chart, values: values(step) });
    const ours = await objectsOf('twin');
    assert.deepEqual(ours, theirs);
    await uninstallRelease(context, { name: 'twin', timeoutMs: 30_000, wait: true });
  });

  /** What the two may differ in: identity, time, and how far the controllers have come. */
  async function objectsOf(name: string): Promise<unknown[]> {
    await cluster?.settled();
    const key = { namespace: 'default', name };
    const objects: HasMetadata[] = [
      await client.get(configmaps, { ...key, name: `${name}-cm` }),
      await client.get(deployments, key),
      await client.get(services, key),
    ];
    return objects.map((object) => {
      const {
        metadata,
        spec,
        data: fields,
      } = object as HasMetadata & { spec?: Record<string, unknown>; data?: unknown };
      const { clusterIP: _address, clusterIPs: _addresses, ...wanted } = spec ?? {};
      const managers = (metadata.managedFields ?? [])
        .filter(({ manager }) => manager === 'helm')
        .map(({ time: _time, ...entry }) => entry);
      const { labels, annotations, generation } = metadata;
      return { labels, annotations, generation, managers, spec: wanted, data: fields };
    });
  }

  async function recordOf(name: string) {
    const key = { namespace: 'default', name: `sh.helm.release.v1.${name}.v1` };
    const { data: fields, type, metadata } = await client.get(secrets, key);
    const inner = Buffer.from(fields?.['release'] ?? '', 'base64').toString();
    const text = gunzipSync(Buffer.from(inner, 'base64')).toString();
    const { modifiedAt: _time, ...labels } = metadata.labels ?? {};
    return { text: text.replaceAll(/"20\d\d-[-0-9T:.+Z]+"/g, '"TIME"'), type, labels };
  }
}
