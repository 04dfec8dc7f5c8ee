import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainFailure } from '#platform/charts/schema-explain.ts';

const draft4 = { $schema: 'http://json-schema.org/draft-04/schema#' };
const draft2019 = { $schema: 'https://json-schema.org/draft/2019-09/schema' };

/** Schema, value, and the lines of Helm 3.22. */
const cases: readonly (readonly [string, object, unknown, string | undefined])[] = [
  ['a type', { type: 'object' }, [], "- at '': got array, want object\n"],
  ["types in the validator's order", { type: ['string', 'null'] }, 1, "- at '': got number, want null or string\n"],
  ['a whole number is an integer', { type: 'integer' }, 3, undefined],
  ['required', { required: ['a', 'b'] }, {}, "- at '': missing properties 'a', 'b'\n"],
  [
    'no more properties',
    { additionalProperties: false },
    { a: 1, b: 2 },
    "- at '': additional properties 'a', 'b' not allowed\n",
  ],
  [
    'oneOf with its reasons',
    { properties: { a: { oneOf: [{ type: 'string' }, { type: 'null' }] } } },
    { a: 1 },
    "- at '/a': 'oneOf' failed, none matched\n  - at '/a': got number, want string\n  - at '/a': got number, want null\n",
  ],
  ['oneOf that matches twice', { oneOf: [true, true] }, 1, "- at '': 'oneOf' failed, subschemas 0, 1 matched\n"],
  ['numbers with separators', { maximum: 9000 }, 12345, "- at '': maximum: got 12,345, want 9,000\n"],
  [
    'a bound of draft 4',
    { ...draft4, minimum: 8080, exclusiveMinimum: true },
    8080,
    "- at '': exclusiveMinimum: got 8,080, want 8,080\n",
  ],
  ['an enumeration', { enum: ['x', 'y'] }, 'z', "- at '': value must be one of 'x', 'y'\n"],
  [
    'dependentRequired',
    { ...draft2019, dependentRequired: { a: ['b'] } },
    { a: 1 },
    "- at '': properties 'b' required, if 'a' exists\n",
  ],
  [
    'a reference with one failure is not shown',
    { $ref: '#/$defs/x', $defs: { x: { type: 'number' } } },
    'a',
    "- at '': got string, want number\n",
  ],
  [
    'several failures of a property',
    { required: ['b'], properties: { a: { minLength: 3, pattern: '^h' } } },
    { a: 'x' },
    "- at '': missing property 'b'\n- at '/a': validation failed\n  - at '/a': minLength: got 1, want 3\n  - at '/a': 'x' does not match pattern '^h'\n",
  ],
  ['equal items', { uniqueItems: true }, [1, { a: 1 }, { a: 1 }], "- at '': items at 1 and 2 are equal\n"],
];

for (const [name, schema, value, expected] of cases) {
  test(name, () => assert.equal(explainFailure(schema, value), expected));
}

test('a schema of more than the walk knows is left to the validator', () => {
  assert.equal(explainFailure({ unevaluatedProperties: false }, { a: 1 }), undefined);
});
