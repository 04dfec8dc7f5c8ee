import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonNode } from '#lang/json/parse.ts';
import { parseJsonNode } from '#lang/json/parse.ts';
import { maxJsonDepth, scanJson } from '#lang/json/scan.ts';

const encoder = new TextEncoder();
const scan = (text: string): { keys: number; inexact: boolean } => scanJson(encoder.encode(text));

const scans: readonly (readonly [string, number, boolean])[] = [
  ['{"a":{"b":[1,{"c":2}]},"a":":"}', 4, false],
  [String.raw`{"a\":\"b":"\\","c":"\\\":"}`, 2, false],
  ['{"a":123456789012345}', 1, false],
  ['{"a":1234567890123456}', 1, true],
  ['{"a":1.0}', 1, true],
  ['{"a":-1e3}', 1, true],
  ['{"a":"1.0 1234567890123456789"}', 1, false],
  [String.raw`{"a":"\ud800"}`, 1, true],
  [String.raw`{"a":"\\ud800"}`, 1, false],
  [String.raw`{"a":"\ud7ff\u00e9"}`, 1, false],
];
for (const [text, keys, inexact] of scans) test(`scan ${text}`, () => assert.deepEqual(scan(text), { keys, inexact }));

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [, field]) => sum + countKeys(field),
    Array.isArray(value) ? 0 : Object.keys(value).length,
  );
}

test('the scan counts the keys of any JSON', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(scan(JSON.stringify(value)).keys, countKeys(value))));
});

function valueOf(node: JsonNode): unknown {
  switch (node.type) {
    case 'object':
      return Object.fromEntries(node.entries.map(([key, field]) => [key, valueOf(field)]));
    case 'array':
      return node.items.map(valueOf);
    case 'number':
      return Number(node.source);
    case 'null':
      return null;
    default:
      return node.value;
  }
}

test('the exact parser reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom('', ' ', '\n\t'), (text, space) => {
      const spaced = space + text + space;
      assert.deepEqual(valueOf(parseJsonNode(encoder.encode(spaced))), JSON.parse(spaced));
    }),
  );
});

test('the exact parser refuses what JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0-.eE+tru fals\\u\n'), maxLength: 12 }), (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      if (isJson) assert.doesNotThrow(() => parseJsonNode(encoder.encode(text)));
      else assert.throws(() => parseJsonNode(encoder.encode(text)), { name: 'JsonSyntaxError' });
    }),
    { numRuns: 2000 },
  );
});

// The texts of Go's encoding/json.
const errors: readonly (readonly [string, string])[] = [
  ['', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['nul', 'unexpected end of JSON input'],
  ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['{} {}', "invalid character '{' after top-level value"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
];
for (const [text, message] of errors) {
  test(`error: ${JSON.stringify(text)}`, () => assert.throws(() => parseJsonNode(encoder.encode(text)), { message }));
}

test('nesting has an end', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  assert.throws(() => parseJsonNode(encoder.encode(nested(maxJsonDepth + 1))), {
    message: /^invalid character '.' exceeded max depth$/,
  });
  assert.equal(parseJsonNode(encoder.encode(nested(maxJsonDepth))).type, 'array');
  assert.deepEqual([scan(nested(maxJsonDepth)).inexact, scan(nested(maxJsonDepth + 1)).inexact], [false, true]);
});
