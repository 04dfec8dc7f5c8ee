/** `helm unittest`: what passes, what fails and how that is told. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { environmentOf, fill, folderWith, ours } from './real-helm.ts';

const chart = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'web/values.yaml': 'port: 80\nname: web\nlabels: {a.b/c: d}\n',
  'web/templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n  namespace: {{ .Release.Namespace }}\n  labels: {{ toJson .Values.labels }}\nspec:\n  ports:\n  - port: {{ .Values.port }}\n    name: http\n',
  'web/templates/other.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\ndata: {}\n',
  'web/templates/fails.yaml': '{{ if .Values.broken }}{{ fail "it is broken" }}{{ end }}',
  'web/tests/more.yaml': 'port: 90\n',
};

const passing = `suite: service
templates: [service.yaml]
tests:
  - it: has its defaults
    asserts:
      - isKind: { of: Service }
      - isAPIVersion: { of: v1 }
      - equal: { path: 'spec.ports[0].port', value: 80 }
      - equal: { path: 'metadata.labels["a.b/c"]', value: d }
      - notEqual: { path: metadata.name, value: other }
      - exists: { path: spec.ports }
      - notExists: { path: spec.selector }
      - contains: { path: spec.ports, content: { port: 80, name: http } }
      - lengthEqual: { path: spec.ports, count: 1 }
      - matchRegex: { path: metadata.name, pattern: ^w }
      - isSubset: { path: metadata, content: { name: web } }
      - hasDocuments: { count: 1 }
      - notFailedTemplate: {}
  - it: takes values and a release
    set: { name: x, 'labels.e': f }
    values: [more.yaml]
    release: { namespace: space }
    asserts:
      - equal: { path: 'spec.ports[0].port', value: 90 }
      - equal: { path: metadata.namespace, value: space }
      - equal: { path: metadata.labels, value: { a.b/c: d, e: f } }
      - equal: { path: metadata.name, value: web }
        not: true
      - equal: { path: metadata.name, value: other }
        template: other.yaml
  - it: fails
    set: { broken: true }
    asserts:
      - failedTemplate: { errorMessage: it is broken }
`;

describe('helm unittest', () => {
  let folder: string;
  before(() => {
    folder = folderWith({});
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(tests: string) {
    fill(folder, { ...chart, 'web/tests/a_test.yaml': tests });
    const { code, stdout, stderr } = await ours(['unittest', 'web'], folder, environmentOf(folder));
    return { code, stderr, lines: stdout.split('\n').filter((line) => line !== '') };
  }

  test('all assertions hold', async () => {
    const { code, lines } = await run(passing);
    assert.deepEqual(lines, ['### Chart [ web ] web', ' PASS  service\ttests/a_test.yaml', 'Tests: 3 passed, 3 total']);
    assert.equal(code, 0);
  });

  for (const [name, assertion, words] of [
    [
      'another value',
      'equal: { path: metadata.name, value: x }',
      'equal: {"path":"metadata.name","value":"x"} does not hold',
    ],
    [
      'a document that is not there',
      'equal: { path: a, value: 1 }\n        documentIndex: 3',
      'there is no such document',
    ],
    ['too many documents', 'hasDocuments: { count: 2 }', 'there are 1 documents'],
    ['a template that does not fail', 'failedTemplate: {}', 'the template did not fail'],
    ['what must not be', 'isKind: { of: Service }\n        not: true', 'not isKind'],
  ] as const)
    test(`${name} is told`, async () => {
      const { code, lines } = await run(
        `templates: [service.yaml]\ntests:\n  - it: wants\n    asserts:\n      - ${assertion}\n`,
      );
      assert.deepEqual(
        [code, lines[1], lines[2], lines.at(-1)],
        [1, ' FAIL  tests/a_test.yaml\ttests/a_test.yaml', '  - wants', 'Tests: 1 failed, 0 passed, 1 total'],
      );
      const problem = lines[3] ?? '';
      assert.ok(problem.includes(words), problem);
    });

  for (const [name, tests, words] of [
    ['an unknown field', 'tests: [{ it: a, skip: true }]', '"skip" is not known here'],
    ['an unknown assertion', 'tests: [{ it: a, asserts: [{ matchSnapshot: {} }] }]', '"matchSnapshot" is not known'],
    ['two checks in one', 'tests: [{ it: a, asserts: [{ equal: {}, exists: {} }] }]', 'must name one check'],
    [
      'a path that is none',
      'tests: [{ it: a, asserts: [{ exists: { path: "a[" } }] }]',
      'cannot be read at character 2',
    ],
  ] as const)
    test(`${name} is refused`, async () => {
      const { code, stderr } = await run(tests);
      assert.equal(code, 1);
      assert.ok(stderr.includes(words), stderr);
    });
});
