import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFileGlob } from '#platform/charts/file-glob.ts';
import { parseIgnore } from '#platform/charts/ignore.ts';

const ignores: readonly [string, string, 'file' | 'folder', boolean][] = [
  ['*.txt', 'docs/a.txt', 'file', true],
  ['/a.txt', 'docs/a.txt', 'file', false],
  ['docs/*.md', 'docs/a.md', 'file', true],
  ['docs/*.md', 'docs/x/a.md', 'file', false],
  ['ci/', 'ci', 'folder', true],
  ['ci/', 'ci', 'file', false],
  ['# comment', 'comment', 'file', false],
  ['', 'templates/.hidden.yaml', 'file', true],
  ['values-production.yaml', 'values-production.yaml', 'file', true],
  ['[a-c]?.y*ml', 'b1.yaml', 'file', true],
  ['!keep.txt', 'other.txt', 'file', true],
];

for (const [rule, path, kind, expected] of ignores) {
  test(`.helmignore: '${rule}' ${expected ? 'leaves out' : 'keeps'} the ${kind} ${path}`, () => {
    assert.equal(parseIgnore(rule)(path, kind), expected);
  });
}

test('.helmignore: two stars and broken sets are refused', () => {
  assert.throws(() => parseIgnore('a/**'), { message: 'double-star (**) syntax is not supported' });
  assert.throws(() => parseIgnore('[a'), { message: 'syntax error in pattern' });
});

const globs: readonly [string, string, boolean][] = [
  ['config/*.toml', 'config/a.toml', true],
  ['config/*.toml', 'config/x/a.toml', false],
  ['config/**', 'config/x/a.toml', true],
  ['**.yaml', 'a/b/c.yaml', true],
  ['{a,b-c}/?.txt', 'b-c/1.txt', true],
  ['[!a]x', 'bx', true],
  ['[!a]x', 'ax', false],
];

for (const [pattern, name, expected] of globs) {
  test(`.Files.Glob: ${pattern} ${expected ? 'finds' : 'does not find'} ${name}`, () => {
    assert.equal(compileFileGlob(pattern)(name), expected);
  });
}
