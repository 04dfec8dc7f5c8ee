/** Leader election by a Lease, in virtual time: one works, the others wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import { leases } from '#api/generated/resources.ts';
import { lead } from '#client/lease.ts';
import { startCluster, type TestCluster } from './cluster.ts';

const key = { namespace: 'kube-system', name: 'one-of-many' };

interface Candidate {
  readonly ended: Promise<string>;
  stop(): void;
}

/** Works until it is told to stop; its name stands in `leaders` meanwhile. */
function candidate({ client, clock }: TestCluster, identity: string, leaders: Set<string>): Candidate {
  const abort = new AbortController();
  const ports = { client, clock, log: silentLogger, signal: abort.signal };
  const ended = lead(ports, { key, identity }, async (signal) => {
    leaders.add(identity);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    leaders.delete(identity);
  }).then(
    () => 'ended',
    (error: Error) => error.message,
  );
  return { ended, stop: () => abort.abort(new Error('stopped')) };
}

test('one of two leads; the other follows at once when the Lease is given back', async () => {
  const cluster = await startCluster(1, { controllers: false });
  const leaders = new Set<string>();
  const first = candidate(cluster, 'a', leaders);
  await cluster.clock.run(1000);
  const second = candidate(cluster, 'b', leaders);
  await cluster.clock.run(60_000);
  assert.deepEqual([...leaders], ['a']);
  first.stop();
  await cluster.clock.run(3000);
  assert.equal(await first.ended, 'ended');
  assert.deepEqual([...leaders], ['b']);
  assert.equal((await cluster.client.get(leases, key)).spec?.leaseTransitions, 1);
  second.stop();
  await cluster.clock.run(3000);
  assert.equal(await second.ended, 'ended');
  assert.equal((await cluster.client.get(leases, key)).spec?.holderIdentity, '');
  await cluster.stop();
});

test('a holder that is silent is followed after the duration of its Lease, whatever the times in it say', async () => {
  const cluster = await startCluster(1, { controllers: false });
  const spec = { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' };
  await cluster.client.create(leases, { metadata: { ...key }, spec });
  const leaders = new Set<string>();
  const next = candidate(cluster, 'b', leaders);
  await cluster.clock.run(13_000);
  assert.deepEqual([...leaders], []);
  await cluster.clock.run(5000);
  assert.deepEqual([...leaders], ['b']);
  next.stop();
  await cluster.clock.run(3000);
  await next.ended;
  await cluster.stop();
});

test('a leader whose Lease is taken stops working', async () => {
  const cluster = await startCluster(1, { controllers: false });
  const leaders = new Set<string>();
  const leader = candidate(cluster, 'a', leaders);
  await cluster.clock.run(1000);
  const held = await cluster.client.get(leases, key);
  await cluster.client.update(leases, {
    ...held,
    spec: { ...held.spec, holderIdentity: 'thief', leaseDurationSeconds: 3600 },
  });
  await cluster.clock.run(15_000);
  assert.deepEqual([...leaders], []);
  assert.equal(await leader.ended, 'the lease kube-system/one-of-many was lost');
  await cluster.stop();
});
