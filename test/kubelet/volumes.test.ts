import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Pod } from '#api/generated/core/v1.ts';
import { configmaps, pods } from '#api/generated/resources.ts';
import { World } from './world.ts';

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const world = await World.start();
  try {
    await run(world);
  } finally {
    world.close();
  }
}
const configMap = (data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'config', namespace: 'default' },
  data,
});
const spec = (volume: object): Partial<NonNullable<Pod['spec']>> => ({
  containers: [{ name: 'main', image: 'app', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  volumes: [{ name: 'v', ...volume }],
});

/** `path=text` of the volume's files. */
function files(world: World): string[] {
  const [payload = []] = world.volumes.payloads.values();
  return payload.map(({ path, bytes, mode }) => `${path}=${new TextDecoder().decode(bytes)} ${mode.toString(8)}`);
}

test('a pod waits for its ConfigMap, starts with it, and sees its changes', () =>
  inWorld(async (world) => {
    await world.create('web', spec({ configMap: { name: 'config', defaultMode: 0o640 } }));
    assert.equal(await world.summary('web'), 'Pending ready=False main:waiting(ContainerCreating)');
    assert.ok(
      world.events.includes(
        'Warning FailedMount MountVolume.SetUp failed for volume "v" : configmap "config" not found',
      ),
    );
    await world.client.create(configmaps, configMap({ a: '1' }));
    await world.advance(4_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    assert.deepEqual(files(world), ['a=1 640']);
    const now = await world.client.get(configmaps, { namespace: 'default', name: 'config' });
    await world.client.update(configmaps, { ...now, data: { a: '2', b: '3' } });
    await world.settle();
    assert.deepEqual(files(world), ['a=2 640', 'b=3 640']);
  }));

test('an optional ConfigMap may be missing and may come later', () =>
  inWorld(async (world) => {
    await world.create('web', spec({ configMap: { name: 'config', optional: true } }));
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    assert.deepEqual(files(world), []);
    await world.client.create(configmaps, configMap({ a: '1' }));
    await world.settle();
    assert.deepEqual(files(world), ['a=1 644']);
  }));

test('projected sources are joined; items choose keys, paths and modes', () =>
  inWorld(async (world) => {
    await world.client.create(configmaps, configMap({ a: '1', b: '2' }));
    const sources = [
      { configMap: { name: 'config', items: [{ key: 'b', path: 'deep/b', mode: 0o600 }] } },
      { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ];
    await world.create('web', spec({ projected: { sources } }));
    assert.deepEqual(files(world), ['deep/b=2 600', 'name=web 644']);
  }));

test('changed labels reach downward API files', () =>
  inWorld(async (world) => {
    await world.create(
      'web',
      spec({ downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }),
      { labels: { a: '1' } },
    );
    assert.deepEqual(files(world), ['labels=a="1" 644']);
    await world.client.patch(
      pods,
      { namespace: 'default', name: 'web' },
      { metadata: { labels: { b: '2' } } },
      { type: 'merge' },
    );
    await world.settle();
    assert.deepEqual(files(world), ['labels=a="1"\nb="2" 644']);
  }));

const hostPaths = [
  { type: 'Directory', exists: 'directory', error: undefined },
  { type: 'Directory', exists: 'file', error: 'hostPath type check failed: /host is not a directory' },
  { type: 'File', exists: 'absent', error: 'hostPath type check failed: /host is not a file' },
  { type: 'DirectoryOrCreate', exists: 'absent', error: undefined },
  { type: 'Socket', exists: 'file', error: 'hostPath type check failed: /host is not a socket file' },
] as const;
for (const { type, exists, error } of hostPaths) {
  test(`hostPath of type ${type} on what is ${exists}`, () =>
    inWorld(async (world) => {
      if (exists === 'directory') world.volumes.directories.add('/host');
      if (exists === 'file') world.volumes.files.set('/host', '');
      await world.create('web', spec({ hostPath: { path: '/host', type } }));
      const failed = world.events.find((event) => event.startsWith('Warning FailedMount'));
      assert.equal(
        failed,
        error === undefined ? undefined : `Warning FailedMount MountVolume.SetUp failed for volume "v" : ${error}`,
      );
    }));
}

test('environment variables refer to each other and to Services', () =>
  inWorld(async (world) => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'my-db', namespace: 'default' },
      spec: { clusterIP: '10.96.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
    };
    await world.client.create(
      { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true },
      service,
    );
    await world.settle();
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)b-$(MY_DB_SERVICE_HOST)-$(NONE)' },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    ];
    await world.create('web', { containers: [{ name: 'main', image: 'app', args: ['--to=$(B)'], env }] });
    const [container] = world.runtime.containers.values();
    const values = Object.fromEntries((container?.config.env ?? []).map(({ name, value }) => [name, value]));
    assert.deepEqual(
      [values['A'], values['B'], values['NODE'], values['CPU']],
      ['a', 'ab-10.96.0.9-$(NONE)', 'node-1', '4'],
    );
    assert.deepEqual(
      [values['MY_DB_SERVICE_PORT_SQL'], values['MY_DB_PORT'], values['MY_DB_PORT_5432_TCP_ADDR']],
      ['5432', 'tcp://10.96.0.9:5432', '10.96.0.9'],
    );
    assert.deepEqual(container?.config.args, ['--to=ab-10.96.0.9-$(NONE)']);
  }));

test('an image volume is pulled by its policy, mounted read-only, and its view goes with the pod', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('data:latest', { mustBePulled: true });
    const pod = await world.create('web', {
      containers: [
        {
          name: 'main',
          image: 'app',
          imagePullPolicy: 'IfNotPresent',
          volumeMounts: [{ name: 'files', mountPath: '/files' }],
        },
      ],
      volumes: [{ name: 'files', image: { reference: 'data', pullPolicy: 'IfNotPresent' } }],
    });
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    const [container] = world.runtime.containers.values();
    assert.deepEqual(container?.config.mounts[0], {
      containerPath: '/files',
      hostPath: `/data/pods/${pod.metadata.uid}/volumes/kubernetes.io~image/files`,
      readonly: true,
      propagation: 'private',
    });
    await world.delete('web', 0);
    assert.deepEqual(
      world.runtime.calls.filter((call) => /pull|view/.test(call)),
      ['pull data:latest', 'view sha256:data:latest files', 'remove views'],
    );
  }));
