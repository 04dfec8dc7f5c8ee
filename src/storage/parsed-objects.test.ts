import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#host/system-clock.ts';
import type { Collection } from '#storage/collection.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import type { ParsedLimits } from '#storage/parsed-objects.ts';
import { Store } from '#storage/store.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { StoredObject } from '#storage/version.ts';

/** Names a, b, c, …; each object is 1,000 bytes and a little. */
async function withThings(count: number, parsed: ParsedLimits): Promise<Collection> {
  const store = await Store.open(new MemoryBackend(), [], { clock: systemClock, parsed });
  const things = store.collection({ name: 'things', selectableFields: () => ({ phase: 'new' }) });
  for (let i = 0; i < count; i++) await put(things, String.fromCharCode(97 + i), 'absent');
  return things;
}

async function put(things: Collection, name: string, expected: number | 'absent'): Promise<void> {
  const managedFields = [{ manager: 'm', fieldsV1: { 'f:data': {} } }];
  const object = { metadata: { namespace: 'n', name, managedFields }, data: 'x'.repeat(1000) };
  await things.write({ namespace: 'n', name }, expected, { object });
}

function objectOf(things: Collection, name: string): DeepReadonly<StoredObject> {
  return things.get('n', name)?.object as DeepReadonly<StoredObject>;
}

function isSlim(object: DeepReadonly<StoredObject>): boolean {
  return Object.getOwnPropertyDescriptor(object.metadata, 'managedFields')?.get !== undefined;
}

test('the newest objects stay whole, older ones lose the weight of managedFields', async () => {
  const things = await withThings(5, { wholeBytes: 2500, slimBytes: 10_000 });
  const slim = ['a', 'b', 'c', 'd', 'e'].map((name) => isSlim(objectOf(things, name)));
  assert.deepEqual(slim, [true, true, true, false, false]);
});

test('what nobody reads is forgotten first, and parsed again when it is read', async () => {
  const things = await withThings(4, { wholeBytes: 0, slimBytes: 4700 });
  const a = objectOf(things, 'a');
  await put(things, 'e', 'absent');
  assert.equal(objectOf(things, 'a'), a, 'it was read: it stays');
  const again = objectOf(things, 'b');
  assert.equal(objectOf(things, 'b'), again);
  assert.deepEqual(again, JSON.parse(new TextDecoder().decode(things.get('n', 'b')?.bytes)));
});

test('heads stay when objects go', async () => {
  const things = await withThings(3, { wholeBytes: 0, slimBytes: 0 });
  const head = things.get('n', 'a')?.head;
  assert.equal(head?.name, 'a');
  assert.deepEqual(head.fields, { phase: 'new' });
});

test('replaced and deleted versions leave room for others', async () => {
  const things = await withThings(1, { wholeBytes: 2500, slimBytes: 0 });
  for (let i = 0; i < 10; i++) await put(things, 'a', things.get('n', 'a')?.revision as number);
  await put(things, 'b', 'absent');
  assert.deepEqual([isSlim(objectOf(things, 'a')), isSlim(objectOf(things, 'b'))], [false, false]);
});
