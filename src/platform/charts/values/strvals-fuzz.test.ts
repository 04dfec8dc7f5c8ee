import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { setValues } from '#platform/charts/values/strvals.ts';
import type { SetStyle } from '#platform/charts/values/strvals.ts';
import type { Table } from '#platform/charts/values/table.ts';

const pieces = [
  'a',
  'b',
  '.',
  '=',
  ',',
  '[',
  ']',
  '{',
  '}',
  '\\',
  '0',
  '65537',
  '-1',
  'null',
  'true',
  '"x"',
  '[1,2]',
  'é',
  '\n',
  ' ',
];
const styles: readonly SetStyle[] = [{ kind: 'typed' }, { kind: 'string' }, { kind: 'json' }, { kind: 'literal' }];

test('any line sets values or is refused with a message', () => {
  const line = fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, fc.constantFrom(...styles), (text, style) => {
      const table: Table = new Map();
      try {
        setValues(text, table, style);
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError), text);
      }
    }),
    { numRuns: 3000, seed: 1 },
  );
});
