import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collection } from '#storage/collection.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import type { StoredObject } from '#storage/version.ts';
import { systemClock } from '#host/system-clock.ts';

type Labels = Record<string, string>;

function object(name: string, labels: Labels, node = ''): StoredObject {
  const [namespace = '', own] = name.split('/');
  return { kind: 'Thing', metadata: { name: own as string, namespace, labels }, node };
}

async function create(things: Collection, name: string, labels: Labels, node?: string): Promise<void> {
  const [namespace = '', own = ''] = name.split('/');
  await things.write({ namespace, name: own }, 'absent', { object: object(name, labels, node) });
}

async function withThings(): Promise<{ store: Store; things: Collection }> {
  const store = await Store.open(new MemoryBackend(), [], { clock: systemClock });
  const things = store.collection({ name: 'things', selectableFields: nodeField });
  await create(things, 'b/x', { app: 'web' }, 'n1');
  await create(things, 'a/z', { app: 'web', tier: 'db' });
  await create(things, 'a-b/y', { app: 'api' }, 'n2');
  await create(things, 'a/c', { app: 'web' }, 'n1');
  return { store, things };
}

function nodeField(thing: object): Record<string, string> {
  return { node: (thing as { node: string }).node };
}

function find(things: Collection, kind: 'labels' | 'fields', key: string, ...values: string[]): string[] | undefined {
  return things.havingValue(kind, key, values)?.map(({ head }) => `${head.namespace}/${head.name}`);
}

for (const { name, kind, key, values, found } of [
  {
    name: 'one label, in order of the collection',
    kind: 'labels',
    key: 'app',
    values: ['web'],
    found: ['a/c', 'a/z', 'b/x'],
  },
  {
    name: 'several values',
    kind: 'labels',
    key: 'app',
    values: ['web', 'api', 'web'],
    found: ['a-b/y', 'a/c', 'a/z', 'b/x'],
  },
  { name: 'a value nobody has', kind: 'labels', key: 'app', values: ['no'], found: [] },
  { name: 'an absent label is not the empty one', kind: 'labels', key: 'tier', values: [''], found: [] },
  { name: 'a name of Object.prototype', kind: 'labels', key: 'constructor', values: [''], found: [] },
  { name: 'a field', kind: 'fields', key: 'node', values: ['n1'], found: ['a/c', 'b/x'] },
  { name: 'an absent field is the empty one', kind: 'fields', key: 'node', values: [''], found: ['a/z'] },
] as const) {
  test(`the second question for a key is answered by an index: ${name}`, async () => {
    const { things } = await withThings();
    assert.equal(find(things, kind, key, ...values), undefined);
    assert.deepEqual(find(things, kind, key, ...values), found);
  });
}

test('an index follows creates, changes and deletions, and a fork has its own', async () => {
  const { store, things } = await withThings();
  find(things, 'labels', 'app', 'web');
  find(things, 'labels', 'app', 'web');
  const fork = store.fork().collection(things.definition);
  await create(things, 'c/new', { app: 'web' });
  const changed = things.get('a', 'z')?.revision as number;
  await things.write({ namespace: 'a', name: 'z' }, changed, { object: object('a/z', { app: 'api' }) });
  await things.delete({ namespace: 'a', name: 'c' }, things.get('a', 'c')?.revision as number);
  assert.deepEqual(find(things, 'labels', 'app', 'web'), ['b/x', 'c/new']);
  assert.deepEqual(find(things, 'labels', 'app', 'api'), ['a-b/y', 'a/z']);
  assert.equal(find(fork, 'labels', 'app', 'web'), undefined);
  assert.deepEqual(find(fork, 'labels', 'app', 'web'), ['a/c', 'a/z', 'b/x']);
});

test('other selectable fields make other indexes', async () => {
  const { store, things } = await withThings();
  find(things, 'fields', 'node', 'n1');
  assert.equal(find(things, 'fields', 'node', 'n1')?.length, 2);
  store.collection({ name: 'things', selectableFields: () => ({ node: 'n9' }) });
  assert.equal(find(things, 'fields', 'node', 'n1'), undefined);
  assert.deepEqual(find(things, 'fields', 'node', 'n1'), []);
  assert.equal(find(things, 'fields', 'node', 'n9')?.length, 4);
});

test('keys that were not asked for again give way', async () => {
  const { things } = await withThings();
  find(things, 'labels', 'app', 'web');
  find(things, 'labels', 'app', 'web');
  for (let i = 0; i < 8; i++) find(things, 'labels', `k${i}`, 'v');
  assert.equal(find(things, 'labels', 'app', 'web'), undefined);
  assert.deepEqual(find(things, 'labels', 'k7', 'v'), []);
});
