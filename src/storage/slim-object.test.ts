import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloneJson } from '#base/immutable.ts';
import { parseSlim, slimmed } from '#storage/slim-object.ts';
import type { StoredObject } from '#storage/version.ts';

const managedFields = '"managedFields":[{"manager":"a","fieldsV1":{"f:x":{"managedFields":"}\\""}}}]';
const opening = '{"kind":"A","metadata":{"resourceVersion":"7"';

for (const { name, metadata } of [
  { name: 'last in metadata', metadata: `,"name":"a",${managedFields}` },
  { name: 'last, with white space', metadata: `,"name":"a" , ${managedFields} ` },
  { name: 'in between', metadata: `,${managedFields},"name":"a","labels":{"k":"v"}` },
  { name: 'in between, with white space', metadata: `, ${managedFields} , "name" : "a"` },
  { name: 'alone', metadata: `,${managedFields}` },
  { name: 'absent', metadata: ',"name":"a"' },
  { name: 'absent, and no other field', metadata: '' },
]) {
  const text = `${opening}${metadata}},"spec":{${managedFields}}}`;
  const bytes = new TextEncoder().encode(text);
  const from = metadata === '' ? opening.length : opening.length + 1;

  test(`an object without the weight of managedFields reads as the whole one: ${name}`, () => {
    for (const object of [parseSlim(bytes, from), slimmed(JSON.parse(text) as StoredObject, bytes, from)]) {
      assert.deepEqual(object, JSON.parse(text));
      assert.deepEqual(JSON.parse(JSON.stringify(object)), JSON.parse(text));
      assert.deepEqual(cloneJson(object), JSON.parse(text));
      assert.equal(slimmed(object, bytes, from), object);
    }
  });
}

test('a copy by fields has managedFields of its own', () => {
  const text = `${opening},${managedFields}}}`;
  const { metadata } = parseSlim(new TextEncoder().encode(text), opening.length + 1);
  const copy = { ...metadata, resourceVersion: '8' };
  assert.deepEqual(Object.getOwnPropertyDescriptor(copy, 'managedFields')?.value, metadata['managedFields']);
});
