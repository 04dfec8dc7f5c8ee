import { test } from 'node:test';
import assert from 'node:assert/strict';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { difference, fieldPaths, recursiveDifference, union, type FieldSet } from '#api/managed-fields/field-set.ts';
import { compareObjects } from '#api/managed-fields/compare.ts';
import { updateManagedFields } from '#api/managed-fields/update.ts';

const deployment = builtinSchemas.type('io.k8s.api.apps.v1.Deployment');
const service = builtinSchemas.type('io.k8s.api.core.v1.Service');
const configMap = builtinSchemas.type('io.k8s.api.core.v1.ConfigMap');
const leaf: FieldSet = {};

const algebra: readonly [string, FieldSet, FieldSet][] = [
  [
    'union of a leaf and its children',
    union({ 'f:a': leaf }, { 'f:a': { 'f:b': leaf } }),
    { 'f:a': { '.': leaf, 'f:b': leaf } },
  ],
  ['union is sorted', union({ 'f:b': leaf }, { 'f:a': leaf }), { 'f:a': leaf, 'f:b': leaf }],
  [
    'difference keeps children of a removed parent',
    difference({ 'f:a': { '.': leaf, 'f:b': leaf } }, { 'f:a': leaf }),
    { 'f:a': { 'f:b': leaf } },
  ],
  [
    'difference of the last child keeps an owned parent',
    difference({ 'f:a': { '.': leaf, 'f:b': leaf } }, { 'f:a': { 'f:b': leaf } }),
    { 'f:a': leaf },
  ],
  [
    'difference of the last child drops the way to it',
    difference({ 'f:a': { 'f:b': leaf } }, { 'f:a': { 'f:b': leaf } }),
    {},
  ],
  [
    'recursive difference takes everything below',
    recursiveDifference({ 'f:status': { 'f:b': leaf }, 'f:x': leaf }, fieldPaths(['status'])),
    { 'f:x': leaf },
  ],
];
for (const [title, got, expected] of algebra) {
  test(title, () => {
    assert.deepEqual(got, expected);
    assert.deepEqual(Object.keys(got), Object.keys(expected));
  });
}

test('operations that change nothing answer with the same tree', () => {
  const set = { 'f:a': { 'f:b': leaf } };
  assert.equal(difference(set, { 'f:c': leaf }), set);
  assert.equal(union(set, { 'f:a': { 'f:b': leaf } }), set);
});

test('a create owns what was set, but not the structs that are always there', () => {
  const { changed } = compareObjects(deployment, undefined, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: {},
        spec: {
          containers: [{ name: 'c', image: 'i', resources: {}, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
        },
      },
    },
  });
  assert.deepEqual(changed, {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:template': {
        'f:spec': {
          'f:containers': {
            'k:{"name":"c"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': {
                '.': {},
                'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
              },
              'f:resources': {},
            },
          },
        },
      },
    },
  });
});

const stored = (data: Record<string, string>, managedFields?: object[]): never =>
  ({ metadata: { name: 'a', uid: 'u', ...(managedFields === undefined ? {} : { managedFields }) }, data }) as never;
const entry = (manager: string, fieldsV1: object, time = 't0'): object => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time,
  fieldsType: 'FieldsV1',
  fieldsV1,
});
const common = { schema: configMap, subresource: '', apiVersion: 'v1', time: '2026-01-01T00:00:00Z' };

test('a change moves ownership, a removal ends it, and an untouched entry is shared', () => {
  const other = entry('other', { 'f:data': { 'f:c': {} } }, '2025-01-01T00:00:00Z');
  const entries = [entry('first', { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } }, '2025-01-01T00:00:00Z'), other];
  const live = stored({ a: '1', b: '2', c: '3' }, entries);
  const result = updateManagedFields({
    ...common,
    manager: 'second',
    live,
    result: stored({ a: '9', c: '3' }, entries),
  });
  assert.deepEqual(
    result,
    [
      entry('first', { 'f:data': { '.': {} } }, '2025-01-01T00:00:00Z'),
      other,
      entry('second', { 'f:data': { 'f:a': {} } }, '2026-01-01T00:00:00Z'),
    ].map((each) =>
      'fieldsV1' in each && JSON.stringify(each.fieldsV1).includes('{".":{}}')
        ? { ...each, fieldsV1: { 'f:data': {} } }
        : each,
    ),
  );
  assert.equal(result?.[1], other);
});

test('the same writer keeps its fields and its time moves only with a change', () => {
  const entries = [entry('me', { 'f:data': { '.': {}, 'f:a': {} } }, '2025-01-01T00:00:00Z')];
  const same = updateManagedFields({
    ...common,
    manager: 'me',
    live: stored({ a: '1' }, entries),
    result: stored({ a: '1' }),
  });
  assert.deepEqual(same, entries);
  const more = updateManagedFields({
    ...common,
    manager: 'me',
    live: stored({ a: '1' }, entries),
    result: stored({ a: '1', b: '2' }),
  });
  assert.deepEqual(more, [entry('me', { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } }, '2026-01-01T00:00:00Z')]);
});

test('an empty list resets, a subresource cannot, and an unreadable list is ignored', () => {
  const entries = [entry('me', { 'f:data': { 'f:a': {} } }, '2025-01-01T00:00:00Z')];
  const live = stored({ a: '1' }, entries);
  const call = (managedFields: object[], subresource = ''): unknown =>
    updateManagedFields({ ...common, subresource, manager: 'x', live, result: stored({ a: '1' }, managedFields) });
  assert.equal(call([]), undefined);
  assert.equal(call([{}]), undefined);
  assert.deepEqual(call([], 'status'), entries);
  assert.deepEqual(call([{ manager: 'y' }]), entries);
});

test('more than ten writers are joined by age', () => {
  const entries = Array.from({ length: 10 }, (_, i) =>
    entry(`m${i}`, { 'f:data': { [`f:k${i}`]: {} } }, `2025-01-01T00:00:0${i}Z`),
  );
  const data = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, '']));
  const result = updateManagedFields({
    ...common,
    manager: 'new',
    live: stored(data, entries),
    result: stored({ ...data, z: '1' }),
  });
  assert.equal(result?.length, 10);
  const ancient = result?.find((each) => each.manager === 'ancient-changes');
  assert.deepEqual(ancient, entry('ancient-changes', { 'f:data': { 'f:k0': {}, 'f:k1': {} } }, '2025-01-01T00:00:01Z'));
});

test('reset fields are owned by nobody, and duplicate keys are one atomic item', () => {
  const ports = [
    { port: 80, protocol: 'TCP' },
    { port: 80, protocol: 'TCP', name: 'b' },
  ];
  const result = updateManagedFields({
    ...common,
    schema: service,
    manager: 'm',
    live: undefined,
    result: {
      metadata: { name: 'a' },
      spec: { ports },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
    } as never,
    resetFields: fieldPaths(['status']),
  });
  assert.deepEqual(result?.[0]?.fieldsV1, {
    'f:spec': { 'f:ports': { '.': {}, 'k:{"port":80,"protocol":"TCP"}': {} } },
  });
});
