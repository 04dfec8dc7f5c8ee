import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('a pod gets a sandbox, its container starts, its status says so', () =>
  inWorld(async (world) => {
    await world.create('web');
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    const { status, metadata } = await world.get('web');
    assert.equal(status?.hostIP, '192.0.2.10');
    assert.match(status?.podIP ?? '', /^10\.244\./);
    assert.deepEqual(
      status?.conditions?.map(({ type, status: value }) => `${type}=${value}`),
      ['PodReadyToStartContainers=True', 'Initialized=True', 'Ready=True', 'ContainersReady=True', 'PodScheduled=True'],
    );
    assert.equal(status?.observedGeneration, metadata.generation);
    assert.deepEqual(world.events, [
      'Normal Pulled Container image "app" already present on machine and can be accessed by the pod',
      'Normal Created Container created',
      'Normal Started Container started',
    ]);
  }));

test('init containers run one after the other before the others', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('setup', { exitsAfterMs: 1000 });
    await world.create('web', {
      initContainers: [
        { name: 'one', image: 'setup' },
        { name: 'two', image: 'setup' },
      ],
    });
    assert.equal(
      await world.summary('web'),
      'Pending ready=False one:running two:waiting(PodInitializing) main:waiting(PodInitializing)',
    );
    await world.advance(1000);
    assert.equal(
      await world.summary('web'),
      'Pending ready=False one:terminated(0) two:running main:waiting(PodInitializing)',
    );
    await world.advance(1000);
    assert.equal(await world.summary('web'), 'Running ready=True one:terminated(0) two:terminated(0) main:running');
  }));

test('a sidecar starts before the containers and ends after them', () =>
  inWorld(async (world) => {
    await world.create('web', { initContainers: [{ name: 'proxy', image: 'app', restartPolicy: 'Always' }] });
    assert.equal(await world.summary('web'), 'Running ready=True proxy:running main:running');
    await world.delete('web');
    assert.deepEqual(
      world.runtime.calls.filter((call) => /^stop (main|proxy)/.test(call)).map((call) => call.split(' ')[1]),
      ['main', 'proxy'],
    );
    assert.equal(await world.find('web'), undefined);
  }));

test('a container that ends is started again at once, then with a growing back-off', () =>
  inWorld(async (world) => {
    await world.create('web');
    world.runtime.exit('web', 'main', 1);
    await world.settle();
    assert.equal(await world.summary('web'), 'Running ready=True main:running#1');
    world.runtime.exit('web', 'main', 1);
    await world.settle();
    assert.equal(await world.summary('web'), 'Running ready=False main:waiting(CrashLoopBackOff)#1');
    const { status, metadata } = await world.get('web');
    const container = status?.containerStatuses?.[0];
    assert.equal(
      container?.state?.waiting?.message,
      `back-off 10s restarting failed container=main pod=web_default(${metadata.uid})`,
    );
    assert.equal(container?.lastState?.terminated?.exitCode, 1);
    await world.advance(9_000);
    assert.match(await world.summary('web'), /CrashLoopBackOff/);
    await world.advance(1_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running#2');
    world.runtime.exit('web', 'main', 1);
    await world.advance(19_000);
    assert.match(await world.summary('web'), /CrashLoopBackOff/);
    await world.advance(1_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running#3');
    assert.equal([...world.runtime.containers.values()].length, 2, 'only the newest and the one before it are kept');
  }));

const endings = [
  { restartPolicy: 'Never', exitCode: 0, expected: 'Succeeded ready=False main:terminated(0)' },
  { restartPolicy: 'Never', exitCode: 3, expected: 'Failed ready=False main:terminated(3)' },
  { restartPolicy: 'OnFailure', exitCode: 0, expected: 'Succeeded ready=False main:terminated(0)' },
  { restartPolicy: 'OnFailure', exitCode: 3, expected: 'Running ready=True main:running#1' },
] as const;
for (const { restartPolicy, exitCode, expected } of endings) {
  test(`${restartPolicy}: an exit with ${exitCode} leads to ${expected}`, () =>
    inWorld(async (world) => {
      await world.create('job', { restartPolicy });
      world.runtime.exit('job', 'main', exitCode);
      await world.settle();
      assert.equal(await world.summary('job'), expected);
    }));
}

test('a deleted pod ends gracefully and then disappears, with everything it had', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('app', { ignoresTerm: true });
    await world.create('web', { terminationGracePeriodSeconds: 20 });
    await world.delete('web');
    assert.notEqual((await world.get('web')).metadata.deletionTimestamp, undefined);
    await world.advance(19_000);
    assert.equal((await world.find('web')) !== undefined, true);
    await world.advance(1_000);
    assert.equal(await world.find('web'), undefined);
    assert.equal(world.runtime.sandboxes.size + world.runtime.containers.size, 0);
    assert.deepEqual(
      [...world.cgroups.cgroups.keys()].filter((path) => path.includes('/pod')),
      [],
    );
    assert.equal([...world.volumes.directories].length, 0);
    assert.ok(world.events.includes('Normal Killing Stopping container main'));
  }));

test('a second, shorter deletion hurries the first one', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('app', { ignoresTerm: true });
    await world.create('web', { terminationGracePeriodSeconds: 600 });
    await world.delete('web');
    await world.advance(5_000);
    await world.delete('web', 1);
    await world.advance(3_000);
    assert.equal(await world.find('web'), undefined);
  }));

test('a preStop hook runs before the signal and its time is taken from the grace period', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('app', { ignoresTerm: true });
    await world.create('web', {
      terminationGracePeriodSeconds: 10,
      containers: [{ name: 'main', image: 'app', lifecycle: { preStop: { sleep: { seconds: 4 } } } }],
    });
    await world.delete('web');
    await world.advance(4_000);
    assert.ok(world.runtime.calls.includes('stop main 6000'));
    await world.advance(6_000);
    assert.equal(await world.find('web'), undefined);
  }));

test('a restarted agent adopts what runs and restarts nothing', () =>
  inWorld(async (world) => {
    await world.create('web', {
      containers: [{ name: 'main', image: 'app', readinessProbe: { httpGet: { port: 80 } } }],
    });
    await world.advance(100);
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    const before = [...world.runtime.calls];
    await world.restart();
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    assert.deepEqual(world.runtime.calls, before);
    await world.delete('web');
    assert.equal(await world.find('web'), undefined);
  }));

test('a pod that was deleted while the agent was away is removed', () =>
  inWorld(async (world) => {
    await world.create('web');
    world.kubelet.stop();
    await world.client.delete(
      { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
      { namespace: 'default', name: 'web' },
      { gracePeriodSeconds: 0 },
    );
    await world.restart();
    assert.equal(world.runtime.sandboxes.size, 0);
  }));

test('a lost sandbox is replaced and its containers start again', () =>
  inWorld(async (world) => {
    await world.create('web');
    const [sandbox] = world.runtime.sandboxes.values();
    await world.runtime.stopSandbox(sandbox?.id ?? '');
    await world.settle();
    assert.ok(world.events.includes('Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.'));
    assert.match(await world.summary('web'), /^Running ready=True main:running#1/);
  }));

test('activeDeadlineSeconds ends a pod', () =>
  inWorld(async (world) => {
    await world.create('job', { activeDeadlineSeconds: 30 });
    await world.advance(30_000);
    assert.equal(await world.summary('job'), 'Failed ready=False main:terminated(0)');
    assert.equal((await world.get('job')).status?.reason, 'DeadlineExceeded');
  }));

test('a pod that does not fit is refused', () =>
  inWorld(async (world) => {
    await world.create('big', { containers: [{ name: 'main', image: 'app', resources: { requests: { cpu: '5' } } }] });
    const { status } = await world.get('big');
    assert.deepEqual(
      [status?.phase, status?.reason, status?.message],
      [
        'Failed',
        'OutOfcpu',
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000",
      ],
    );
    assert.equal(world.runtime.sandboxes.size, 0);
  }));

test('an image that cannot be pulled is waited for with a back-off', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('absent:1', { pullError: 'not found' });
    await world.create('web', { containers: [{ name: 'main', image: 'absent:1' }] });
    assert.equal(await world.summary('web'), 'Pending ready=False main:waiting(ErrImagePull)');
    await world.advance(2_000);
    assert.equal(await world.summary('web'), 'Pending ready=False main:waiting(ImagePullBackOff)');
    world.runtime.behaviours.set('absent:1', { mustBePulled: true });
    await world.advance(10_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
  }));

test('the order drain ends the containers and leaves the objects', () =>
  inWorld(async (world) => {
    await world.create('web');
    await world.kubelet.drain();
    assert.equal(world.runtime.sandboxes.size, 0);
    assert.notEqual(await world.find('web'), undefined);
  }));

test('a condition that somebody else has changed is put right', () =>
  inWorld(async (world) => {
    await world.create('web');
    const status = { conditions: [{ type: 'Ready', status: 'False' }] };
    await world.client.patch(
      podsRef,
      { namespace: 'default', name: 'web' },
      { status },
      { type: 'strategic', subresource: 'status' },
    );
    await world.settle();
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
  }));
