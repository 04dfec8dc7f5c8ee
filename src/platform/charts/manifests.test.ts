import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortManifests, splitManifests } from '#platform/charts/manifests.ts';

const splits: readonly [string, string, string[]][] = [
  ['one document', 'a: 1\n', ['a: 1']],
  ['separators at start, middle and end', '---\na: 1\n---\nb: 2\n---\n', ['a: 1', 'b: 2']],
  ['a separator with a comment behind it', '--- # x\na: 1', ['# x\na: 1']],
  ['three dashes inside a line are text', 'a: "x---y"\nb: z ---', ['a: "x---y"\nb: z ---']],
  ['the second of two separators in a row stays, as in Helm', '---\n---\na: 1', ['---\na: 1']],
  ['nothing', ' \n', []],
];

for (const [name, text, expected] of splits) {
  test(`split: ${name}`, () => assert.deepEqual(splitManifests(text), expected));
}

test('manifests come in the order of their kinds, hooks apart, unknown hooks left out with a word', () => {
  const seen: string[] = [];
  const document = (kind: string, name: string, hook = ''): string =>
    `kind: ${kind}\nmetadata:\n  name: ${name}\n${hook && `  annotations:\n    helm.sh/hook: ${hook}\n    helm.sh/hook-weight: "-5"\n`}`;
  const files = new Map([
    [
      'c/templates/z.yaml',
      [document('Widget', 'w'), document('Deployment', 'd'), document('Alpha', 'a')].join('---\n'),
    ],
    ['c/templates/_p.tpl', 'x'],
    ['c/templates/a.yaml', [document('Service', 's'), document('Job', 'j', 'pre-install, TEST-success')].join('---\n')],
    ['c/templates/h.yaml', document('Job', 'k', 'crd-install')],
  ]);
  const { hooks, manifests } = sortManifests(files, (message) => seen.push(message));
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['Service', 'Deployment', 'Alpha', 'Widget'],
  );
  assert.deepEqual(
    hooks.map(({ name, events, weight }) => ({ name, events, weight })),
    [{ name: 'j', events: ['pre-install', 'test'], weight: -5 }],
  );
  assert.deepEqual(seen, ['info: skipping unknown hook: "crd-install"']);
});

test('a file that is no manifest is named', () => {
  assert.throws(() => sortManifests(new Map([['c/templates/x.yaml', 'text']]), () => {}), {
    message:
      'YAML parse error on c/templates/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type releaseutil.SimpleHead',
  });
});
