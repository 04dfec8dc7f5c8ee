import { test } from 'node:test';
import assert from 'node:assert/strict';
import { unifiedDiff } from '#lang/diff/unified-diff.ts';

const letters = 'a b c d e f g h i j k l'.split(' ');
const changed = (changes: Record<number, string | undefined>): string =>
  letters.flatMap((letter, i) => (i in changes ? (changes[i] === undefined ? [] : [changes[i]]) : [letter])).join('\n');

const cases: readonly [string, string, string][] = [
  ['the same text has no diff', letters.join('\n'), ''],
  [
    'a changed line has three lines around it',
    changed({ 5: 'F' }),
    '@@ -3,7 +3,7 @@\n c\n d\n e\n-f\n+F\n g\n h\n i\n',
  ],
  ['a lost first line', changed({ 0: undefined }), '@@ -1,4 +1,3 @@\n-a\n b\n c\n d\n'],
  [
    'changes far apart are apart',
    changed({ 0: 'A', 11: 'L' }),
    '@@ -1,4 +1,4 @@\n-a\n+A\n b\n c\n d\n@@ -9,4 +9,4 @@\n i\n j\n k\n-l\n+L\n',
  ],
  [
    'changes close by are together',
    changed({ 2: 'C', 5: 'F' }),
    '@@ -1,9 +1,9 @@\n a\n b\n-c\n+C\n d\n e\n-f\n+F\n g\n h\n i\n',
  ],
];
for (const [name, after, expected] of cases) {
  test(name, () => {
    assert.equal(unifiedDiff(letters.join('\n'), after), expected);
  });
}
