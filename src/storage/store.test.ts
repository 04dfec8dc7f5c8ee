import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#base/clock.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import { Compacted, FutureRevision, KeyExists, RevisionMismatch } from '#storage/errors.ts';
import type { StoredObject, StoreEvent } from '#storage/version.ts';

class StoppedClock implements Clock {
  nowMs = 1_000_000;
  now(): number {
    return this.nowMs;
  }
  monotonic(): number {
    return this.nowMs;
  }
  after(): () => void {
    throw new Error('the store sets no timers');
  }
  turn(): Promise<void> {
    return Promise.resolve();
  }
}

function object(
  name: string,
  more: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): StoredObject {
  return { kind: 'Thing', ...more, metadata: { name, namespace: 'a', ...metadata } };
}

async function open(clock = new StoppedClock()): Promise<Store> {
  return await Store.open(new MemoryBackend(), [], { clock });
}

const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const key = (name: string): { namespace: string; name: string } => ({ namespace: 'a', name });

test('a write is answered with the version that readers see, resourceVersion in bytes and object', async () => {
  const things = (await open()).collection({ name: 'things' });
  const version = await things.write(key('x'), 'absent', { object: object('x', { data: 1 }) });
  assert.equal(version.revision, 1);
  assert.equal(things.get('a', 'x'), version);
  assert.deepEqual(decode(version.bytes), {
    kind: 'Thing',
    data: 1,
    metadata: { resourceVersion: '1', name: 'x', namespace: 'a' },
  });
  assert.deepEqual(version.object, decode(version.bytes));
  assert.ok(Object.isFrozen(version.object.metadata));
});

test('writers build on the pending version while readers still see the applied one', async () => {
  const things = (await open()).collection({ name: 'things' });
  const first = things.write(key('x'), 'absent', { object: object('x', { data: 1 }) });
  const pending = things.pending('a', 'x');
  assert.equal(things.get('a', 'x'), undefined);
  assert.equal(pending?.revision, 1);
  const second = things.write(key('x'), 1, { object: object('x', { data: 2 }) });
  await assert.rejects(things.write(key('x'), 1, { object: object('x', { data: 3 }) }), RevisionMismatch);
  await assert.rejects(things.write(key('x'), 'absent', { object: object('x') }), KeyExists);
  assert.deepEqual([(await first).revision, (await second).revision], [1, 2]);
  const gone = things.delete(key('x'), 2);
  assert.equal(things.pending('a', 'x'), undefined);
  assert.equal(things.get('a', 'x')?.revision, 2);
  assert.equal((await gone).revision, 3);
  assert.deepEqual(decode((await gone).bytes), {
    kind: 'Thing',
    data: 2,
    metadata: { resourceVersion: '3', name: 'x', namespace: 'a' },
  });
  assert.equal(things.get('a', 'x'), undefined);
});

test('a new version may share parts with the one it is built on, frozen or not', async () => {
  for (const freeze of [true, false]) {
    const store = await Store.open(new MemoryBackend(), [], { clock: new StoppedClock(), freeze });
    const things = store.collection({ name: 'things' });
    const first = await things.write(key('x'), 'absent', { object: object('x', { data: { a: 1 } }) });
    const second = await things.write(key('x'), 1, { object: { ...(first.object as StoredObject), more: true } });
    assert.deepEqual(second.object, decode(second.bytes));
    assert.deepEqual([first.object.metadata.resourceVersion, second.object.metadata.resourceVersion], ['1', '2']);
    assert.deepEqual(first.object, decode(first.bytes));
  }
});

test('events come in revision order, with what they replaced, and can be read again from any revision', async () => {
  const store = await open();
  const things = store.collection({ name: 'things' });
  const seen: StoreEvent[] = [];
  const cancel = things.subscribe((event) => {
    assert.equal(store.revision, event.revision);
    seen.push(event);
  });
  await things.write(key('x'), 'absent', { object: object('x') });
  await things.write(key('x'), 1, { object: object('x', { data: 2 }) });
  await things.delete(key('x'), 2);
  cancel();
  await things.write(key('y'), 'absent', { object: object('y') });
  assert.deepEqual(
    seen.map((event) => [event.type, event.revision, event.previous?.revision]),
    [
      ['ADDED', 1, undefined],
      ['MODIFIED', 2, 1],
      ['DELETED', 3, 2],
    ],
  );
  assert.deepEqual(
    things.eventsSince(1).map((event) => event.revision),
    [2, 3, 4],
  );
  assert.throws(() => things.eventsSince(5), FutureRevision);
});

test('a root at a revision is exact, and gone with the window', async () => {
  const clock = new StoppedClock();
  const store = await open(clock);
  const things = store.collection({ name: 'things' });
  for (const name of ['b', 'a', 'c']) await things.write(key(name), 'absent', { object: object(name) });
  const names = (revision: number): string[] => [...things.rootAt(revision).scan()].map((version) => version.head.name);
  assert.deepEqual(names(0), []);
  assert.deepEqual(names(2), ['a', 'b']);
  assert.deepEqual(names(3), ['a', 'b', 'c']);
  clock.nowMs += 5 * 60_000 + 1;
  assert.deepEqual(names(1), ['b']);
  await things.write(key('d'), 'absent', { object: object('d') });
  assert.throws(() => things.rootAt(2), new Compacted(3));
  assert.deepEqual(names(3), ['a', 'b', 'c']);
});

test('a fork goes its own way', async () => {
  const store = await open();
  const things = store.collection({ name: 'things' });
  await things.write(key('x'), 'absent', { object: object('x') });
  const fork = store.fork();
  const forked = fork.collection({ name: 'things' });
  await forked.delete(key('x'), 1);
  await things.write(key('y'), 'absent', { object: object('y') });
  assert.deepEqual(
    [forked.get('a', 'x'), forked.get('a', 'y'), forked.size, fork.revision],
    [undefined, undefined, 0, 2],
  );
  assert.deepEqual([things.get('a', 'x')?.revision, things.get('a', 'y')?.revision, things.size], [1, 2, 2]);
});

test('objects are found by the uid of their owner, as owners come and go', async () => {
  const things = (await open()).collection({ name: 'things' });
  const owned = (uid: string): string[] => [...things.ownedBy(uid)].map((version) => version.head.name);
  await things.write(key('x'), 'absent', { object: object('x', {}, { uid: 'u1', ownerReferences: [{ uid: 'o' }] }) });
  assert.deepEqual(owned('o'), ['x']);
  await things.write(key('y'), 'absent', {
    object: object('y', {}, { uid: 'u2', ownerReferences: [{ uid: 'o' }, { uid: 'p' }] }),
  });
  assert.deepEqual([owned('o'), owned('p')], [['x', 'y'], ['y']]);
  await things.write(key('y'), 2, { object: object('y', {}, { uid: 'u2', ownerReferences: [{ uid: 'p' }] }) });
  await things.delete(key('x'), 1);
  assert.deepEqual([owned('o'), owned('p')], [[], ['y']]);
});

test('expired objects go with the next write, the oldest first when there are too many bytes', async () => {
  const clock = new StoppedClock();
  const store = await open(clock);
  const events = store.collection({ name: 'events', ttlMs: 60_000, maxBytes: 400 });
  const other = store.collection({ name: 'other' });
  await events.write(key('old'), 'absent', { object: object('old') });
  clock.nowMs += 59_999;
  await events.write(key('new'), 'absent', { object: object('new') });
  clock.nowMs += 1;
  assert.equal(events.size, 2);
  await other.write(key('x'), 'absent', { object: object('x') });
  await store.progress();
  assert.deepEqual(
    [...events.root().scan()].map((version) => version.head.name),
    ['new'],
  );
  for (let i = 0; i < 5; i++)
    await events.write(key(`e${i}`), 'absent', { object: object(`e${i}`, { note: '.'.repeat(100) }) });
  await other.write(key('y'), 'absent', { object: object('y') });
  await store.progress();
  assert.deepEqual(
    [...events.root().scan()].map((version) => version.head.name),
    ['e3', 'e4'],
  );
});
