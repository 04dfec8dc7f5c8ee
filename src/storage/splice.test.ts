import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaceRevision, spliceRevision } from '#storage/splice.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

for (const { name, json, spliced } of [
  {
    name: 'metadata first',
    json: '{"metadata":{"name":"a"}}',
    spliced: '{"metadata":{"resourceVersion":"7","name":"a"}}',
  },
  { name: 'empty metadata', json: '{"metadata":{}}', spliced: '{"metadata":{"resourceVersion":"7"}}' },
  {
    name: 'behind a template that has metadata of its own',
    json: '{"spec":{"template":{"metadata":{"name":"no"}},"list":[{"metadata":{}},"}"]},"metadata":{"name":"a"}}',
    spliced:
      '{"spec":{"template":{"metadata":{"name":"no"}},"list":[{"metadata":{}},"}"]},"metadata":{"resourceVersion":"7","name":"a"}}',
  },
  {
    name: 'behind strings with quotes, escapes and braces, numbers and literals',
    json: '{"a":"\\"metadata\\":{","b\\\\":-1.5e3,"c":true,"d":null,"e":[],"metadata":{"name":"ä"}}',
    spliced:
      '{"a":"\\"metadata\\":{","b\\\\":-1.5e3,"c":true,"d":null,"e":[],"metadata":{"resourceVersion":"7","name":"ä"}}',
  },
  {
    name: 'with white space',
    json: '{ "kind" : "A" ,\n "metadata" : { } }',
    spliced: '{ "kind" : "A" ,\n "metadata" : {"resourceVersion":"7" } }',
  },
]) {
  test(`resourceVersion goes right behind the opening of the top metadata: ${name}`, () => {
    assert.equal(decode(spliceRevision(encode(json), 7).bytes), spliced);
  });
}

test('a revision is replaced by one with more or fewer digits', () => {
  const seven = spliceRevision(encode('{"metadata":{"name":"a"}}'), 7);
  const thousand = replaceRevision(seven, 7, 1000);
  assert.equal(decode(thousand.bytes), '{"metadata":{"resourceVersion":"1000","name":"a"}}');
  assert.equal(decode(replaceRevision(thousand, 1000, 12).bytes), '{"metadata":{"resourceVersion":"12","name":"a"}}');
});

test('what is not an object with metadata is a programming error', () => {
  assert.throws(() => spliceRevision(encode('{"kind":"A"}'), 7), /a stored object has metadata/);
  assert.throws(() => spliceRevision(encode('{"metadata":1}'), 7), /metadata is an object/);
});
