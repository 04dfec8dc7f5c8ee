import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '#api/generated/resources.ts';
import { SeededRandom } from '#base/random.ts';
import { historyOfRelease, getRelease } from '#platform/charts/releases/actions/get.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { ReleaseLease } from '#platform/charts/releases/lock/release-lease.ts';
import { unlockRelease } from '#platform/charts/releases/lock/with-lease.ts';
import { recordChange } from '#platform/charts/releases/storage/history.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const values = new Map();
const timeoutMs = 1000;
const demo = () => chartOf({ 'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' });
const key = { namespace: 'default', name: 'wheelhouse.helm.v1.web' };

test('nothing is left of the Lease after an operation', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  await installRelease(context, { name: 'web', chart: await demo(), values, timeoutMs });
  assert.equal(await cluster.client.find(leases, key), undefined);
});

test('a second client is refused while the first one is alive', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0, time: 'virtual' });
  const first = releaseWorld(cluster, { identity: 'first' });
  const second = releaseWorld(cluster, { random: new SeededRandom(2) });
  const { lease } = await ReleaseLease.acquire(first.context, 'web');
  const refused = assert.rejects(
    installRelease(second.context, { name: 'web', chart: await demo(), values, timeoutMs }),
    { message: /^another operation \(install\/upgrade\/rollback\) is in progress: first_[-0-9a-f]+ is at it$/ },
  );
  await cluster.settled();
  await cluster.advance('4s');
  await refused;
  await lease.release();
});

test('a client that was killed is noticed, and what it left pending is failed and gone over', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0, time: 'virtual' });
  const { context } = releaseWorld(cluster);
  const chart = await demo();
  const installed = await installRelease(context, { name: 'web', chart, values, timeoutMs });
  // What a client leaves that dies in the middle of an upgrade: a Lease that nobody renews, a revision that stays pending.
  const dead = releaseWorld(cluster, { identity: 'dead', random: new SeededRandom(3), clock: stopped(cluster.clock) });
  const { lease } = await ReleaseLease.acquire(dead.context, 'web');
  await lease.noteRevision(2);
  const pending = { ...installed, version: 2, info: { ...installed.info, status: 'pending-upgrade' as const } };
  await dead.context.driver.create('sh.helm.release.v1.web.v2', pending);

  const next = releaseWorld(cluster, { random: new SeededRandom(4) });
  const upgrading = upgradeRelease(next.context, { name: 'web', chart, values, timeoutMs, maxHistory: 10 });
  await cluster.settled();
  await cluster.advance('11s');
  assert.equal((await upgrading).version, 3);
  const history = await historyOfRelease(context, 'web');
  assert.deepEqual(
    history.map(({ info }) => info.status),
    ['superseded', 'failed', 'deployed'],
  );
  assert.match(history[1]?.info.description ?? '', /^Interrupted: dead_/);
});

test('a client that was taken over ends its operation and leaves the release to the other one', async () => {
  await using cluster = await createCluster({ nodes: 0, time: 'virtual' });
  const { context } = releaseWorld(cluster);
  const chart = await chartOf({
    'templates/p.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: b}]}\n',
  });
  const options = { name: 'web', chart, values, timeoutMs: 600_000, wait: true, atomic: true };
  const ended = assert.rejects(installRelease(context, options), {
    message: 'another client has taken over this release',
  });
  await cluster.settled();
  const lease = await cluster.client.get(leases, key);
  await cluster.client.update(leases, { ...lease, spec: { ...lease.spec, holderIdentity: 'another' } });
  await cluster.advance('4s');
  await ended;
  assert.equal((await getRelease(context, 'web')).info.status, 'pending-install');
  assert.equal((await cluster.client.get(leases, key)).spec?.holderIdentity, 'another');
});

test('a release that another tool left pending is refused until it is unlocked', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await demo();
  const installed = await installRelease(context, { name: 'web', chart, values, timeoutMs });
  await recordChange(context.driver, { ...installed, info: { ...installed.info, status: 'pending-upgrade' } });
  const upgrade = () => upgradeRelease(context, { name: 'web', chart, values, timeoutMs, maxHistory: 10 });
  await assert.rejects(upgrade(), { message: 'another operation (install/upgrade/rollback) is in progress' });
  assert.deepEqual(await unlockRelease(context, 'web'), { holder: undefined, revision: 1 });
  await upgrade();
  assert.equal((await getRelease(context, 'web')).info.status, 'deployed');
});

test('an installation that makes its namespace holds the Lease from then on', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster, { namespace: 'shop' });
  const chart = await chartOf({
    'templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations: {helm.sh/hook: pre-install}
`,
  });
  const seen: string[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const { type, object } of cluster.client.watch(leases, { signal: stop.signal }))
      seen.push(
        `${type} ${object.metadata.name} ${object.metadata.annotations?.['helm.wheelhouse.dev/revision'] ?? ''}`,
      );
  })();
  await installRelease(context, { name: 'web', chart, values, timeoutMs, createNamespace: true });
  await cluster.settled();
  stop.abort();
  await watching;
  const name = 'wheelhouse.helm.v1.web';
  assert.deepEqual(seen, [`ADDED ${name} `, `MODIFIED ${name} 1`, `DELETED ${name} 1`]);
});

/** A clock whose timers never fire: what is left of a process that was killed. */
function stopped<C extends { after(delayMs: number, callback: () => void): () => void }>(clock: C): C {
  return Object.assign(Object.create(clock) as C, {
    now: () => (clock as unknown as { now(): number }).now(),
    after: () => () => {},
  });
}
