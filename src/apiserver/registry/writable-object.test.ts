import { test } from 'node:test';
import assert from 'node:assert/strict';
import { systemClock } from '#host/system-clock.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import { type Endpoint, servedObject, writableObject } from '#apiserver/registry/endpoint.ts';

test('a writer sees the managedFields of an object that has given them up, and shares their sets', async () => {
  const parsed = { wholeBytes: 0, slimBytes: 100_000 };
  const store = await Store.open(new MemoryBackend(), [], { clock: systemClock, parsed });
  const things = store.collection({ name: 'things' });
  const endpoint = { storedAs: undefined } as Endpoint;
  const written = [];
  for (const name of ['a', 'b']) {
    const managedFields = [{ manager: name, operation: 'Update', fieldsV1: { 'f:data': { 'f:x': {} } } }];
    const object = { metadata: { namespace: 'n', name, managedFields }, data: name };
    written.push(await things.write({ namespace: 'n', name }, 'absent', { object }));
  }
  const [a, b] = written.map((version) => writableObject(endpoint, version));
  const [slim] = written.map((version) => servedObject(endpoint, version));
  assert.notEqual(slim?.metadata.managedFields, slim?.metadata.managedFields, 'they are parsed at each reading');
  assert.equal(a?.metadata.managedFields, a?.metadata.managedFields);
  assert.deepEqual(a, slim);
  assert.equal(a?.metadata.managedFields?.[0]?.fieldsV1, b?.metadata.managedFields?.[0]?.fieldsV1);
});
