import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand } from '#kubelet/env/expand.ts';

const variables = new Map([
  ['A', '1'],
  ['EMPTY', ''],
]);
const cases = [
  { text: 'plain', expected: 'plain' },
  { text: '$(A)', expected: '1' },
  { text: 'x$(A)y$(A)', expected: 'x1y1' },
  { text: '$(UNKNOWN)', expected: '$(UNKNOWN)' },
  { text: '$$(A)', expected: '$(A)' },
  { text: '$$$(A)', expected: '$1' },
  { text: '$(EMPTY)|', expected: '|' },
  { text: '$A', expected: '$A' },
  { text: 'cost 5$', expected: 'cost 5$' },
  { text: '$(A', expected: '$(A' },
];
for (const { text, expected } of cases) {
  test(`${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () =>
    assert.equal(expand(text, variables), expected));
}
