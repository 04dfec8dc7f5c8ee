import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ConfigMap, Pod, Secret } from '#api/generated/core/v1.ts';
import { configmaps, nodes, pods, secrets, services } from '#api/generated/resources.ts';
import type { ExecIO } from '#api/node-connection.ts';
import { type Client } from '#client/client.ts';
import { Reflector } from '#client/reflector.ts';
import { createCgroupHost } from '#host/cgroups/cgroup-host.ts';
import { buildImage } from '#host/images/build.ts';
import { importImageBytes } from '#host/images/import.ts';
import { probeTransport } from '#host/probes/probe-transport.ts';
import { machineInfo } from '#host/process/machine-info.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';
import { logFiles } from '#host/volumes/log-files.ts';
import { volumeHost } from '#host/volumes/volume-host.ts';
import { KubeletConnection } from '#kubelet/connection.ts';
import { Kubelet } from '#kubelet/kubelet.ts';
import { NodeRegistration } from '#kubelet/node/node-registration.ts';
import type { KubeletOptions, KubeletPorts } from '#kubelet/options.ts';
import { createApi } from '../kubelet/world.ts';
import { type ContainerdFixture, skipReason, startContainerdFixture, testLogger } from './containerd-fixture.ts';

const nodeName = 'node-1';
const image = 'localhost/kubelet-test:1';

describe('Kubelet on containerd', { skip: skipReason, timeout: 300_000 }, () => {
  let fixture: ContainerdFixture;
  let client: Client;
  let connection: KubeletConnection;
  let kubelet: Kubelet;
  let options: KubeletOptions;
  const stop = new AbortController();
  const events: string[] = [];

  before(async () => {
    fixture = await startContainerdFixture('10.231.8.0/24');
    const { archive } = await buildImage({ name: image });
    await importImageBytes(fixture.containerd.socketPath, archive);
    client = await createApi(systemClock);
    options = {
      nodeName,
      nodeIPs: ['192.0.2.10'],
      clusterDNS: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      rootDirectory: join(fixture.directory, 'agent'),
      memoryDirectory: join(fixture.directory, 'memory'),
      logDirectory: join(fixture.directory, 'logs'),
      cgroupRoot: `/wheelhouse-${fixture.instance}`,
      maxPods: 110,
      labels: {},
      taints: [],
    };
    mkdirSync(options.memoryDirectory, { recursive: true });
    const common = { client, clock: systemClock, random: systemRandom, log: testLogger, signal: stop.signal };
    const ports: KubeletPorts = {
      ...common,
      events: { event: (_object, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
      pods: new Reflector(pods, common, { fieldSelector: `spec.nodeName=${nodeName}` }),
      services: new Reflector(services, common),
      node: new Reflector(nodes, common),
      runtime: fixture.runtime,
      volumes: volumeHost,
      logFiles,
      cgroups: createCgroupHost(testLogger),
      probes: probeTransport,
      machine: machineInfo(fixture.directory),
    };
    await new NodeRegistration(options, ports).start();
    kubelet = new Kubelet(options, ports);
    connection = new KubeletConnection(kubelet, ports);
    await kubelet.start();
  });
  after(async () => {
    stop.abort();
    await fixture.close();
    await createCgroupHost(testLogger).remove(options.cgroupRoot);
  });

  async function create(
    name: string,
    spec: Partial<NonNullable<Pod['spec']>>,
    metadata: Partial<Pod['metadata']> = {},
  ): Promise<Pod> {
    const full = { nodeName, restartPolicy: 'Always', terminationGracePeriodSeconds: 1, ...spec } as NonNullable<
      Pod['spec']
    >;
    return client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...metadata },
      spec: full,
    });
  }

  /** Waits on a watch, not on time. */
  async function until(name: string, holds: (pod: Pod | undefined) => boolean): Promise<Pod | undefined> {
    const now = await client.find(pods, { namespace: 'default', name });
    if (holds(now)) return now;
    for await (const { type, object } of client.watch(pods, {
      namespace: 'default',
      fieldSelector: `metadata.name=${name}`,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    })) {
      if (type === 'BOOKMARK') continue;
      const pod = type === 'DELETED' ? undefined : object;
      if (holds(pod)) return pod;
    }
    throw new Error('the watch ended');
  }

  const isReady = (pod: Pod | undefined): boolean =>
    pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

  async function sh(pod: Pod, script: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    const take = async (chunk: Uint8Array): Promise<void> => void chunks.push(Uint8Array.from(chunk));
    const io: ExecIO = {
      stdin: (async function* () {})(),
      stdout: take,
      stderr: take,
      resizes: (async function* () {})(),
    };
    const reference = { namespace: 'default', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' };
    const request = {
      pod: reference,
      container: 'main',
      command: ['sh', '-c', script],
      stdin: false,
      stdout: true,
      stderr: true,
      tty: false,
    };
    const { exitCode } = await connection.exec(request, io, stop.signal);
    return `${Buffer.concat(chunks).toString()}${exitCode === 0 ? '' : `exit ${exitCode}`}`.trimEnd();
  }

  async function logsOf(pod: Pod, previous = false): Promise<string> {
    const reference = { namespace: 'default', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' };
    let text = '';
    for await (const chunk of connection.logs(
      reference,
      'main',
      { follow: false, previous, timestamps: false },
      stop.signal,
    ))
      text += Buffer.from(chunk).toString();
    return text;
  }

  test('environment, volumes, limits and names are as the spec says; changes of a ConfigMap arrive', async () => {
    await client.create(configmaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config', namespace: 'default' },
      data: { word: 'one', dotted: 'x' },
    } as ConfigMap);
    await client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace: 'default' },
      data: { pass: Buffer.from('pw').toString('base64') },
    } as Secret);
    const created = await create(
      'web',
      {
        hostname: 'host',
        subdomain: 'sub',
        securityContext: { fsGroup: 2000, runAsUser: 1000 },
        initContainers: [
          {
            name: 'init',
            image,
            command: ['sh', '-c', 'echo made > /shared/file'],
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          },
        ],
        containers: [
          {
            name: 'main',
            image,
            command: ['sh', '-c', 'echo hello $(WORD); exec sleep 1000'],
            env: [
              { name: 'WORD', valueFrom: { configMapKeyRef: { name: 'config', key: 'word' } } },
              { name: 'PASS', valueFrom: { secretKeyRef: { name: 'key', key: 'pass' } } },
              { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
              { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
            ],
            resources: { limits: { cpu: '500m', memory: '64Mi' } },
            volumeMounts: [
              { name: 'shared', mountPath: '/shared' },
              { name: 'memory', mountPath: '/memory' },
              { name: 'config', mountPath: '/config' },
              { name: 'secret', mountPath: '/secret', readOnly: true },
              { name: 'labels', mountPath: '/labels' },
              { name: 'config', mountPath: '/single', subPath: 'word' },
            ],
          },
        ],
        volumes: [
          { name: 'shared', emptyDir: {} },
          { name: 'memory', emptyDir: { medium: 'Memory' } },
          { name: 'config', configMap: { name: 'config' } },
          { name: 'secret', secret: { secretName: 'key', defaultMode: 0o400 } },
          { name: 'labels', downwardAPI: { items: [{ path: 'all', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      },
      { labels: { app: 'web' } },
    );
    const pod = (await until('web', isReady)) as Pod;
    const table: [string, string | RegExp][] = [
      ['echo $WORD $PASS $MEMORY', 'one pw 64'],
      ['echo $IP', pod.status?.podIP ?? 'none'],
      ['cat /shared/file /config/word /single', 'made\noneone'],
      ['cat /secret/pass; stat -L -c " %a %g" /secret/pass', 'pw 440 2000'],
      ['echo no > /secret/pass', /Read-only|exit 1/],
      ['cat /labels/all', 'app="web"'],
      ['mount | grep -c "tmpfs on /memory"', '1'],
      ['id -u; id -G', /^1000\n.*\b2000\b/],
      ['hostname', 'host'],
      ['grep sub /etc/hosts', `${pod.status?.podIP}\thost.sub.default.svc.cluster.local\thost`],
      ['grep -c 10.96.0.10 /etc/resolv.conf', '1'],
      ['touch /shared/mine && stat -c %g /shared/mine', '2000'],
    ];
    for (const [script, expected] of table) {
      const answer = await sh(pod, script);
      if (typeof expected === 'string') assert.equal(answer, expected, script);
      else assert.match(answer, expected, script);
    }
    assert.equal(await logsOf(pod), 'hello one\n');
    const cgroup = `${options.cgroupRoot}/kubepods/burstable/pod${created.metadata.uid}`;
    if (existsSync('/sys/fs/cgroup/memory')) {
      const container = readdirSync(`/sys/fs/cgroup/memory${cgroup}`, { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      );
      const limits = container.map(({ name }) =>
        readFileSync(`/sys/fs/cgroup/memory${cgroup}/${name}/memory.limit_in_bytes`, 'utf8').trim(),
      );
      assert.ok(limits.includes(String(64 << 20)), limits.join(' '));
    }
    const config = await client.get(configmaps, { namespace: 'default', name: 'config' });
    await client.update(configmaps, { ...config, data: { word: 'two' } });
    assert.equal(
      await sh(
        pod,
        'i=0; until grep -q two /config/word || [ $i = 50 ]; do sleep 0.1; i=$((i+1)); done; cat /config/word; ls /config',
      ),
      'twoword',
    );
  });

  test('an image is mounted read-only as a volume, with containerd of any version', async () => {
    await create('with-files', {
      containers: [
        {
          name: 'main',
          image,
          imagePullPolicy: 'Never',
          command: ['sleep', '1000'],
          volumeMounts: [{ name: 'files', mountPath: '/files' }],
        },
      ],
      volumes: [{ name: 'files', image: { reference: image, pullPolicy: 'Never' } }],
    });
    const pod = (await until('with-files', isReady)) as Pod;
    assert.equal(await sh(pod, 'cmp /bin/busybox /files/bin/busybox && echo same'), 'same');
    assert.match(await sh(pod, 'touch /files/x'), /Read-only file system/);
    await client.delete(pods, { namespace: 'default', name: 'with-files' });
    await until('with-files', (now) => now === undefined);
    assert.deepEqual(
      readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes('kubernetes.io~image') && line.includes(fixture.directory)),
      [],
    );
  });

  test('limits of a running container change without a restart', async () => {
    const resources = (cpu: string, memory: string): object => ({
      requests: { cpu, memory },
      limits: { cpu, memory },
    });
    const main = { name: 'main', image, imagePullPolicy: 'Never', command: ['sleep', '1000'] };
    await create('resized', { containers: [{ ...main, resources: resources('100m', '32Mi') }] } as Pod['spec'] &
      object);
    const pod = (await until('resized', isReady)) as Pod;
    const key = { namespace: 'default', name: 'resized' };
    const spec = { containers: [{ ...main, resources: resources('200m', '64Mi') }] };
    await client.patch(pods, key, { spec }, { type: 'merge' });
    const now = await until('resized', (seen) => {
      const status = seen?.status?.containerStatuses?.[0];
      return status?.resources?.limits?.['memory'] === '64Mi' && status.resources.limits['cpu'] === '200m';
    });
    assert.equal(now?.status?.containerStatuses?.[0]?.restartCount, 0);
    const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
    const files = isV2 ? 'memory.max cpu.max' : 'memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us';
    const expected = isV2 ? `${64 << 20} 20000 100000` : `${64 << 20} 20000`;
    assert.equal((await sh(pod, `cd /sys/fs/cgroup && cat ${files}`)).replaceAll('\n', ' '), expected);
    await client.delete(pods, key, { gracePeriodSeconds: 0 });
  });

  test('a failing container is started again and its last words are kept', async () => {
    await create('crash', {
      containers: [{ name: 'main', image, command: ['sh', '-c', 'echo run; echo why > /dev/termination-log; exit 7'] }],
    });
    const pod = (await until(
      'crash',
      (now) => now?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    )) as Pod;
    const [status] = pod.status?.containerStatuses ?? [];
    assert.deepEqual(
      [status?.restartCount, status?.lastState?.terminated?.exitCode, status?.lastState?.terminated?.message],
      [1, 7, 'why\n'],
    );
    assert.equal(await logsOf(pod), 'run\n');
    assert.equal(await logsOf(pod, true), 'run\n');
  });

  test('readiness follows the probe', async () => {
    const readinessProbe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1 };
    await create('probe', { containers: [{ name: 'main', image, command: ['sleep', '1000'], readinessProbe }] });
    const pod = (await until('probe', (now) => now?.status?.phase === 'Running')) as Pod;
    assert.equal(isReady(pod), false);
    await sh(pod, 'touch /tmp/ready');
    await until('probe', isReady);
    await sh(pod, 'rm /tmp/ready');
    await until('probe', (now) => !isReady(now));
  });

  test('a missing key keeps a container from starting, with the reason', async () => {
    await create('keyless', {
      containers: [
        {
          name: 'main',
          image,
          command: ['true'],
          env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'config', key: 'absent' } } }],
        },
      ],
    });
    const pod = (await until(
      'keyless',
      (now) => now?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    )) as Pod;
    assert.equal(
      pod.status?.containerStatuses?.[0]?.state?.waiting?.message,
      "couldn't find key absent in ConfigMap default/config",
    );
  });

  test('deleted pods leave nothing on the machine', async () => {
    const names = ['web', 'crash', 'probe', 'keyless'];
    await Promise.all(names.map((name) => client.delete(pods, { namespace: 'default', name })));
    await Promise.all(names.map((name) => until(name, (pod) => pod === undefined)));
    const state = await fixture.runtime.list();
    assert.deepEqual([state.sandboxes.length, state.containers.length], [0, 0]);
    assert.deepEqual(readdirSync(join(options.rootDirectory, 'pods')), []);
    assert.deepEqual(readdirSync(options.memoryDirectory), []);
    assert.deepEqual(readdirSync(options.logDirectory), []);
    assert.equal(
      existsSync(`/sys/fs/cgroup/cpu${options.cgroupRoot}/kubepods/burstable`)
        ? readdirSync(`/sys/fs/cgroup/cpu${options.cgroupRoot}/kubepods/burstable`, { withFileTypes: true }).filter(
            (entry) => entry.isDirectory(),
          ).length
        : 0,
      0,
    );
    assert.ok(events.some((event) => event.startsWith('Normal Killing Stopping container main')));
  });
});
