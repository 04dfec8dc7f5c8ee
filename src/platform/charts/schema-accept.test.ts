import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookAtValue } from '#platform/charts/schema-accept.ts';
import { validatorFailures } from '#platform/charts/schema-validator.ts';
import { valueOf } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';

const values = [
  {},
  { a: 1 },
  { a: 'text', b: [1, 2, 2] },
  { a: null, b: [] },
  { a: { c: 'xyz', d: true }, b: ['p', 'q'] },
  { a: 5.5, z: [{ a: 1 }, { a: 'x' }] },
  { a: -3, b: [[1]], c: '' },
];

const schemas: Readonly<Record<string, unknown>> = {
  types: { type: 'object', properties: { a: { type: ['string', 'integer'] } } },
  required: { required: ['a', 'b'] },
  'no others': { properties: { a: true }, additionalProperties: false },
  'others by pattern': { patternProperties: { '^[ab]$': {} }, additionalProperties: { type: 'array' } },
  bounds: { properties: { a: { minimum: 0, exclusiveMaximum: 5.5 } } },
  lists: { properties: { b: { minItems: 1, uniqueItems: true, items: { type: ['number', 'string'] } } } },
  texts: { properties: { a: { minLength: 5, pattern: '^t' } } },
  enums: { properties: { a: { enum: [1, null, 'text'] } } },
  'any, one, all, not': {
    anyOf: [{ required: ['a'] }, { maxProperties: 0 }],
    oneOf: [{ required: ['b'] }, { not: { required: ['b'] } }],
    allOf: [{ minProperties: 0 }],
  },
  conditions: JSON.parse('{"if":{"required":["b"]},"then":{"required":["c"]},"else":{"maxProperties":1}}'),
  references: { definitions: { n: { type: 'number' } }, properties: { a: { $ref: '#/definitions/n' } } },
  names: { propertyNames: { maxLength: 1, enum: ['a', 'b'] } },
  nothing: false,
};

describe('a first look at values agrees with the validator', () => {
  for (const [name, schema] of Object.entries(schemas))
    test(name, () => {
      const bytes = new TextEncoder().encode(JSON.stringify(schema));
      for (const value of values) {
        const isRight = validatorFailures(bytes, valueOf(value) as Table, () => undefined) === '';
        assert.equal(lookAtValue(schema, value), isRight ? 'right' : 'wrong', JSON.stringify(value));
      }
    });

  for (const [name, schema] of Object.entries({
    'an unknown word': { minContains: 1 },
    'another file': { $ref: 'other.json' },
    'a format': { properties: { a: { format: 'uri' } } },
    'a broken pattern': { properties: { a: { pattern: '(' } } },
    'a circle of references': { $ref: '#' },
    'rules beside a reference': { definitions: { n: {} }, $ref: '#/definitions/n', required: ['x'] },
    'a newer word in draft 4': { $schema: 'http://json-schema.org/draft-04/schema#', const: 1 },
  }))
    test(`leaves ${name} to the validator`, () => {
      assert.equal(lookAtValue(schema, { a: 'x' }), 'unsure');
    });
});
