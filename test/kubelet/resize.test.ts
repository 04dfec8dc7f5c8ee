import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '#api/generated/core/v1.ts';
import { pods as podsRef } from '#api/generated/resources.ts';
import { World } from './world.ts';

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const world = await World.start();
  try {
    await run(world);
  } finally {
    world.close();
  }
}

type Amounts = readonly [cpu: string, memory: string];

function container(name: string, [cpu, memory]: Amounts, more: Partial<Container> = {}): Container {
  const resources = { requests: { cpu, memory }, limits: { cpu, memory } };
  return { name, image: 'app', imagePullPolicy: 'IfNotPresent', resources, ...more } as Container;
}

/** What `kubectl patch --subresource resize` leads to. */
async function resize(world: World, name: string, containers: Container[]): Promise<void> {
  const pod = await world.get(name);
  await world.client.update(podsRef, { ...pod, spec: { ...pod.spec, containers } } as Pod);
  await world.settle();
}

async function conditions(world: World, name: string): Promise<string[]> {
  const { status } = await world.get(name);
  return (status?.conditions ?? [])
    .filter(({ type }) => type.startsWith('PodResize'))
    .map(({ type, reason, message }) => [type, reason, message].filter((text) => text !== undefined).join(' '));
}

const updates = (world: World): string[] => world.runtime.calls.filter((call) => call.startsWith('update '));

test('more cpu and memory reach the pod’s cgroup, the container and the status without a restart', () =>
  inWorld(async (world) => {
    const pod = await world.create('web', { containers: [container('main', ['100m', '64Mi'])] });
    await resize(world, 'web', [container('main', ['200m', '128Mi'])]);
    assert.deepEqual(updates(world), [`update main#0 102 10000 ${128 << 20}`, `update main#0 204 20000 ${128 << 20}`]);
    assert.deepEqual(world.cgroups.cgroups.get(`/wheelhouse-test/kubepods/pod${pod.metadata.uid}`), {
      cpuShares: 204,
      cpuQuota: 20_000,
      cpuPeriod: 100_000,
      memoryLimitBytes: 128 << 20,
    });
    const status = (await world.get('web')).status?.containerStatuses?.[0];
    const wanted = { cpu: '200m', memory: '128Mi' };
    assert.deepEqual(status?.resources, { requests: wanted, limits: wanted });
    assert.deepEqual(status?.allocatedResources, wanted);
    assert.equal(status?.restartCount, 0);
    assert.deepEqual(await conditions(world, 'web'), []);
    assert.deepEqual(
      world.events.slice(-2).map((event) => event.replace(/\{.*/, '')),
      ['Normal ResizeStarted Pod resize started: ', 'Normal ResizeCompleted Pod resize completed: '],
    );
  }));

test('decreases of one container are done before increases of another', () =>
  inWorld(async (world) => {
    const before = [container('a', ['100m', '64Mi']), container('b', ['200m', '64Mi'])];
    await world.create('web', { containers: before });
    await resize(world, 'web', [container('a', ['150m', '64Mi']), container('b', ['150m', '64Mi'])]);
    assert.deepEqual(
      updates(world).map((call) => call.split(' ')[1]),
      ['b#0', 'a#0'],
    );
  }));

test('a container whose policy asks for it is restarted with its new resources', () =>
  inWorld(async (world) => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    const main = (amounts: Amounts): Container => container('main', amounts, { resizePolicy });
    await world.create('web', { containers: [main(['100m', '64Mi'])] });
    await resize(world, 'web', [main(['100m', '128Mi'])]);
    assert.deepEqual(updates(world), []);
    assert.equal(await world.summary('web'), 'Running ready=True main:running#1');
    assert.deepEqual(await conditions(world, 'web'), []);
    const status = (await world.get('web')).status?.containerStatuses?.[0];
    assert.equal(status?.resources?.limits?.['memory'], '128Mi');
  }));

test('what does not fit waits, keeps what it has, and is done when another pod has gone', () =>
  inWorld(async (world) => {
    await world.create('other', { containers: [container('main', ['3', '64Mi'])] });
    await world.create('web', { containers: [container('main', ['500m', '64Mi'])] });
    await resize(world, 'web', [container('main', ['2', '64Mi'])]);
    assert.deepEqual(await conditions(world, 'web'), [
      "PodResizePending Deferred Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    ]);
    assert.equal((await world.get('web')).status?.containerStatuses?.[0]?.allocatedResources?.['cpu'], '500m');
    await world.delete('other', 0);
    await world.advance(1000);
    assert.deepEqual(await conditions(world, 'web'), []);
    assert.equal((await world.get('web')).status?.containerStatuses?.[0]?.resources?.limits?.['cpu'], '2');
  }));

test('a memory limit below what is in use is refused, and tried again', () =>
  inWorld(async (world) => {
    await world.create('web', { containers: [container('main', ['100m', '64Mi'])] });
    world.runtime.memoryBytes.set('main', 48 << 20);
    await resize(world, 'web', [container('main', ['100m', '32Mi'])]);
    assert.deepEqual(await conditions(world, 'web'), [
      `PodResizeInProgress Error cannot decrease memory limits: attempting to set container "main" memory limit (${32 << 20}) below current usage (${48 << 20})`,
    ]);
    assert.deepEqual(updates(world), []);
    world.runtime.memoryBytes.set('main', 16 << 20);
    await world.advance(30_000);
    assert.deepEqual(await conditions(world, 'web'), []);
    assert.deepEqual(updates(world), [`update main#0 102 10000 ${32 << 20}`]);
  }));

test('an agent that starts again goes on with a resize that came meanwhile', () =>
  inWorld(async (world) => {
    await world.create('web', { containers: [container('main', ['100m', '64Mi'])] });
    world.kubelet.stop();
    await resize(world, 'web', [container('main', ['200m', '64Mi'])]);
    assert.deepEqual(updates(world), []);
    await world.restart();
    assert.deepEqual(updates(world), [`update main#0 204 20000 ${64 << 20}`]);
    assert.equal((await world.get('web')).status?.containerStatuses?.[0]?.restartCount, 0);
  }));

test('resources of the pod as a whole are not resized, and that is said', () =>
  inWorld(async (world) => {
    await world.create('web', {
      containers: [container('main', ['100m', '64Mi'])],
      resources: { limits: { cpu: '1' } },
    });
    const pod = await world.get('web');
    await world.client.update(podsRef, { ...pod, spec: { ...pod.spec, resources: { limits: { cpu: '2' } } } } as Pod);
    await world.settle();
    assert.deepEqual(await conditions(world, 'web'), [
      'PodResizePending Infeasible InPlacePodLevelResourcesVerticalScaling is disabled',
    ]);
    assert.deepEqual(updates(world), []);
  }));
