import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '#api/generated/apiextensions/v1.ts';
import { configmaps, secrets } from '#api/generated/resources.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { crdDangers } from '#platform/charts/releases/review/crds.ts';
import { detectDrift, planUpgrade } from '#platform/charts/releases/review/plan.ts';
import { driftText, planText } from '#platform/charts/releases/review/plan-text.ts';
import { valueOf } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const none: Table = new Map();
const table = (plain: unknown): Table => valueOf(plain) as Table;
const configMap = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {${data}}\n`;
const demo = () =>
  chartOf({
    'values.yaml': 'color: blue\npassword: hunter2\nparts: [same, old]\n',
    'templates/cm.yaml': configMap('color', 'color: {{ .Values.color }}'),
    'templates/parts.yaml': `{{ range .Values.parts }}\n---\n${configMap('{{ . }}', 'a: b')}{{ end }}`,
    'templates/secret.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: me, password: {{ .Values.password }}}\n',
  });

test('a plan says what an upgrade would do, hides Secrets and writes nothing', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  const chart = await demo();
  await installRelease(context, { name: 'web', chart, values: none, timeoutMs: 5000 });
  const before = (await cluster.client.list(configmaps)).items;
  const values = table({ color: 'red', password: 'correct horse', parts: ['same', 'new', 'Bad_Name'] });
  const plan = await planUpgrade(context, { name: 'web', chart, values, timeoutMs: 5000, maxHistory: 10 });
  assert.deepEqual(plan.objects.map(({ action, kind, name }) => [action, kind, name]).sort(), [
    ['change', 'ConfigMap', 'color'],
    ['change', 'Secret', 'login'],
    ['create', 'ConfigMap', 'new'],
    ['delete', 'ConfigMap', 'old'],
    ['refused', 'ConfigMap', 'Bad_Name'],
    ['unchanged', 'ConfigMap', 'same'],
  ]);
  const text = planText(plan);
  assert.match(
    text,
    /^~ v1 ConfigMap default\/color \(demo\/templates\/cm\.yaml\)\n(.*\n)*-  color: blue\n\+  color: red\n/m,
  );
  assert.match(text, /\n-  password: \(hidden, 7 bytes, before\)\n\+  password: \(hidden, 13 bytes, after\)\n/);
  assert.doesNotMatch(text, /hunter2|correct horse|aHVudGVyMg/);
  assert.match(
    text,
    /\nPlan for revision 2 of web: 1 to create, 2 to change, 1 to delete, 1 unchanged, 1 that the server would refuse\n$/,
  );
  assert.deepEqual((await cluster.client.list(configmaps)).items, before);
});

test('drift is what others changed of what the release sets, and nothing else', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const { context } = releaseWorld(cluster);
  await installRelease(context, { name: 'web', chart: await demo(), values: none, timeoutMs: 5000 });
  assert.equal(driftText(await detectDrift(context, 'web')), 'Revision 1 of web is as it was applied\n');
  const patch = (name: string, data: Record<string, string>) =>
    cluster.client.patch(configmaps, { namespace: 'default', name }, { data }, { type: 'merge' });
  await patch('color', { color: 'pink' });
  await patch('same', { added: 'by others' });
  await cluster.client.delete(secrets, { namespace: 'default', name: 'login' });
  const drift = await detectDrift(context, 'web');
  assert.deepEqual(
    drift.objects.map(({ state, name }) => [state, name]),
    [
      ['missing', 'login'],
      ['changed', 'color'],
    ],
  );
  assert.match(driftText(drift), /-  color: pink\n\+  color: blue\n/);
});

type Version = CustomResourceDefinition['spec']['versions'][number];

function crd(scope: string, versions: readonly Partial<Version>[]): CustomResourceDefinition {
  const all = versions.map((version) => ({ name: 'v1', served: true, storage: true, ...version }));
  return { metadata: {}, spec: { group: 'g', names: { plural: 'p', kind: 'K' }, scope, versions: all } };
}
const object = (properties: object, required: string[] = []) => ({
  schema: { openAPIV3Schema: { type: 'object', properties, required } as never },
});
const dangers: readonly [string, CustomResourceDefinition, CustomResourceDefinition, string[]][] = [
  ['nothing', crd('Namespaced', [{}]), crd('Namespaced', [{}, { name: 'v2', storage: false }]), []],
  ['the scope', crd('Namespaced', [{}]), crd('Cluster', [{}]), ['the scope cannot change from Namespaced to Cluster']],
  [
    'a stored version that is gone',
    { ...crd('Cluster', [{}]), status: { storedVersions: ['v1'] } } as CustomResourceDefinition,
    crd('Cluster', [{ name: 'v2' }]),
    [
      'version v1 is gone, but objects may still be stored in it (status.storedVersions)',
      'version v1 is no longer served',
    ],
  ],
  [
    'fields that are removed or become required',
    crd('Cluster', [
      object({ spec: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } } }),
    ]),
    crd('Cluster', [
      object({ spec: { type: 'object', properties: { a: { type: 'integer' }, c: {} }, required: ['c'] } }, ['spec']),
    ]),
    [
      'v1.spec becomes required',
      'v1.spec.c becomes required',
      'v1.spec.a changes its type from string to integer',
      'v1.spec.b is removed: its values would be pruned',
    ],
  ],
];
for (const [title, live, wanted, expected] of dangers) {
  test(`what speaks against a new version of a CRD: ${title}`, () => {
    assert.deepEqual(crdDangers(live, wanted), expected);
  });
}
