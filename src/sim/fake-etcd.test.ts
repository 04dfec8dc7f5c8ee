import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '#base/random.ts';
import { FakeEtcd, type FakeEtcdFaults } from '#sim/fake-etcd.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import { KeyExists, RevisionMismatch, WriteFailed, WriteUnknown } from '#storage/errors.ts';
import type { LiveCollection } from '#storage/live-collection.ts';
import { Store } from '#storage/store.ts';
import type { Version } from '#storage/version.ts';

const key = { namespace: 'a', name: 'x' };
const value = (content: number): { object: { metadata: { name: string }; content: number } } => ({
  object: { metadata: { name: 'x' }, content },
});

interface World {
  readonly clock: VirtualClock;
  readonly etcd: FakeEtcd;
  readonly servers: readonly LiveCollection[];
}

async function world(seed: number, faults: Partial<FakeEtcdFaults> = {}): Promise<World> {
  const clock = new VirtualClock();
  const etcd = new FakeEtcd({ clock, random: new SeededRandom(seed), faults });
  const stores = await Promise.all([1, 2].map(() => Store.open(etcd.connect(), [], { clock })));
  return { clock, etcd, servers: stores.map((store) => store.collection({ name: 'things' })) };
}

/** Lets time pass until the answer is there. */
async function answer<T>(clock: VirtualClock, pending: Promise<T>): Promise<T> {
  let isDone = false;
  const done = pending.finally(() => (isDone = true));
  done.catch(() => undefined);
  while (!isDone) await clock.run(10);
  return await done;
}

test('what one server writes, the other sees; an answer comes after its own server has applied it', async () => {
  const { clock, servers } = await world(1);
  const [a, b] = servers as [LiveCollection, LiveCollection];
  const version = await answer(clock, a.write(key, 'absent', value(1)));
  assert.equal(a.get('a', 'x'), version);
  await clock.run(1_000);
  assert.equal(b.get('a', 'x')?.revision, version.revision);
  assert.deepEqual(b.get('a', 'x')?.bytes, version.bytes);
});

test('of two servers that build on the same version one wins', async () => {
  const { clock, servers } = await world(2);
  const [a, b] = servers as [LiveCollection, LiveCollection];
  const first = await answer(clock, a.write(key, 'absent', value(1)));
  await clock.run(1_000);
  const results = await answer(
    clock,
    Promise.allSettled([a, b].map((each) => each.write(key, first.revision, value(2)))),
  );
  assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected']);
  const lost = results.find((result) => result.status === 'rejected');
  assert.ok(lost?.reason instanceof RevisionMismatch);
});

test('a server that is behind looks again before it refuses', async () => {
  const { clock, servers } = await world(3, { reconnects: 1 });
  const [a, b] = servers as [LiveCollection, LiveCollection];
  const first = await answer(clock, a.write(key, 'absent', value(1)));
  await clock.run(1_000);
  await answer(clock, a.delete(key, first.revision));
  assert.ok(b.get('a', 'x') !== undefined, 'b has not heard of the deletion');
  const created = await answer(clock, b.write(key, 'absent', value(2)));
  assert.equal(created.revision, 3);
  await assert.rejects(answer(clock, a.write(key, 'absent', value(3))), KeyExists);
});

test('the second write of a key waits for the first one, whose revision it cannot know', async () => {
  const { clock, servers } = await world(4);
  const [a] = servers as [LiveCollection];
  const [first, second] = await answer(
    clock,
    Promise.allSettled([a.write(key, 'absent', value(1)), a.write(key, 'absent', value(2))]),
  );
  assert.equal(first?.status, 'fulfilled');
  assert.ok(second?.status === 'rejected' && second.reason instanceof KeyExists);
});

test('after an unknown answer the next write of the key knows what became of the first', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const { clock, servers } = await world(seed, { timeouts: 0.5, readFailures: 0.3 });
    const [a] = servers as [LiveCollection];
    for (let content = 1; content < 6; content++) {
      const write = a.write(key, a.pending('a', 'x')?.revision ?? 'absent', value(content));
      const result = await answer(clock, write).then(
        (version: Version) => version,
        (error: Error) => error,
      );
      outcomes.add(result instanceof Error ? result.name : 'written');
      if (result instanceof Error)
        assert.ok(
          [WriteUnknown, RevisionMismatch, KeyExists, WriteFailed].some((kind) => result instanceof kind),
          String(result),
        );
      else assert.equal((result.object as { content?: unknown }).content, content);
    }
  }
  assert.ok(
    outcomes.has('WriteUnknown') && outcomes.has('WriteFailed') && outcomes.has('written'),
    [...outcomes].join(),
  );
});
