/**
 * A chart with hooks on a real cluster with real containers, through the command line: installed, upgraded, failed, rolled
 * back, tested, uninstalled; and its client killed with -9 in the middle of an upgrade, after which the next command goes on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { deployments, jobs, pods } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';
import {
  eventually,
  type Finished,
  noRealNode,
  type RealCluster,
  run,
  startRealCluster,
  wheelhouse,
} from './harness.ts';
import { writeHookedChart } from './hooked-chart.ts';

const goneMs = 20_000;

describe('charts on a real node', {
  ...(noRealNode === undefined ? {} : { skip: noRealNode }),
  timeout: 240_000,
}, () => {
  let cluster: RealCluster;
  let client: Client;
  let close = (): void => {};
  const chart = mkdtempSync('/tmp/wheelhouse-chart-');

  before(async () => {
    writeHookedChart(chart);
    cluster = await startRealCluster();
    await cluster.buildImage('localhost/box:1');
    ({ client, close } = await cluster.connect());
  });

  const helm = (...args: string[]): Promise<Finished> => run(process.execPath, helmLine(cluster, args));
  const upgradeLine = (...sets: string[]): string[] => ['upgrade', 'web', chart, '--wait', '--set', sets.join(',')];
  const upgrade = (...sets: string[]): Promise<Finished> => helm(...upgradeLine(...sets));

  test('install: the hooks run around the objects, and stay or go as their policies say', async () => {
    const { code, stdout, stderr } = await helm('install', 'web', chart, '--wait');
    assert.equal(stderr, 'prepared one\n');
    assert.match(stdout, /^STATUS: deployed\nREVISION: 1\nNOTES:\nweb says one from 1 pod\(s\)\.\n$/m);
    assert.equal(code, 0);
    assert.deepEqual(await jobsOf(client), ['web-welcome Complete']);
    // What it read is what the Deployment's pod answered: --wait had waited for it.
    assert.equal((await cluster.kubectl('logs', 'job/web-welcome')).stdout, 'one');
    assert.deepEqual(await wordsOf(client), ['one']);
  });

  test('upgrade: Jobs run by weight before the new pods', async () => {
    const { code, stdout, stderr } = await upgrade('word=two', 'replicas=2');
    assert.match(stdout, /^Release "web" has been upgraded\. Happy Helming!\n/);
    assert.match(stdout, /^web says two from 2 pod\(s\)\.$/m);
    assert.deepEqual(stderr.split('\n').toSorted(), ['', 'backed up before two', 'migrating to two']);
    assert.equal(code, 0);
    assert.deepEqual(await jobsOf(client), ['web-migrate Complete', 'web-welcome Complete']);
    assert.deepEqual(await wordsOf(client), ['two', 'two']);
    const ran = await hookRuns(helm);
    assert.equal(ran['web-backup']?.phase, 'Succeeded');
    assert.ok(at(ran['web-backup']?.completed_at) <= at(ran['web-migrate']?.started_at));
    assert.ok(at(ran['web-migrate']?.completed_at) <= at(ran['web-check']?.started_at));
  });

  test('upgrade whose hook fails: its log, its cause, and no pod is touched', async () => {
    const { code, stdout, stderr } = await upgrade('word=three', 'migrate.code=1');
    assert.equal(
      stderr,
      'migrating to three\n' +
        'Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n' +
        '\t* job web-migrate failed: BackoffLimitExceeded\n\n\n',
    );
    assert.deepEqual([code, stdout], [1, '']);
    assert.deepEqual(await jobsOf(client), ['web-migrate Failed', 'web-welcome Complete']);
    assert.deepEqual(await wordsOf(client), ['two', 'two']);
    assert.deepEqual(await statuses(helm), ['superseded', 'deployed', 'failed']);
    // Of a text of several lines Helm shows what fits into one.
    assert.match(
      (await helm('history', 'web')).stdout,
      /\tUpgrade "web" failed: pre-upgrade hooks failed: 1 error occurr\.\.\.\n$/,
    );
  });

  test('upgrade --atomic that fails once the new pods serve: the old ones are back', async () => {
    const { code, stderr } = await helm(...upgradeLine('word=four', 'replicas=3', 'check.code=1'), '--atomic');
    // The Job had read the new word: the pods were replaced before it failed.
    assert.match(stderr, /^four$/m);
    assert.match(
      stderr,
      /^Error: UPGRADE FAILED: release web failed, and has been rolled back due to atomic being set: post-upgrade hooks failed: /m,
    );
    assert.equal(code, 1);
    assert.deepEqual(await jobsOf(client), ['web-migrate Complete', 'web-welcome Complete']);
    assert.deepEqual(await wordsOf(client), ['two', 'two']);
    assert.deepEqual(await statuses(helm), ['superseded', 'superseded', 'failed', 'failed', 'deployed']);
  });

  test('rollback, and the chart’s own test', async () => {
    assert.deepEqual(await helm('rollback', 'web', '1', '--wait'), {
      code: 0,
      stdout: 'Rollback was a success! Happy Helming!\n',
      stderr: '',
    });
    assert.deepEqual(await wordsOf(client), ['one']);
    assert.deepEqual((await statuses(helm)).slice(-2), ['superseded', 'deployed']);
    const tested = await helm('test', 'web', '--logs');
    assert.match(tested.stdout, /^TEST SUITE: {5}web-answers\n(?:.*\n)*Phase: {10}Succeeded$/m);
    assert.match(tested.stdout, /\nPOD LOGS: web-answers\nit says one\n\n$/);
    assert.deepEqual([tested.code, tested.stderr], [0, '']);
  });

  test('kill -9 of the client while a hook runs: the next upgrade goes on by itself', async () => {
    await killed(cluster, upgradeLine('word=five', 'migrate.isEndless=true'), () =>
      hasHookStarted(client, 'web-migrate'),
    );
    assert.deepEqual((await statuses(helm)).slice(-2), ['deployed', 'pending-upgrade']);
    const { code, stderr } = await upgrade('word=six');
    assert.match(
      stderr,
      /revision 7 of web was left pending-upgrade by a client that is gone; it is recorded as failed/,
    );
    assert.equal(code, 0);
    assert.deepEqual(await wordsOf(client), ['six']);
    assert.deepEqual((await statuses(helm)).slice(-3), ['superseded', 'failed', 'deployed']);
  });

  test('kill -9 of the client while pods are replaced: rollback goes on by itself', async () => {
    await killed(cluster, upgradeLine('word=seven', 'replicas=3'), () => hasNewPod(client, 'seven'));
    assert.deepEqual((await statuses(helm)).slice(-2), ['deployed', 'pending-upgrade']);
    const { code, stderr } = await helm('rollback', 'web', '8', '--wait');
    assert.match(stderr, /revision 9 of web was left pending-upgrade by a client that is gone/);
    assert.equal(code, 0);
    assert.deepEqual(await wordsOf(client), ['six']);
    assert.deepEqual((await statuses(helm)).slice(-3), ['superseded', 'failed', 'deployed']);
  });

  test('uninstall: a last hook, and nothing of the release stays', async () => {
    assert.deepEqual(await helm('uninstall', 'web', '--wait'), {
      code: 0,
      stdout: 'release "web" uninstalled\n',
      stderr: 'farewell six\n',
    });
    const { stdout } = await cluster.kubectl('get', 'deployments,services,configmaps,secrets,leases', '-o', 'name');
    assert.deepEqual(stdout.trim().split('\n').toSorted(), ['configmap/kube-root-ca.crt', 'service/kubernetes']);
    // Hooks without a policy of deletion are not the release's own: Helm leaves them, too.
    assert.deepEqual(await jobsOf(client), ['web-migrate Complete', 'web-welcome Complete']);
    assert.match((await helm('history', 'web')).stderr, /^Error: release: not found$/m);
  });

  test('the cluster ends and leaves nothing on the machine', async () => {
    close();
    assert.deepEqual(await cluster.takeDown(), []);
  });

  after(async () => {
    close();
    await cluster.abandon();
    rmSync(chart, { recursive: true });
  });
});

type Helm = (...args: string[]) => Promise<Finished>;

function helmLine(cluster: RealCluster, args: readonly string[]): string[] {
  return [wheelhouse, 'helm', ...args, '--kubeconfig', cluster.kubeconfig];
}

/** Runs a line of helm and kills its process as soon as the cluster shows what `until` looks for. */
async function killed(
  cluster: RealCluster,
  args: readonly string[],
  until: () => Promise<true | undefined>,
): Promise<void> {
  const upgrading = spawn(process.execPath, helmLine(cluster, args), { stdio: 'ignore' });
  const ended = once(upgrading, 'exit');
  try {
    await eventually('the moment to kill the client', 30_000, until);
  } finally {
    upgrading.kill('SIGKILL');
  }
  assert.deepEqual(await ended, [null, 'SIGKILL'], 'the upgrade was over before its client could be killed');
}

async function hasHookStarted(client: Client, name: string): Promise<true | undefined> {
  const { items } = await client.list(pods, { namespace: 'default', labelSelector: `job-name=${name}` });
  return items.some(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running')
    ? true
    : undefined;
}

async function hasNewPod(client: Client, word: string): Promise<true | undefined> {
  const { items } = await client.list(pods, { namespace: 'default', labelSelector: 'app=web' });
  return items.some(({ metadata }) => metadata.annotations?.['word'] === word) ? true : undefined;
}

/** `name condition` of every Job, once none is on its way out. */
function jobsOf(client: Client): Promise<string[]> {
  return eventually('the deletion of Jobs', goneMs, async () => {
    const { items } = await client.list(jobs, { namespace: 'default' });
    if (items.some(({ metadata }) => metadata.deletionTimestamp !== undefined)) return undefined;
    return items.map(({ metadata, status }) => `${metadata.name} ${endOf(status?.conditions)}`).toSorted();
  });
}

function endOf(conditions: readonly { readonly type: string; readonly status: string }[] = []): string {
  const ended = conditions.find(({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'));
  return ended?.type ?? 'running';
}

/** What each pod of the Deployment itself serves, once those of before are gone. */
async function wordsOf(client: Client): Promise<string[]> {
  const { spec } = await client.get(deployments, { namespace: 'default', name: 'web' });
  const items = await eventually('the end of the pods of before', goneMs, async () => {
    const list = await client.list(pods, { namespace: 'default', labelSelector: 'app=web' });
    return list.items.length === spec?.replicas ? list.items : undefined;
  });
  const answers = items.map(async ({ status }) => (await fetch(`http://${status?.podIP}:8080/word`)).text());
  return Promise.all(answers);
}

async function statuses(helm: Helm): Promise<string[]> {
  const { stdout } = await helm('history', 'web', '-o', 'json');
  return (JSON.parse(stdout) as { status: string }[]).map(({ status }) => status);
}

interface HookRun {
  readonly phase: string;
  readonly started_at: string;
  readonly completed_at: string;
}

/** The last runs of the newest revision's hooks by name. */
async function hookRuns(helm: Helm): Promise<Readonly<Record<string, HookRun>>> {
  const { stdout } = await helm('status', 'web', '-o', 'json');
  const { hooks } = JSON.parse(stdout) as { hooks: { name: string; last_run: HookRun }[] };
  return Object.fromEntries(hooks.map(({ name, last_run }) => [name, last_run]));
}

function at(time = ''): number {
  const ms = Date.parse(time);
  assert.ok(!Number.isNaN(ms), `no time: ${time}`);
  return ms;
}
