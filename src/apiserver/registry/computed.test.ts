import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '#api/resource.ts';
import { startServer } from '#apiserver/registry/test-server.ts';

const parts: Resource = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  verbs: ['get', 'list'],
  computed: () => ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name } })),
  columns: [{ name: 'Status', type: 'string', value: () => 'Healthy' }],
};
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

test('computed objects are listed without kinds, and got by name with theirs', async () => {
  const server = await startServer({ resources: [parts] });
  const list = await server.call('GET /api/v1/componentstatuses');
  assert.deepEqual(list.body, {
    kind: 'ComponentStatusList',
    apiVersion: 'v1',
    metadata: {},
    items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
  });
  const one = await server.call('GET /api/v1/componentstatuses/b');
  assert.deepEqual(one.body, { apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name: 'b' } });
});

test('computed objects as a Table: a row each', async () => {
  const server = await startServer({ resources: [parts] });
  const list = await server.call('GET /api/v1/componentstatuses', undefined, table);
  assert.deepEqual(
    list.body.rows.map(({ cells }: { cells: unknown[] }) => cells),
    [
      ['a', 'Healthy'],
      ['b', 'Healthy'],
    ],
  );
  const none = await startServer({ resources: [{ ...parts, computed: () => [] }] });
  const empty = await none.call('GET /api/v1/componentstatuses', undefined, table);
  assert.deepEqual([empty.body.rows, empty.body.columnDefinitions.length], [[], 2]);
});

for (const [line, status, message] of [
  ['GET /api/v1/componentstatuses/c', 404, 'componentstatus "c" not found'],
  ['DELETE /api/v1/componentstatuses/a', 405, 'the server does not allow this method on the requested resource'],
] as const)
  test(`${line} is ${status}`, async () => {
    const server = await startServer({ resources: [parts] });
    const answer = await server.call(line);
    assert.deepEqual([answer.status, answer.body.message], [status, message]);
  });
