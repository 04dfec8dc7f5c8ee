import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyEmptied, fieldOrEmptied, normalize, normalizeParsed } from '#api/schema/normalize.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';

const container = builtinSchemas.type('io.k8s.api.core.v1.Container');

function read(value: object): object {
  return normalizeParsed(value, container, false).value as object;
}

test('a list that a request empties is gone, but messages can still show it', () => {
  const object = read({ name: 'a', args: [], command: ['sh'] });
  assert.equal('args' in object, false);
  assert.deepEqual(fieldOrEmptied(object, 'args'), []);
  assert.deepEqual(fieldOrEmptied(object, 'command'), ['sh']);
  assert.equal(fieldOrEmptied(object, 'env'), null);
  assert.equal(fieldOrEmptied(undefined, 'env'), null);
});

test('it survives a second pass and a copy', () => {
  const object = normalize(read({ name: 'a', args: [], tty: false }), container);
  assert.deepEqual(fieldOrEmptied(object, 'args'), []);
  assert.deepEqual(fieldOrEmptied(copyEmptied(object, { ...object }), 'args'), []);
  assert.equal(fieldOrEmptied({ ...object }, 'args'), null);
});
