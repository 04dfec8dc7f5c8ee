import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#api/generated/apps/v1.ts';
import { deployments, namespaces, nodes, pods } from '#api/generated/resources.ts';
import { createCluster } from '#testing/create-cluster.ts';

function web(replicas: number, image = 'web:1'): Deployment {
  const labels = { app: 'web' };
  return {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

for (const time of ['system', 'virtual'] as const) {
  test(`a deployment becomes available on simulated nodes in ${time} time`, async () => {
    await using cluster = await createCluster({ nodes: 2, time });
    await cluster.client.create(deployments, web(4));
    await cluster.settled();
    const running = [...cluster.caches.of(pods).list('default')];
    assert.deepEqual(
      running.map((pod) => pod.status?.phase),
      ['Running', 'Running', 'Running', 'Running'],
    );
    assert.deepEqual(new Set(running.map((pod) => pod.spec?.nodeName)), new Set(['node-0', 'node-1']));
    assert.equal(
      cluster.caches.of(deployments).get({ namespace: 'default', name: 'web' })?.status?.availableReplicas,
      4,
    );
  });
}

test('a deleted deployment takes its pods along', async () => {
  await using cluster = await createCluster({ time: 'virtual' });
  await cluster.client.create(deployments, web(2));
  await cluster.settled();
  await cluster.client.delete(deployments, { namespace: 'default', name: 'web' });
  await cluster.advance('10s');
  assert.deepEqual([...cluster.caches.of(pods).list('default')], []);
});

test('a deleted namespace is gone with what was in it', async () => {
  await using cluster = await createCluster({ time: 'virtual' });
  await cluster.client.create(namespaces, { metadata: { name: 'shop' }, spec: {} });
  await cluster.settled();
  await cluster.client.create(deployments, { ...web(2), metadata: { namespace: 'shop', name: 'web' } });
  await cluster.settled();
  await cluster.client.delete(namespaces, { namespace: '', name: 'shop' });
  await cluster.advance('60s');
  assert.equal(cluster.caches.of(namespaces).get({ namespace: '', name: 'shop' }), undefined);
});

test('an hour passes and the nodes are still Ready', async () => {
  await using cluster = await createCluster({ time: 'virtual' });
  await cluster.advance('1h');
  const ready = cluster.caches
    .of(nodes)
    .get({ namespace: '', name: 'node-0' })
    ?.status?.conditions?.find((item) => item.type === 'Ready');
  assert.equal(ready?.status, 'True');
});

test('any client reaches it over HTTPS', async () => {
  await using cluster = await createCluster();
  const { url, token } = await cluster.listen();
  const { request } = await import('node:https');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(
      `${url}/api/v1/namespaces/default`,
      { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    )
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
});
