import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth, tableText } from './table.ts';

const tables: readonly [name: string, rows: string[][], maxWidth: number, expected: string][] = [
  [
    'columns are as wide as their widest cell',
    [
      ['A', 'B'],
      ['long', 'x'],
    ],
    0,
    'A   \tB\nlong\tx\n',
  ],
  ['a cell beyond the limit ends in dots', [['A'], ['0123456789abc']], 10, 'A         \n0123456...\n'],
  ['a cell at the limit stays', [['0123456789']], 10, '0123456789\n'],
  [
    'wide letters count twice',
    [
      ['日本', 'x'],
      ['abc', 'y'],
    ],
    0,
    '日本\tx\nabc \ty\n',
  ],
  ['a cell of two lines is cut as one text', [['a\nb', 'c']], 10, 'a...\tc\n'],
  [
    'so is a longer one',
    [
      ['line one\nline two', 'c'],
      ['0123456789', 'd'],
    ],
    10,
    'line on...\tc\n0123456789\td\n',
  ],
  ['wide letters are cut by their width', [['日本語の長いの', 'x']], 10, '日本語の...\tx\n'],
  ['no rows', [], 0, ''],
];

for (const [name, rows, maxWidth, expected] of tables)
  test(name, () => {
    assert.equal(tableText(rows, { maxWidth }), expected);
  });

test('marks that join a letter take no place', () => {
  assert.equal(displayWidth('e\u0301'), 1);
});
