/**
 * The same operations by helm and by us, each in its own namespace: the words of errors, the records and the objects are
 * compared after every step. Needs helm 3.22 (see interop.test.ts).
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { configmaps, namespaces } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { systemClock } from '#host/system-clock.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import type { ReleaseStatus } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { lastRelease, recordChange } from '#platform/charts/releases/storage/history.ts';
import { plainOf, valueOf } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';
import type { TestCluster } from '#testing/create-cluster.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';
import type { Step } from './release-cases.ts';
import { releaseCases } from './release-cases.ts';

const script = join(import.meta.dirname, '../../tools/helm.sh');
const found = spawnSync(script, { encoding: 'utf8', timeout: 300_000 });
const helmPath = found.status === 0 ? (found.stdout.trim().split('\n').at(-1) ?? '') : '';
const skip = existsSync(helmPath) ? false : 'there is no helm, and none could be built';

describe('words and records of releases, as helm has them', { skip, timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-words-'));
  let cluster: TestCluster | undefined;
  let http: ReturnType<typeof createHttpHandler> | undefined;
  let client: Client;
  let count = 0;

  before(async () => {
    const existing = process.env['INTEROP_KUBECONFIG'];
    if (existing === undefined) {
      cluster = await createCluster({ nodes: 0 });
      client = cluster.client;
      writeFileSync(join(folder, 'kubeconfig'), (await cluster.listen()).kubeconfig, { mode: 0o600 });
    } else {
      http = createHttpHandler(await readKubeconfig(existing, { clock: systemClock }));
      client = createClient(http.handle, { userAgent: 'helm' });
      writeFileSync(join(folder, 'kubeconfig'), readFileSync(existing), { mode: 0o600 });
    }
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    http?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [title, steps] of Object.entries(releaseCases))
    test(title, { skip: skipped(title) }, async () => {
      const suffix = `${process.pid}-${count++}`;
      const [a, b] = await Promise.all([worldOf(`t-${suffix}`), worldOf(`o-${suffix}`)]);
      for (const [index, step] of steps.entries()) {
        const [theirs, ours] = await Promise.all([helmStep(a, step), ourStep(b, step)]);
        const [theirState, ourState] = await Promise.all([stateOf(a), stateOf(b)]);
        const what = `step ${index + 1}: ${step.op}`;
        assert.equal(neutral(ours, b.namespace), neutral(theirs, a.namespace), what);
        assert.deepEqual(neutralState(ourState, b.namespace), neutralState(theirState, a.namespace), what);
      }
      await Promise.all([a, b].map(({ namespace }) => client.delete(namespaces, { namespace: '', name: namespace })));
    });

  async function worldOf(namespace: string): Promise<ReleaseContext> {
    await client.create(namespaces, { metadata: { name: namespace }, spec: {} });
    for await (const event of client.watch(configmaps, {
      namespace,
      sendInitialEvents: true,
      allowWatchBookmarks: true,
      resourceVersionMatch: 'NotOlderThan',
    }))
      if (event.object.metadata.name === 'kube-root-ca.crt') break;
    return releaseWorld({ client, clock: systemClock }, { namespace }).context;
  }

  function helmStep(context: ReleaseContext, step: Step): Promise<string> {
    if (step.op === 'mark' || step.op === 'put') return ourStep(context, step);
    const args = helmArguments(step, join(folder, `chart-${count}-${Math.random()}`));
    const env = { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
    return new Promise((resolve) => {
      execFile(helmPath, [...args, '-n', context.namespace], { env, timeout: 60_000 }, (error, _stdout, stderr) =>
        resolve(error === null ? '' : (stderr.split(/^Error: /m)[1] ?? stderr)),
      );
    });
  }
});

/** A test cluster has no OpenAPI in protobuf, which helm asks for when it does not know a kind. */
function skipped(title: string): string | false {
  const isReal = process.env['INTEROP_KUBECONFIG'] !== undefined;
  return title === 'kinds that are not there' && !isReal
    ? 'needs OpenAPI v2 in protobuf: set INTEROP_KUBECONFIG'
    : false;
}

function neutral(text: string, namespace: string): string {
  return text.replaceAll(namespace, 'NS').trimEnd();
}

function neutralState(state: unknown, namespace: string): unknown {
  return JSON.parse(JSON.stringify(state).replaceAll(namespace, 'NS'));
}

const failurePrefix = {
  install: 'INSTALLATION FAILED: ',
  upgrade: 'UPGRADE FAILED: ',
  rollback: '',
  uninstall: '',
} as const;

/** The text of the error, with what helm's commands put before it; '' if there was none. */
async function ourStep(context: ReleaseContext, step: Step): Promise<string> {
  try {
    await perform(context, step);
    return '';
  } catch (error) {
    return `${step.op in failurePrefix ? failurePrefix[step.op as 'install'] : ''}${(error as Error).message}`;
  }
}

async function perform(context: ReleaseContext, step: Step): Promise<void> {
  const name = ('name' in step ? step.name : undefined) ?? 'web';
  // A context asks once what the cluster has; every command is a process of its own.
  context.resources.forget();
  switch (step.op) {
    case 'install': {
      const values = valueOf(step.values ?? {}) as Table;
      await installRelease(context, {
        timeoutMs: 30_000,
        ...step.with,
        name,
        chart: await chartOf(step.chart),
        values,
      });
      return;
    }
    case 'upgrade': {
      const values = valueOf(step.values ?? {}) as Table;
      const options = { timeoutMs: 30_000, maxHistory: 10, ...step.with };
      await upgradeRelease(context, { ...options, name, chart: await chartOf(step.chart), values });
      return;
    }
    case 'rollback':
      await rollbackRelease(context, { timeoutMs: 30_000, revision: 0, maxHistory: 10, ...step.with, name });
      return;
    case 'uninstall':
      await uninstallRelease(context, { timeoutMs: 30_000, ...step.with, name });
      return;
    case 'mark': {
      const last = await lastRelease(context.driver, name);
      await recordChange(context.driver, { ...last, info: { ...last.info, status: step.status as ReleaseStatus } });
      return;
    }
    case 'put':
      await context.client.create(configmaps, {
        metadata: { name: step.name, namespace: context.namespace },
        data: { ...step.data },
      });
  }
}

const flagNames: Readonly<Record<string, string>> = {
  disableHooks: 'no-hooks',
  maxHistory: 'history-max',
  recreatePods: 'recreate-pods',
  subNotes: 'render-subchart-notes',
};

function helmArguments(step: Exclude<Step, { op: 'mark' | 'put' }>, chartFolder: string): string[] {
  const name = step.name ?? 'web';
  const { revision, timeoutMs, valuePolicy, labels, ...rest } = (step.with ?? {}) as Record<string, unknown>;
  const flags: string[] = timeoutMs === undefined ? [] : [`--timeout=${Number(timeoutMs)}ms`];
  if (valuePolicy !== undefined) flags.push(`--${String(valuePolicy)}-values`);
  if (labels !== undefined) flags.push(`--labels=${pairs(labels as object)}`);
  for (const [option, value] of Object.entries(rest)) {
    const flag = flagNames[option] ?? option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    flags.push(`--${flag}=${String(value)}`);
  }
  if (step.op === 'uninstall') return ['uninstall', name, ...flags];
  if (step.op === 'rollback')
    return ['rollback', name, ...(revision === undefined ? [] : [String(revision)]), ...flags];
  writeChart(chartFolder, step.chart);
  const values = step.values === undefined ? [] : ['--set', pairs(step.values)];
  return [step.op, name, chartFolder, ...values, ...flags];
}

function pairs(values: object): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function writeChart(folder: string, files: Readonly<Record<string, string>>): void {
  const all = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.2.3\nappVersion: "7"\n', ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** What is recorded, and the ConfigMaps that are there. */
async function stateOf(context: ReleaseContext): Promise<unknown> {
  const [records, maps] = await Promise.all([
    context.driver.list(),
    context.client.list(configmaps, { namespace: context.namespace }),
  ]);
  return {
    records: records
      .map(({ name, version, info, labels, config, manifest, hooks }) => {
        const { createdAt: _created, modifiedAt: _modified, ...kept } = labels;
        const runs = hooks.map((hook) => [hook.name, hook.lastRun.phase, hook.weight, hook.deletePolicies]);
        const { status, description, notes } = info;
        return { name, version, status, description, notes, labels: kept, config: plainOf(config), manifest, runs };
      })
      .sort((one, other) => one.name.localeCompare(other.name) || one.version - other.version),
    maps: maps.items
      .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
      .map(({ metadata, data, immutable }) => [metadata.name, metadata.labels, metadata.annotations, data, immutable]),
  };
}
