import { test } from 'node:test';
import assert from 'node:assert/strict';
import { decodeBody } from '#api/schema/decode.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { internSet, restoreSets, withoutKnownSets } from '#api/managed-fields/interned-sets.ts';
import { objectText } from '#api/managed-fields/object-text.ts';

const set = { 'f:data': { '.': {}, 'f:a': {} }, 'f:metadata': { 'f:labels': { 'k:{"x":"}"}': {} } } };
const entry = (fieldsV1: object): object => ({
  manager: 'm',
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
});
const known = internSet(structuredClone(set)).set;
const decode = (body: string): { metadata: { managedFields?: { fieldsV1?: unknown }[] }; data?: unknown } =>
  decodeBody(new TextEncoder().encode(body), {
    format: 'json',
    expected: { group: '', version: 'v1', kind: 'ConfigMap' },
    type: builtinSchemas.type('io.k8s.api.core.v1.ConfigMap'),
    fieldValidation: 'Warn',
  }).object as never;

test('equal sets are one value, frozen', () => {
  assert.equal(internSet(structuredClone(set)).set, known);
  assert.equal(internSet(known).text, JSON.stringify(set));
  assert.ok(Object.isFrozen(known['f:data']));
});

test('printing an object prints what JSON.stringify prints, and leaves the shared sets in it', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    gone: undefined,
    metadata: { name: 'a', managedFields: [entry(structuredClone(set)), entry({})], labels: { '"': '\u2028' } },
    data: null,
  };
  const expected = JSON.stringify(object);
  assert.equal(objectText(object), expected);
  assert.equal((object.metadata.managedFields[0] as { fieldsV1: object }).fieldsV1, known);
});

test('a body that carries known sets is decoded to the same object, and shares them', () => {
  const body = JSON.stringify({
    metadata: { name: 'a', managedFields: [entry(set), entry({ 'f:other': {} }), entry(set)] },
    data: { a: JSON.stringify({ fieldsV1: set }) },
  });
  const object = decode(body);
  assert.deepEqual(object, { ...JSON.parse(body), apiVersion: 'v1', kind: 'ConfigMap' });
  assert.equal(object.metadata.managedFields?.[2]?.fieldsV1, known);
});

const elsewhere: readonly [string, string][] = [
  ['a known set where no set belongs', `{"metadata":{"name":"a"},"data":{"fieldsV1":${JSON.stringify(set)}}}`],
  [
    'a set that looks like a mark',
    `{"metadata":{"managedFields":[{"fieldsV1":{"~":0}}],"x":{"fieldsV1":${JSON.stringify(set)}}}}`,
  ],
];
for (const [title, body] of elsewhere) {
  test(`${title} is left alone`, () => {
    const short = withoutKnownSets(body);
    assert.ok(short === undefined || !restoreSets(JSON.parse(short.text), short.sets));
  });
}

test('a set that is given twice in one entry is found out as without sharing', () => {
  const text = JSON.stringify(set);
  const warned = decodeBody(
    new TextEncoder().encode(`{"metadata":{"managedFields":[{"fieldsV1":${text},"fieldsV1":${text}}]}}`),
    {
      format: 'json',
      expected: { group: '', version: 'v1', kind: 'ConfigMap' },
      type: builtinSchemas.type('io.k8s.api.core.v1.ConfigMap'),
      fieldValidation: 'Warn',
    },
  );
  assert.deepEqual(warned.warnings, ['duplicate field "metadata.managedFields[0].fieldsV1"']);
});
