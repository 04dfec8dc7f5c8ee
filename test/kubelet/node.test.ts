import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases, nodes } from '#api/generated/resources.ts';
import { NodeRegistration } from '#kubelet/node/node-registration.ts';
import { options, World } from './world.ts';

test('the node keeps what others wrote, is Ready, and renews its lease every ten seconds and its status every five minutes', async () => {
  const world = await World.start();
  try {
    const key = { namespace: '', name: 'node-1' };
    const before = await world.client.get(nodes, key);
    await world.client.updateStatus(nodes, {
      ...before,
      status: { capacity: { 'example.com/gpu': '2' }, conditions: [{ type: 'Other', status: 'True' }] },
    });
    await world.run(new NodeRegistration(options, world.ports).start());
    const node = await world.client.get(nodes, key);
    assert.deepEqual(
      [
        node.status?.capacity?.['example.com/gpu'],
        node.status?.allocatable?.['example.com/gpu'],
        node.status?.capacity?.['cpu'],
      ],
      ['2', '2', '4'],
    );
    assert.deepEqual(node.status?.conditions?.map(({ type, status }) => `${type}=${status}`).sort(), [
      'DiskPressure=False',
      'MemoryPressure=False',
      'Other=True',
      'PIDPressure=False',
      'Ready=True',
    ]);
    assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'node-1');
    assert.equal(node.metadata.labels?.['zone'], 'a');
    assert.equal(node.status?.nodeInfo?.kubeletVersion, 'v1.36.3');
    const lease = async () =>
      (await world.client.get(leases, { namespace: 'kube-node-lease', name: 'node-1' })).spec?.renewTime;
    const first = await lease();
    await world.advance(9_000);
    assert.equal(await lease(), first);
    await world.advance(1_000);
    assert.notEqual(await lease(), first);
    const version = (await world.client.get(nodes, key)).metadata.resourceVersion;
    await world.advance(280_000);
    assert.equal(
      (await world.client.get(nodes, key)).metadata.resourceVersion,
      version,
      'nothing is written while nothing changes',
    );
    await world.advance(10_000);
    assert.notEqual((await world.client.get(nodes, key)).metadata.resourceVersion, version);
  } finally {
    world.close();
  }
});
