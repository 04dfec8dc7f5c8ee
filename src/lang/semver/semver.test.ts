import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCompatibleRange } from '#lang/semver/constraint.ts';
import { compareVersions, isValidVersion, parseVersion, versionText } from '#lang/semver/version.ts';

const ranges: readonly [string, string, boolean][] = [
  ['>=1.19-0', '1.32.4-gke.1', true],
  ['>=1.19', '1.32.4-gke.1', false],
  ['^1.2', '1.9.0', true],
  ['^0.2', '0.3.0', false],
  ['~1.2.3', '1.2.9', true],
  ['~1.2.3', '1.3.0', false],
  ['1.x', '1.9.9', true],
  ['*', '3.0.0', true],
  ['', '3.0.0', false],
  ['1.2 - 3.4', '3.4.9', true],
  ['>1.2', '1.2.5', false],
  ['>=1.0.0, <2.0.0', '1.5.0', true],
  ['>=1.0.0 <2.0.0 || 3.1.4', 'v3.1.4', true],
  ['!=1.2', '1.2.7', false],
  ['>= 1.16.0-0', 'v1.20.0', true],
];

for (const [range, version, expected] of ranges) {
  test(`${version} ${expected ? 'lies' : 'does not lie'} in ${range}`, () => {
    assert.equal(isCompatibleRange(range, version), expected);
  });
}

test('versions: short forms, prereleases and what is none', () => {
  assert.equal(versionText(parseVersion('v1.2-rc.1+x')), '1.2.0-rc.1+x');
  assert.ok(compareVersions(parseVersion('1.0.0-alpha.2'), parseVersion('1.0.0-alpha.10')) < 0);
  assert.ok(compareVersions(parseVersion('1.0.0'), parseVersion('1.0.0-rc')) > 0);
  assert.equal(isValidVersion('1.2.3-01'), false);
  assert.equal(isValidVersion('one'), false);
});
