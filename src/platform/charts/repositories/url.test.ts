import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanPath, joinPath, joinUrl, resolveReference, sameUrl, splitUrl, urlJoin } from './url.ts';

const references: readonly [base: string, reference: string, expected: string][] = [
  ['https://example.com', 'a.tgz', 'https://example.com/a.tgz'],
  ['https://example.com/charts', 'a.tgz', 'https://example.com/charts/a.tgz'],
  ['https://example.com/charts/', 'a.tgz', 'https://example.com/charts/a.tgz'],
  ['https://example.com/charts/', '../a.tgz', 'https://example.com/a.tgz'],
  ['https://example.com/charts/', '/a.tgz', 'https://example.com/a.tgz'],
  ['https://example.com/charts?token=1', 'a.tgz', 'https://example.com/charts/a.tgz?token=1'],
  ['https://example.com/charts?token=1', 'a.tgz?x=2', 'https://example.com/charts/a.tgz?token=1'],
  ['https://example.com/charts', '//other.com/a.tgz', 'https://other.com/a.tgz'],
  ['https://example.com/charts', 'http://other.com/a.tgz', 'http://other.com/a.tgz'],
  ['https://example.com/a%2fb', 'c.tgz', 'https://example.com/a%2fb/c.tgz'],
];

for (const [base, reference, expected] of references)
  test(`${reference} in ${base}`, () => assert.equal(resolveReference(base, reference), expected));

const same: readonly [string, string, boolean][] = [
  ['https://example.com', 'https://example.com/', true],
  ['https://example.com/a/', 'https://example.com/a', true],
  ['https://example.com/a/../b', 'https://example.com/b', true],
  ['https://example.com', 'http://example.com', false],
  ['https://example.com:443', 'https://example.com', false],
];

for (const [a, b, expected] of same)
  test(`${a} and ${b}: ${expected ? 'the same' : 'two'}`, () => assert.equal(sameUrl(a, b), expected));

test('paths are cleaned as Go does', () => {
  assert.equal(cleanPath(''), '.');
  assert.equal(cleanPath('/../a//b/./c/..'), '/a/b');
  assert.equal(cleanPath('../a/../../b'), '../../b');
  assert.equal(joinPath('', 'a', '', 'b/'), 'a/b');
  assert.equal(urlJoin('https://example.com/a?b=c', 'd.tgz'), 'https://example.com/a/d.tgz?b=c');
  assert.equal(urlJoin('', 'd.tgz'), 'd.tgz');
});

test('what Go cannot parse is undefined, and what it can is kept', () => {
  for (const bad of ['https://example.com/\n', ':a', 'https://example.com:port/', '%zz', '1a:b'])
    assert.equal(splitUrl(bad), undefined, bad);
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
      const parts = splitUrl(url);
      assert.ok(parts !== undefined);
      assert.equal(joinUrl(parts), url);
    }),
    { numRuns: 200 },
  );
});
