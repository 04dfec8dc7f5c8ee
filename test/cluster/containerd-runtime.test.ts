import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ExecIO } from '#api/node-connection.ts';
import { buildImage } from '#host/images/build.ts';
import { importImageBytes } from '#host/images/import.ts';
import type { ContainerConfig, RuntimeEvent, SandboxConfig } from '#kubelet/runtime.ts';
import { type ContainerdFixture, skipReason, startContainerdFixture } from './containerd-fixture.ts';

const image = 'localhost/runtime-test:1';

function sandboxConfig(fixture: ContainerdFixture, name: string): SandboxConfig {
  return {
    pod: { namespace: 'default', name, uid: `uid-${name}` },
    attempt: 0,
    hostname: name,
    logDirectory: join(fixture.directory, 'logs', name),
    dns: { servers: ['10.96.0.10'], searches: ['cluster.local'], options: ['ndots:5'] },
    hostPorts: [],
    labels: { 'io.kubernetes.pod.uid': `uid-${name}` },
    annotations: {},
    cgroupParent: `/wheelhouse-${fixture.instance}/${name}`,
    sysctls: {},
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
    shareProcessNamespace: false,
    runtimeHandler: '',
    security: { privileged: false, supplementalGroups: [], readonlyRootfs: false },
  };
}

function containerConfig(name: string, command: string[], options: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    name,
    attempt: 0,
    image,
    command,
    args: [],
    workingDir: '',
    env: [{ name: 'WORD', value: 'hello' }],
    mounts: [],
    labels: { 'io.kubernetes.pod.uid': 'uid' },
    annotations: {},
    logPath: `${name}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: { cpuShares: 102, memoryLimitBytes: 64 << 20, oomScoreAdj: 1000 },
    security: {
      privileged: false,
      supplementalGroups: [],
      readonlyRootfs: false,
      noNewPrivs: false,
      addCapabilities: [],
      dropCapabilities: [],
      maskedPaths: [],
      readonlyPaths: [],
      seccomp: 'unconfined',
      pidNamespace: 'container',
      hostNetwork: false,
      hostIPC: false,
    },
    ...options,
  };
}

function captureIO(input: string[] = []): { io: ExecIO; out: () => string; err: () => string } {
  const [out, err]: [Uint8Array[], Uint8Array[]] = [[], []];
  const text = (chunks: Uint8Array[]): string => Buffer.concat(chunks).toString();
  const io: ExecIO = {
    stdin: (async function* () {
      for (const line of input) yield Buffer.from(line);
    })(),
    stdout: async (chunk) => void out.push(Uint8Array.from(chunk)),
    stderr: async (chunk) => void err.push(Uint8Array.from(chunk)),
    resizes: (async function* () {})(),
  };
  return { io, out: () => text(out), err: () => text(err) };
}

describe('ContainerdRuntime', { skip: skipReason, timeout: 90_000 }, () => {
  let fixture: ContainerdFixture;
  const never = new AbortController().signal;

  before(async () => {
    fixture = await startContainerdFixture('10.231.7.0/24');
    const { archive } = await buildImage({ name: image });
    await importImageBytes(fixture.containerd.socketPath, archive);
  });
  after(() => fixture.close());

  function nextEvent(type: RuntimeEvent['type'], id: () => string | undefined): Promise<void> {
    return new Promise((resolve) => {
      const seen = new Set<string>();
      const cancel = fixture.runtime.subscribe((event) => {
        if (event.type === type) seen.add(event.containerId);
        const wanted = id();
        if (wanted !== undefined && seen.has(wanted)) {
          cancel();
          resolve();
        }
      });
    });
  }

  test('a container starts, writes its log, answers exec with exit codes, and its exit is told', async () => {
    const { runtime } = fixture;
    const sandbox = sandboxConfig(fixture, 'one');
    const sandboxId = await runtime.runSandbox(sandbox);
    const status = await runtime.sandboxStatus(sandboxId);
    assert.match(status?.ips[0] ?? '', /^10\.231\.7\.\d+$/);
    const id = await runtime.createContainer(
      sandboxId,
      containerConfig('main', [
        'sh',
        '-c',
        'echo $WORD; echo oops >&2; cat /tmp/no 2>/dev/null; sleep 1000 & trap "exit 7" TERM; wait',
      ]),
      sandbox,
    );
    await runtime.startContainer(id);
    assert.equal((await runtime.containerStatus(id))?.state, 'running');

    const ok = captureIO();
    assert.deepEqual(
      await runtime.exec(
        id,
        { command: ['sh', '-c', 'echo out; echo err >&2; exit 5'], tty: false, stdin: false },
        ok.io,
        never,
      ),
      { exitCode: 5 },
    );
    assert.deepEqual([ok.out(), ok.err()], ['out\n', 'err\n']);

    const cat = captureIO(['a line\n', 'x'.repeat(200_000)]);
    assert.deepEqual(await runtime.exec(id, { command: ['wc', '-c'], tty: false, stdin: true }, cat.io, never), {
      exitCode: 0,
    });
    assert.equal(cat.out().trim(), '200007');

    const tty = captureIO();
    await runtime.exec(
      id,
      { command: ['sh', '-c', 'tty >/dev/null && echo terminal $TERM'], tty: true, stdin: false },
      tty.io,
      never,
    );
    assert.equal(tty.out(), 'terminal xterm\r\n');

    await assert.rejects(
      runtime.exec(id, { command: ['/no/such'], tty: false, stdin: false }, captureIO().io, never),
      /no such file or directory/,
    );

    const exited = nextEvent('exited', () => id);
    await runtime.stopContainer(id, 5_000);
    await exited;
    const end = await runtime.containerStatus(id);
    assert.deepEqual([end?.state, end?.exitCode, end?.sandboxId], ['exited', 7, sandboxId]);
    const log = readFileSync(join(sandbox.logDirectory, 'main.log'), 'utf8');
    assert.match(log, /^\S+ stdout F hello\n/m);
    assert.match(log, /^\S+ stderr F oops\n/m);
  });

  test('attach passes stdin and its end, and returns when the process ends', async () => {
    const { runtime } = fixture;
    const sandbox = sandboxConfig(fixture, 'two');
    const sandboxId = await runtime.runSandbox(sandbox);
    const id = await runtime.createContainer(
      sandboxId,
      containerConfig('main', ['sh', '-c', 'cat; echo closed'], { stdin: true, stdinOnce: true }),
      sandbox,
    );
    await runtime.startContainer(id);
    const capture = captureIO(['hello ', 'there\n']);
    await runtime.attach(id, { tty: false, stdin: true }, capture.io, never);
    assert.equal(capture.out(), 'hello there\nclosed\n');
  });

  test('port-forward reaches a server that listens on 127.0.0.1 only', async () => {
    const { runtime } = fixture;
    const sandbox = sandboxConfig(fixture, 'three');
    const sandboxId = await runtime.runSandbox(sandbox);
    const id = await runtime.createContainer(
      sandboxId,
      containerConfig('main', ['sh', '-c', 'echo answer > /tmp/a; exec httpd -f -p 127.0.0.1:8080 -h /tmp']),
      sandbox,
    );
    await runtime.startContainer(id);
    const listening = captureIO();
    await runtime.exec(
      id,
      { command: ['sh', '-c', 'until grep -q ":1F90" /proc/net/tcp; do sleep 0.05; done'], tty: false, stdin: false },
      listening.io,
      never,
    );
    const duplex = await runtime.portForward(sandboxId, 8080);
    await duplex.write(Buffer.from('GET /a HTTP/1.0\r\n\r\n'));
    const chunks: Uint8Array[] = [];
    for await (const chunk of duplex.readable) chunks.push(chunk);
    assert.match(Buffer.concat(chunks).toString(), /\r\n\r\nanswer\n$/);
    const refused = await runtime.portForward(sandboxId, 9);
    await assert.rejects(async () => {
      for await (const _ of refused.readable);
    }, /failed to connect to localhost:9 inside the pod: .*refused/);
  });

  test('images and lists', async () => {
    const { runtime } = fixture;
    const found = await runtime.imageStatus(image);
    assert.deepEqual(found?.tags, [image]);
    assert.equal(await runtime.imageStatus('localhost/absent:1'), undefined);
    const state = await runtime.list();
    assert.equal(state.sandboxes.length, 3);
    assert.equal(state.containers.length, 3);
    assert.ok((await runtime.listImages()).length >= 2);
    assert.equal((await runtime.version()).name, 'containerd');
  });
});
