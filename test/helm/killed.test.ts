/** kill -9 in the middle of an upgrade: the next command recovers by itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pods } from '#api/generated/resources.ts';
import type { Clock } from '#base/clock.ts';
import { systemClock } from '#host/system-clock.ts';
import { historyOfRelease } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

/** Waits a tenth of the time: nobody renews the dead client's Lease, however short one looks. */
const hastyClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  turn: () => systemClock.turn(),
  after: (delayMs, callback) => systemClock.after(delayMs / 10, callback),
};

test('a client killed in the middle of an upgrade blocks nobody', { timeout: 60_000 }, async () => {
  await using cluster = await createCluster({ nodes: 0 });
  const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-killed-'));
  try {
    const { kubeconfig } = await cluster.listen();
    writeFileSync(join(folder, 'kubeconfig'), kubeconfig, { mode: 0o600 });
    const { context, warnings } = releaseWorld(cluster, { clock: hastyClock });
    const chart = await chartOf({ 'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' });
    const change = { name: 'web', chart, values: new Map(), timeoutMs: 30_000, maxHistory: 10 };
    await installRelease(context, change);

    const script = join(import.meta.dirname, 'upgrade-client.ts');
    const client = spawn(process.execPath, [script, join(folder, 'kubeconfig'), 'web'], { stdio: 'inherit' });
    const ended = once(client, 'exit');
    for await (const { object } of cluster.client.watch(pods, { namespace: 'default' }))
      if (object.metadata.name === 'endless') break;
    const [running] = (await historyOfRelease(context, 'web')).slice(-1);
    assert.equal(running?.info.status, 'pending-upgrade');
    client.kill('SIGKILL');
    await ended;

    assert.equal((await upgradeRelease(context, change)).version, 3);
    const history = await historyOfRelease(context, 'web');
    assert.deepEqual(
      history.map(({ info }) => info.status),
      ['superseded', 'failed', 'deployed'],
    );
    assert.match(history[1]?.info.description ?? '', /^Interrupted: killed_/);
    assert.match(warnings.join('\n'), /revision 2 of web was left pending-upgrade by a client that is gone/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
