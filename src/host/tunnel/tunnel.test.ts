import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import type { Duplex } from '#base/streams.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { ExecIO, ExecRequest, NodeConnection, TerminalSize } from '#api/node-connection.ts';
import { isNotFound, notFound, StatusError } from '#api/status.ts';
import { certificateLifetimeMs, createAuthority, issue, type KeyPair } from '#host/certificates/issue.ts';
import { createHttpServer, type HttpServer } from '#host/http/server.ts';
import { systemClock } from '#host/system-clock.ts';
import { startTunnelAgent, type TunnelAgent } from '#host/tunnel/agent.ts';
import { createTunnelDialer } from '#host/tunnel/dialer.ts';
import { encodeFrame, frameType, readFrames } from '#host/tunnel/protocol.ts';
import { Channel } from '#base/channel.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const pod = { namespace: 'a', name: 'web', uid: 'u' };
let directory: string;
let authority: KeyPair;
let server: HttpServer;
let port: number;
const dialer = createTunnelDialer({ clock: systemClock, log: silentLogger });
const agents: TunnelAgent[] = [];
let attachAborted: Promise<void>;

const node: NodeConnection = {
  async *logs(_pod, container, options) {
    if (container === 'none') throw notFound({ group: '', plural: 'pods' }, 'web');
    for (let i = 0; i < (options.tailLines ?? 1); i++) yield encoder.encode(`line ${i}\n`);
    if (container === 'breaks') throw new StatusError(500, 'InternalError', 'the log broke off');
  },
  async exec({ command }, io) {
    if (command[0] === 'missing') throw new StatusError(400, 'BadRequest', 'no such command');
    for await (const chunk of io.stdin) await io.stdout(encoder.encode(`got ${decoder.decode(chunk)}`));
    for (let i = 0; i < Number(command[1] ?? 0); i++) await io.stdout(new Uint8Array(65_536));
    await io.stderr(encoder.encode('done'));
    return { exitCode: 7 };
  },
  attach(_request, io, signal) {
    attachAborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      void (async () => {
        for await (const { width, height } of io.resizes) await io.stdout(encoder.encode(`${width}x${height}`));
        resolve();
      })();
    });
  },
  portForward: (_pod, targetPort) =>
    targetPort === 1
      ? Promise.reject(new StatusError(500, 'InternalError', 'connection refused'))
      : Promise.resolve(echo()),
  dial: () => Promise.resolve(echo()),
};

/** Answers each chunk with itself, and ends when the other side does. */
function echo(): Duplex {
  const queue = new Channel<Uint8Array>(16);
  return {
    readable: queue,
    write: (chunk) => queue.push(chunk.slice()) ?? Promise.resolve(),
    end: () => queue.end(),
    destroy: () => queue.end(),
  };
}

/** The API server, as far as an agent's token is concerned. */
async function handle(request: ApiRequest): Promise<ApiResponse> {
  const isNode =
    request.path.endsWith('/selfsubjectreviews') && request.headers['authorization'] === 'Bearer node-token';
  const userInfo = isNode
    ? { username: 'system:node:local', groups: ['system:nodes'] }
    : { username: 'bob', groups: [] };
  return {
    status: 201,
    headers: {},
    body: { kind: 'bytes', bytes: encoder.encode(JSON.stringify({ status: { userInfo } })) },
  };
}

before(async () => {
  const nowMs = Date.now();
  directory = await mkdtemp(join(tmpdir(), 'tunnel-'));
  authority = createAuthority('test', nowMs);
  const pair = issue(authority, {
    commonName: 'server',
    hosts: ['127.0.0.1'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  server = createHttpServer({
    handle,
    certificate: { ...pair, clientAuthorities: authority.certificate },
    log: silentLogger,
    rawUpgrade: dialer.accept,
  });
  port = await server.listen({ host: '127.0.0.1', port: 0 });
  await server.listen({ socketPath: join(directory, 's') });
  const client = issue(authority, {
    commonName: 'system:node:far',
    organizations: ['system:nodes'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  agents.push(
    startTunnelAgent({
      server: { server: `https://127.0.0.1:${port}`, authority: authority.certificate, ...client },
      node,
      clock: systemClock,
      log: silentLogger,
    }),
    startTunnelAgent({
      server: { server: `unix:${join(directory, 's')}`, token: () => 'node-token' },
      node,
      clock: systemClock,
      log: silentLogger,
    }),
  );
  await Promise.all(agents.map(({ connected }) => connected));
});
after(async () => {
  for (const agent of agents) agent.close();
  dialer.close();
  await server.close();
  await rm(directory, { recursive: true });
});

function io(
  input: readonly string[],
  sizes: readonly TerminalSize[] = [],
): { io: ExecIO; heard: { stdout: string; stderr: string; bytes: number } } {
  const heard = { stdout: '', stderr: '', bytes: 0 };
  async function* stdin(): AsyncIterable<Uint8Array> {
    for (const text of input) yield encoder.encode(text);
  }
  async function* resizes(): AsyncIterable<TerminalSize> {
    yield* sizes;
    if (sizes.length > 0) await new Promise(() => {});
  }
  return {
    heard,
    io: {
      stdin: stdin(),
      resizes: resizes(),
      stdout(chunk) {
        heard.bytes += chunk.byteLength;
        if (chunk.byteLength < 100) heard.stdout += decoder.decode(chunk);
        return Promise.resolve();
      },
      stderr: (chunk) => Promise.resolve(void (heard.stderr += decoder.decode(chunk))),
    },
  };
}

const connection = (name: string): NodeConnection => {
  const found = dialer.connect(name);
  assert.ok(found, `${name} is connected`);
  return found;
};
const exec = (command: readonly string[], more: Partial<ExecRequest> = {}): ExecRequest => ({
  pod,
  container: 'c',
  command,
  stdin: true,
  stdout: true,
  stderr: true,
  tty: false,
  ...more,
});
const never = new AbortController().signal;

for (const name of ['far', 'local']) {
  test(`logs of the node ${name} arrive`, async () => {
    let text = '';
    for await (const chunk of connection(name).logs(
      pod,
      'c',
      { follow: false, previous: false, timestamps: false, tailLines: 3 },
      never,
    ))
      text += decoder.decode(chunk);
    assert.equal(text, 'line 0\nline 1\nline 2\n');
  });
  test(`exec on the node ${name} carries stdin, stdout, stderr and the exit code`, async () => {
    const { io: ends, heard } = io(['a', 'b']);
    assert.deepEqual(await connection(name).exec(exec(['cat']), ends, never), { exitCode: 7 });
    assert.deepEqual(heard, { stdout: 'got agot b', stderr: 'done', bytes: 10 });
  });
  test(`bytes are carried both ways through the node ${name}`, async () => {
    const duplex = await connection(name).dial('10.0.0.1', 80);
    await duplex.write(encoder.encode('ping'));
    duplex.end();
    let text = '';
    for await (const chunk of duplex.readable) text += decoder.decode(chunk);
    assert.equal(text, 'ping');
  });
}

test('50 MB of output arrive whole', async () => {
  const { io: ends, heard } = io([]);
  await connection('far').exec(exec(['cat', '800']), ends, never);
  assert.equal(heard.bytes, 800 * 65_536);
});

test('a hundred calls share one tunnel', async () => {
  const codes = await Promise.all(
    Array.from({ length: 100 }, () => connection('local').exec(exec(['cat']), io(['x']).io, never)),
  );
  assert.ok(codes.every(({ exitCode }) => exitCode === 7));
});

test('a refusal comes as the Status it was', async () => {
  const read = async (container: string): Promise<void> => {
    for await (const _ of connection('far').logs(
      pod,
      container,
      { follow: false, previous: false, timestamps: false },
      never,
    ));
  };
  await assert.rejects(read('none'), isNotFound);
  await assert.rejects(read('breaks'), /the log broke off/);
  await assert.rejects(connection('far').exec(exec(['missing']), io([]).io, never), /no such command/);
  await assert.rejects(connection('far').portForward(pod, 1), /connection refused/);
});

test('terminal sizes reach the process, and leaving aborts it', async () => {
  const { io: ends, heard } = io([], [{ width: 80, height: 24 }]);
  const controller = new AbortController();
  const attached = connection('far').attach(exec([], { tty: true, stdin: false }), ends, controller.signal);
  while (heard.stdout === '') await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error('left'));
  await assert.rejects(attached, /left/);
  await attachAborted;
  assert.equal(heard.stdout, '80x24');
});

test('somebody who is no node is refused', async () => {
  const nowMs = Date.now();
  const client = issue(authority, { commonName: 'jane', nowMs, lifetimeMs: certificateLifetimeMs });
  const warnings: string[] = [];
  const agent = await new Promise<TunnelAgent>((resolve) => {
    const started: TunnelAgent = startTunnelAgent({
      server: { server: `https://127.0.0.1:${port}`, authority: authority.certificate, ...client },
      node,
      clock: systemClock,
      log: {
        ...silentLogger,
        warn: (_message, fields) => resolve((warnings.push(String(fields?.['error'])), started)),
      },
    });
  });
  agent.close();
  assert.match(warnings[0] ?? '', /refused the agent: 403/);
});

test('an agent that dies fails its open calls, and is dialled in again', async () => {
  const { io: ends } = io([], [{ width: 1, height: 1 }]);
  const attached = connection('local').attach(exec([], { tty: true, stdin: false }), ends, never);
  agents[1]?.close();
  await assert.rejects(attached, /connection to the node was lost|closed/);
  while (dialer.connect('local') !== undefined) await new Promise((resolve) => setImmediate(resolve));
  const again = startTunnelAgent({
    server: { server: `unix:${join(directory, 's')}`, token: () => 'node-token' },
    node,
    clock: systemClock,
    log: silentLogger,
  });
  agents.push(again);
  await again.connected;
  while (dialer.connect('local') === undefined) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await connection('local').exec(exec(['cat']), io(['x']).io, never), { exitCode: 7 });
});

test('frames are read however they are cut', async () => {
  const whole = Buffer.concat([
    encodeFrame(frameType.stdin, encoder.encode('hello')),
    encodeFrame(frameType.stdinEnd, new Uint8Array()),
    encodeFrame(frameType.stdout, encoder.encode('x')),
  ]);
  for (let cut = 1; cut < whole.length; cut++) {
    async function* parts(): AsyncIterable<Uint8Array> {
      yield whole.subarray(0, cut);
      yield whole.subarray(cut);
    }
    const frames: string[] = [];
    for await (const { type, payload } of readFrames(parts())) frames.push(`${type}:${decoder.decode(payload)}`);
    assert.deepEqual(frames, ['1:hello', '2:', '4:x']);
  }
});
