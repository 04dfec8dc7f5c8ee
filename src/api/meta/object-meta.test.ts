import { test } from 'node:test';
import assert from 'node:assert/strict';
import { validateObjectMeta, validateObjectMetaUpdate } from '#api/meta/object-meta.ts';
import { isConfigMapKey, isDNS1123Label, isQualifiedName, utf8Length } from '#api/meta/names.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { withCondition } from '#api/meta/conditions.ts';

const fields = (errors: readonly { field: string; type: string }[]): string[] =>
  errors.map((e) => `${e.field} ${e.type}`);

test('a good object breaks nothing', () => {
  assert.deepEqual(validateObjectMeta({ name: 'a.b', namespace: 'ns', labels: { 'x.y/z': '' } }, true), []);
});

test('each broken field is told', () => {
  const errors = validateObjectMeta(
    {
      generateName: 'AB-',
      namespace: 'x.y',
      labels: { 'a b': 'c d' },
      annotations: { 'A/B': '' },
      finalizers: ['no/slash/es', 'orphan', 'foregroundDeletion'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: '', uid: 'u' }],
    },
    true,
  );
  assert.deepEqual(fields(errors), [
    'metadata.generateName FieldValueInvalid',
    'metadata.name FieldValueRequired',
    'metadata.namespace FieldValueInvalid',
    'metadata.labels FieldValueInvalid',
    'metadata.labels FieldValueInvalid',
    'metadata.ownerReferences.name FieldValueInvalid',
    'metadata.ownerReferences FieldValueInvalid',
    'metadata.finalizers FieldValueInvalid',
    'metadata.finalizers FieldValueInvalid',
  ]);
});

test('an update may not change identity nor add finalizers while deleting', () => {
  const old = {
    name: 'a',
    uid: '1',
    resourceVersion: '5',
    deletionTimestamp: '2020-01-01T00:00:00Z',
    finalizers: ['x/a'],
  };
  const errors = validateObjectMetaUpdate({ ...old, uid: '2', finalizers: ['x/a', 'x/b'] }, old);
  assert.deepEqual(
    errors.map((error) => [error.field, error.detail]),
    [
      [
        'metadata.finalizers',
        'no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/b"}',
      ],
      ['metadata.uid', 'field is immutable'],
    ],
  );
});

test('names are told apart as upstream does', () => {
  assert.deepEqual(isDNS1123Label('a.b'), ['must not contain dots']);
  assert.equal(isDNS1123Label('x'.repeat(64))[0], 'must be no more than 63 characters');
  assert.deepEqual(isQualifiedName('/a'), ['prefix part must be non-empty']);
  assert.equal(isQualifiedName('')[0], 'name part must be non-empty');
  assert.deepEqual(isConfigMapKey('..'), ["must not be '..'"]);
  assert.equal(utf8Length('aä€😀'), 1 + 2 + 3 + 4);
});

test('empty and absent are the same', () => {
  assert.equal(semanticEqual({ a: [], b: undefined }, { c: {} }), true);
  assert.equal(semanticEqual({ a: [1] }, { a: [2] }), false);
  assert.equal(semanticEqual({ a: 0 }, {}), false);
});

test('a condition keeps its time while its status stays', () => {
  const first = withCondition(undefined, { type: 'Ready', status: 'True' }, 't1');
  assert.deepEqual(first, [{ lastTransitionTime: 't1', type: 'Ready', status: 'True' }]);
  assert.equal(withCondition(first, { type: 'Ready', status: 'True' }, 't2'), first);
  assert.equal(withCondition(first, { type: 'Ready', status: 'False' }, 't2')[0]?.lastTransitionTime, 't2');
});
