import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  int64Of,
  numberOf,
  parseExact,
  rawJson,
  rawSource,
  roundedInt64,
  untypedNumber,
  writtenInt64,
} from '#base/exact-json.ts';
import { cloneJson } from '#base/immutable.ts';

test('integers of 64 bits survive parsing, copying and printing', () => {
  const text =
    '{"a":9007199254740993,"b":[-9223372036854775808,1.5,12345678901234567890123],"c":"1234567890123456789"}';
  const value = parseExact(text) as { a: unknown; b: unknown[] };
  assert.equal(
    JSON.stringify(cloneJson(value)),
    '{"a":9007199254740993,"b":[-9223372036854775808,1.5,1.2345678901234568e+22],"c":"1234567890123456789"}',
  );
  assert.equal(rawSource(value.a), '9007199254740993');
  assert.equal(numberOf(value.a), 9007199254740992);
});

test('small numbers are numbers', () => {
  assert.deepEqual(parseExact('{"a":1,"__proto__":2}'), JSON.parse('{"a":1,"__proto__":2}'));
  assert.equal(numberOf(7), 7);
  assert.equal(numberOf('7'), undefined);
  assert.equal(rawSource({ rawJSON: '7' }), undefined);
});

const literals: readonly (readonly [string, unknown])[] = [
  ['5', 5],
  ['-0', 0],
  ['9007199254740991', 9007199254740991],
  ['9223372036854775808', undefined],
  ['1.0', undefined],
  ['1e3', undefined],
];
for (const [source, value] of literals) test(`int64Of(${source})`, () => assert.equal(int64Of(source), value));

test('untyped numbers that are no integers are doubles', () => {
  assert.equal(untypedNumber('1e3'), 1000);
  assert.equal(untypedNumber('1.0'), 1);
  assert.equal(JSON.stringify(rawJson('1.0')), '1.0');
});

test('a rounded int64 stays within 64 bits and is shown as it was written', () => {
  const max = roundedInt64('9223372036854775807');
  assert.ok(max < 2 ** 63);
  assert.equal(writtenInt64(max), '9223372036854775807');
  assert.equal(roundedInt64('-9223372036854775808'), -(2 ** 63));
  assert.equal(writtenInt64(42), '42');
});
