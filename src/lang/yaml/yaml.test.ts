import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawJson, rawSource } from '#base/exact-json.ts';
import { YamlError, loadAllYaml, loadYaml, yamlToJson } from '#lang/yaml/to-json.ts';
import { naturalOrder, printYaml } from '#lang/yaml/print.ts';

// What sigs.k8s.io/yaml v1.6.0 gives for the same text.
const loads: readonly (readonly [string, string, string])[] = [
  ['YAML 1.1 booleans and octal', 'a: yes\nb: 0777\nc: y\nd: Off', '{"a":true,"b":511,"c":true,"d":false}'],
  ['quoted words are strings', 'a: "yes"\nb: \'1\'', '{"a":"yes","b":"1"}'],
  [
    'dates and times of day are strings',
    'a: 2020-01-01\nb: 12:30:45\nc: 2020-01-01T00:00:00Z',
    '{"a":"2020-01-01","b":"12:30:45","c":"2020-01-01T00:00:00Z"}',
  ],
  [
    'numbers of all bases',
    'a: 0x1F\nb: 0b11\nc: 1_000\nd: 08\ne: -0x10\nf: +12',
    '{"a":31,"b":3,"c":1000,"d":8,"e":-16,"f":12}',
  ],
  [
    '64-bit integers are exact',
    'a: 9007199254740993\nb: 18446744073709551615',
    '{"a":9007199254740993,"b":18446744073709551615}',
  ],
  [
    'merge keys, later ones win',
    'x: &a {p: 1}\nz:\n  <<: *a\n  p: 2\nw:\n  p: 2\n  <<: *a',
    '{"w":{"p":1},"x":{"p":1},"z":{"p":2}}',
  ],
  ['keys of other types become strings', '1: a\n1.5: b\ntrue: c', '{"1":"a","1.5":"b","true":"c"}'],
  ['an empty document is null', '# nothing\n', 'null'],
  ['only the first document counts', '---\na: 1\n---\nb: 2', '{"a":1}'],
  ['keys that are dangerous in JavaScript are data', '__proto__: 1\nconstructor: 2', '{"__proto__":1,"constructor":2}'],
  ['tags', 'a: !!str 1\nb: !!float 1\nc: !!binary aGk=', '{"a":"1","b":1,"c":"hi"}'],
];
for (const [name, text, json] of loads) {
  test(`load: ${name}`, () => assert.equal(yamlToJson(text).json, json));
}

test('keys given twice are reported with the line of the second value; the last value counts', () => {
  const { json, duplicates } = yamlToJson('a: 1\nb:\n  c: 1\n  c: 2\nkind: x\na: 3');
  assert.equal(json, '{"a":3,"b":{"c":2},"kind":"x"}');
  assert.deepEqual(duplicates, [
    'yaml: unmarshal errors:\n  line 4: key "c" already set in map\n  line 6: key "a" already set in map',
  ]);
});

const failures: readonly (readonly [string, string])[] = [
  ['a: b: c', 'yaml: mapping values are not allowed in this context'],
  ['x: 1\na: b: c', 'yaml: line 2: mapping values are not allowed in this context'],
  ['a:\n\t- x', 'yaml: line 2: found character that cannot start any token'],
  ['a: *x', "yaml: unknown anchor 'x' referenced"],
  ['a: @x', 'yaml: found character that cannot start any token'],
  ['a: !!int x', 'yaml: cannot decode !!str `x` as a !!int'],
];
for (const [text, message] of failures) {
  test(`load fails: ${JSON.stringify(text)}`, () =>
    assert.throws(() => yamlToJson(text), { name: 'YamlError', message }));
}

test('aliases cannot stand for gigabytes', () => {
  let text = 'a0: &a0 [x,x,x,x,x,x,x,x,x]\n';
  for (let i = 1; i < 9; i++) text += `a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(',')}]\n`;
  assert.throws(() => yamlToJson(text), YamlError);
});

test('values: the first document, all documents, large integers raw', () => {
  assert.deepEqual(loadYaml('a: [1, x]'), { a: [1, 'x'] });
  assert.deepEqual(loadAllYaml('a: 1\n---\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }]);
  assert.equal(rawSource((loadYaml('a: 9007199254740993') as { a: unknown }).a), '9007199254740993');
});

const long = 'word '.repeat(30).trim();
// What JSONToYAML of sigs.k8s.io/yaml v1.6.0 prints.
const prints: readonly (readonly [string, unknown, string])[] = [
  [
    'lists stand below their key',
    { a: [{ b: 1, c: [1, 2] }, []], d: {} },
    'a:\n- b: 1\n  c:\n  - 1\n  - 2\n- []\nd: {}\n',
  ],
  [
    'words that mean something else are quoted',
    { a: 'yes', b: '1', c: '', d: 'null', e: '2020-01-01', f: '12:30', y: 'x' },
    'a: "yes"\nb: "1"\nc: ""\nd: "null"\ne: "2020-01-01"\nf: "12:30"\n"y": x\n',
  ],
  [
    'strings that are no plain scalars',
    { a: '- x', b: ': x', c: 'x: y', d: ' x', e: "it's", f: '#x', g: "'x'", h: '*x' },
    "a: '- x'\nb: ': x'\nc: 'x: y'\nd: ' x'\ne: it's\nf: '#x'\ng: '''x'''\nh: '*x'\n",
  ],
  ['control characters', { a: 'x\ty', b: 'x\r', c: '😀' }, 'a: "x\\ty"\nb: "x\\r"\nc: "\\U0001F600"\n'],
  [
    'text of several lines',
    { a: 'x\ny\n', b: 'x\ny', c: 'x\n\n', d: ' x\ny\n' },
    'a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: |2\n   x\n  y\n',
  ],
  ['long lines are folded', { a: long }, `a: ${'word '.repeat(16).trim()}\n  ${'word '.repeat(14).trim()}\n`],
  ['keys in natural order', { a10: 1, a2: 2, B: 3, '1': 4 }, '"1": 4\nB: 3\na2: 2\na10: 1\n'],
  [
    'numbers',
    { a: 1.5, b: 1000000.5, c: 1e-7, d: rawJson('9007199254740993'), e: 1e20 },
    'a: 1.5\nb: 1.0000005e+06\nc: 1e-07\nd: 9007199254740993\ne: 1e+20\n',
  ],
  ['undefined fields are left out', { a: undefined, b: null }, 'b: null\n'],
];
for (const [name, value, text] of prints) {
  test(`print: ${name}`, () => assert.equal(printYaml(value), text));
}

test('naturalOrder puts numbers by value and letters last', () => {
  assert.deepEqual(['a10', 'a2', 'a', 'a-1', 'ab', 'a01'].toSorted(naturalOrder), [
    'a',
    'a-1',
    'a01',
    'a2',
    'a10',
    'ab',
  ]);
});
