import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChartError } from '#platform/charts/chart.ts';
import { encodeIndex, mergeIndex, printIndex } from './index-build.ts';
import { findVersion, readIndex } from './index-file.ts';
import { searchCharts } from './search.ts';

const quiet = (): void => undefined;

function indexText(versions: readonly string[]): string {
  const entries = versions.map(
    (version) => `  - {apiVersion: v2, name: web, version: ${version}, urls: [web-${version}.tgz]}\n`,
  );
  return `apiVersion: v1\ngenerated: 2020-01-01T00:00:00.500Z\nentries:\n  web:\n${entries.join('')}`;
}

const index = readIndex(indexText(['1.2.0', '2.0.0-rc.1', '1.10.0', '1.10.0+b', '0.1.0']), 'here', quiet);

const choices: readonly [range: string, expected: string][] = [
  ['', '1.10.0'],
  ['^1', '1.10.0'],
  ['1.2.0', '1.2.0'],
  ['1.10.0+b', '1.10.0+b'],
  ['<1', '0.1.0'],
  ['>0.0.0-0', '2.0.0-rc.1'],
  ['2.0.0-rc.1', '2.0.0-rc.1'],
];

for (const [range, expected] of choices)
  test(`version ${range || '(none)'} is ${expected}`, () =>
    assert.equal(findVersion(index, 'web', range).metadata.version, expected));

test('versions that there are not', () => {
  assert.throws(() => findVersion(index, 'web', '9'), { message: 'no chart version found for web-9' });
  assert.throws(() => findVersion(index, 'nobody', ''), { message: 'no chart name found' });
  assert.throws(() => findVersion(index, 'web', 'x y'), { message: 'improper constraint: "x y"' });
});

test('entries that are no charts are left out with a word', () => {
  const said: string[] = [];
  const text = `${indexText(['1.0.0', 'one'])}  -\n  odd:\n  - {name: odd}\n`;
  const read = readIndex(text, 'here', (line) => said.push(line));
  assert.deepEqual(
    read.entries.get('web')?.map(({ metadata }) => metadata.version),
    ['1.0.0'],
  );
  assert.deepEqual(said, [
    'skipping loading invalid entry for chart "odd" "" from here: validation: chart.metadata.version is required',
    'skipping loading invalid entry for chart "web" from here: empty entry',
    'skipping loading invalid entry for chart "web" "one" from here: validation: chart.metadata.version "one" is invalid',
  ]);
});

test('an index that was printed is read again as the same', () => {
  for (const format of ['yaml', 'json'] as const)
    assert.equal(encodeIndex(readIndex(printIndex(index, format), 'here', quiet)), encodeIndex(index));
});

test('merging keeps what is there and sorts', () => {
  const other = readIndex(indexText(['1.2.0', '3.0.0', '0.0.1']), 'there', quiet);
  const merged = mergeIndex(index, other)
    .entries.get('web')
    ?.map(({ metadata }) => metadata.version);
  assert.deepEqual(merged, ['3.0.0', '2.0.0-rc.1', '1.10.0', '1.10.0+b', '1.2.0', '0.1.0', '0.0.1']);
});

test('whatever the text is, there is an index or a reason', () => {
  const piece = fc.constantFrom(
    'apiVersion: v1\n',
    'entries:\n',
    '  web:\n',
    '  - name: web\n',
    '    version: 1\n',
    '    urls: [a]\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '<<: ',
    '"',
    '\t',
    'null',
    '\u0000',
    '!!binary x',
    ': ',
    '? ',
    '|\n',
    '__proto__: {}\n',
    'x: 1e999\n',
  );
  const texts = fc.oneof(
    fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
    fc.string({ maxLength: 200 }),
    fc.json(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const read = readIndex(text, 'here', quiet);
        searchCharts(new Map([['r', read]]), { text: 'web', style: 'text', range: '>0.0.0', versions: 'all' });
        encodeIndex(read);
      } catch (error) {
        assert.ok(error instanceof ChartError, String((error as Error).stack));
      }
    }),
    { numRuns: 1500 },
  );
});
