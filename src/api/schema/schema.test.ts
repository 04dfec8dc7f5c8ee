import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawSource } from '#base/exact-json.ts';
import * as resources from '#api/generated/resources.ts';
import { normalBase64 } from '#api/schema/base64.ts';
import { applySchemaDefaults } from '#api/schema/defaults.ts';
import { definitionOfKind, parseApiVersion } from '#api/schema/kinds.ts';
import { normalize, normalizeParsed } from '#api/schema/normalize.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { normalMicroTime, normalTime } from '#api/schema/time.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';

const core = (name: string): TypeSchema => builtinSchemas.type(`io.k8s.api.core.v1.${name}`);

function fieldAt(type: TypeSchema, path: string): FieldSchema {
  let at: FieldSchema | undefined;
  let current: TypeSchema | undefined = type;
  for (const name of path.split('.')) {
    at = current?.fields.get(name);
    assert.ok(at, `${path}: ${name}`);
    current = at.type.items ?? at.type.values ?? at.type;
  }
  return at as FieldSchema;
}

test('every resource has a schema that compiles to its end', () => {
  const seen = new Set<TypeSchema>();
  const walk = (type: TypeSchema | undefined): void => {
    if (type === undefined || seen.has(type)) return;
    seen.add(type);
    walk(type.items);
    walk(type.values);
    for (const field of type.fields.values()) walk(field.type);
  };
  for (const ref of Object.values(resources)) walk(builtinSchemas.type(definitionOfKind(ref) as string));
  assert.ok(seen.size > 1500);
});

test('lists, maps and merge keys are known', () => {
  const containers = fieldAt(core('Pod'), 'spec.containers');
  assert.deepEqual(
    [containers.type.listType, containers.type.listMapKeys, containers.patchMergeKey, containers.patchStrategy],
    ['map', ['name'], 'name', ['merge']],
  );
  assert.equal(fieldAt(core('Service'), 'spec.selector').type.mapType, 'atomic');
  assert.equal(fieldAt(core('Pod'), 'spec.containers.ports.protocol').default, 'TCP');
  assert.equal(fieldAt(core('Pod'), 'spec.containers.name').default, undefined);
  assert.deepEqual(fieldAt(core('Pod'), 'spec.volumes').patchStrategy, ['merge', 'retainKeys']);
  assert.equal(fieldAt(core('Pod'), 'spec.volumes.hostPath').go?.errorPath, 'VolumeSource.hostPath');
  assert.equal(fieldAt(core('PersistentVolume'), 'spec.claimRef').type.mapType, 'granular');
  assert.equal(fieldAt(core('ConfigMap'), 'data').type.goType, 'map[string]string');
});

// What a real API server prints after creating the object.
const normalized: readonly (readonly [string, string, unknown, unknown])[] = [
  [
    'structs that are no pointers are printed',
    'Pod',
    { metadata: { name: 'a' }, spec: { containers: [{ name: 'b' }] } },
    { metadata: { name: 'a' }, spec: { containers: [{ name: 'b', resources: {} }] }, status: {} },
  ],
  [
    'empty values of optional fields are not',
    'ServiceAccount',
    {
      metadata: { name: 'a', labels: {}, generation: 0, creationTimestamp: null },
      secrets: [],
      automountServiceAccountToken: false,
    },
    { metadata: { name: 'a' }, automountServiceAccountToken: false },
  ],
  [
    'lists that Go always prints are null when they are empty',
    'Event',
    { metadata: {}, involvedObject: {} },
    {
      metadata: {},
      involvedObject: {},
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    },
  ],
  [
    'quantities are canonical',
    'ResourceQuota',
    { metadata: {}, spec: { hard: { cpu: '0.5', memory: '1024Mi', pods: 5, x: '1000m' } } },
    { metadata: {}, spec: { hard: { cpu: '500m', memory: '1Gi', pods: '5', x: '1' } }, status: {} },
  ],
  [
    'unknown fields are gone',
    'ConfigMap',
    { metadata: {}, data: { __proto__x: 'y' }, other: { a: 1 } },
    { metadata: {}, data: { __proto__x: 'y' } },
  ],
  [
    'null in lists and maps is the zero value',
    'Pod',
    { metadata: { finalizers: [null] }, spec: { containers: [null] } },
    { metadata: { finalizers: [''] }, spec: { containers: [{ name: '', resources: {} }] }, status: {} },
  ],
  [
    'times are in UTC',
    'Node',
    {
      metadata: { creationTimestamp: '2026-01-02T03:04:05.6+02:00' },
      spec: {},
      status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-02T03:04:05Z' }] },
    },
    {
      metadata: { creationTimestamp: '2026-01-02T01:04:05Z' },
      spec: {},
      status: {
        conditions: [
          { type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-02T03:04:05Z', lastTransitionTime: null },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
        nodeInfo: {
          architecture: '',
          bootID: '',
          containerRuntimeVersion: '',
          kernelVersion: '',
          kubeProxyVersion: '',
          kubeletVersion: '',
          machineID: '',
          operatingSystem: '',
          osImage: '',
          systemUUID: '',
        },
      },
    },
  ],
];
for (const [name, kind, before, after] of normalized) {
  test(`normalize: ${name}`, () => {
    assert.deepEqual(normalize(before, core(kind)), after);
    assert.deepEqual(normalize(structuredClone(after), core(kind)), after, 'a second time changes nothing');
  });
}

test('the keys __proto__ and constructor of maps are data', () => {
  const object = JSON.parse('{"metadata":{},"data":{"__proto__":"a","constructor":"b"}}') as object;
  assert.equal(
    JSON.stringify(normalize(object, core('ConfigMap'))),
    '{"metadata":{},"data":{"__proto__":"a","constructor":"b"}}',
  );
});

const irregular: readonly unknown[] = [
  { spec: 1 },
  { spec: { containers: {} } },
  { spec: { containers: [{ name: 1 }] } },
  { spec: { containers: [{ ports: [{ containerPort: 3000000000 }] }] } },
  { spec: { hostNetwork: 'true' } },
  { spec: { containers: [{ resources: { limits: { cpu: 'x' } } }] } },
  { metadata: { creationTimestamp: 'yesterday' } },
  { metadata: { labels: { a: 1 } } },
  { spec: { other: 1 } },
];
for (const object of irregular) {
  test(`not regular: ${JSON.stringify(object)}`, () =>
    assert.equal(normalizeParsed(object, core('Pod'), true).regular, false));
}

test('defaults of the schema are set where a field is absent or empty, everywhere', () => {
  const pod = {
    spec: {
      containers: [{ ports: [{ containerPort: 80 }, { containerPort: 81, protocol: 'UDP' }, { protocol: '' }] }],
      initContainers: [{ ports: [{}] }],
    },
  };
  applySchemaDefaults(pod, core('Pod'));
  assert.deepEqual(pod, {
    spec: {
      containers: [
        {
          ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 81, protocol: 'UDP' }, { protocol: 'TCP' }],
        },
      ],
      initContainers: [{ ports: [{ protocol: 'TCP' }] }],
    },
  });
});

// Go's time.Parse(time.RFC3339, …).
const layout = '2006-01-02T15:04:05Z07:00';
const times: readonly (readonly [string, string])[] = [
  ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  ['2020-02-29T23:59:59.123456Z', '2020-02-29T23:59:59Z'],
  ['2020-01-01T00:00:00+02:00', '2019-12-31T22:00:00Z'],
  ['2020-01-01T1:00:00Z', '2020-01-01T01:00:00Z'],
  ['yesterday', `parsing time "yesterday" as "${layout}": cannot parse "yesterday" as "2006"`],
  ['2020-01-01', `parsing time "2020-01-01" as "${layout}": cannot parse "" as "T"`],
  ['2020-13-01T00:00:00Z', 'parsing time "2020-13-01T00:00:00Z": month out of range'],
  ['2020-02-30T00:00:00Z', 'parsing time "2020-02-30T00:00:00Z": day out of range'],
  ['2020-01-01T00:00:00', `parsing time "2020-01-01T00:00:00" as "${layout}": cannot parse "" as "Z07:00"`],
  ['2020-01-01T00:00:00Zx', 'parsing time "2020-01-01T00:00:00Zx": extra text: "x"'],
];
for (const [text, expected] of times) {
  test(`the time ${JSON.stringify(text)}`, () => {
    let result: string | undefined;
    try {
      result = normalTime(text);
    } catch (error) {
      result = (error as Error).message;
    }
    assert.equal(result, expected);
  });
}

test('Go’s zero time is no time', () => {
  assert.equal(normalTime('0001-01-01T00:00:00Z'), undefined);
  assert.equal(normalMicroTime('0001-01-01T00:00:00.000000Z'), undefined);
  assert.equal(normalMicroTime('2020-01-01T00:00:00.123456+01:00'), '2019-12-31T23:00:00.123456Z');
});

// Go's base64.StdEncoding.
const base64: readonly (readonly [string, string])[] = [
  ['aGk=', 'aGk='],
  ['aG\nk=\n', 'aGk='],
  ['aGl=', 'aGk='],
  ['', ''],
  ['!', '0'],
  ['aGk', '0'],
  ['aGkx!', '4'],
  ['aGk=x', '4'],
  ['aG=x', '2'],
];
for (const [text, expected] of base64) {
  test(`base64 ${JSON.stringify(text)}`, () => {
    const result = normalBase64(text);
    assert.equal(
      'text' in result ? result.text : result.error.replace('illegal base64 data at input byte ', ''),
      expected,
    );
  });
}

test('group versions', () => {
  assert.deepEqual(parseApiVersion('apps/v1'), { group: 'apps', version: 'v1' });
  assert.deepEqual(parseApiVersion('v1'), { group: '', version: 'v1' });
  assert.equal(parseApiVersion('a/b/c'), undefined);
  assert.equal(
    definitionOfKind({ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role' }),
    'io.k8s.api.rbac.v1.Role',
  );
  assert.equal(definitionOfKind({ group: 'apps.example.com', version: 'v1', kind: 'Deployment' }), undefined);
  assert.equal(definitionOfKind({ group: 'apps', version: 'v1', kind: 'constructor' }), undefined);
  assert.equal(rawSource({ rawJSON: '1' }), undefined);
});
