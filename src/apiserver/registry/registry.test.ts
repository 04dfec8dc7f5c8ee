import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '#apiserver/registry/test-server.ts';

const maps = '/api/v1/namespaces/a/configmaps';

test('an object that was created is read back as it was answered', async () => {
  const server = await startServer();
  const created = await server.call(`POST ${maps}`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x' },
    data: { k: 'v' },
  });
  assert.equal(created.status, 201, created.text);
  const { metadata } = created.body;
  assert.equal(metadata.namespace, 'a');
  assert.equal(metadata.creationTimestamp, '2026-03-01T10:00:00Z');
  assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
  assert.equal(metadata.managedFields[0].manager, 'test');
  const read = await server.call(`GET ${maps}/x`);
  assert.equal(read.status, 200);
  assert.deepEqual(read.body, created.body);
  const list = await server.call(`GET ${maps}`);
  const { apiVersion: _a, kind: _k, ...item } = created.body;
  assert.deepEqual(list.body.items, [item]);
  assert.equal(list.body.kind, 'ConfigMapList');
});
