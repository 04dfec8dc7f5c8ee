import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { silentLogger } from '#base/logger.ts';
import type { ApiRequest, ApiResponse, FrameSink } from '#api/handler.ts';
import { certificateLifetimeMs, createAuthority, issue, type KeyPair } from '#host/certificates/issue.ts';
import { createHttpServer, type HttpServer } from '#host/http/server.ts';

const encoder = new TextEncoder();
let directory: string;
let authority: KeyPair;
let serverPair: KeyPair;
let client: KeyPair;
let server: HttpServer;
let port: number;
let session: ClientHttp2Session;
const sinks: FrameSink[] = [];
let abortedPaths: string[] = [];

before(async () => {
  const nowMs = Date.now();
  directory = await mkdtemp(join(tmpdir(), 'http-'));
  authority = createAuthority('test', nowMs);
  serverPair = issue(authority, {
    commonName: 'server',
    hosts: ['localhost', '127.0.0.1'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  client = issue(authority, {
    commonName: 'jane',
    organizations: ['a', 'b'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  server = createHttpServer({
    handle,
    certificate: { ...serverPair, clientAuthorities: authority.certificate },
    log: silentLogger,
    maxQueuedBytes: 1_000_000,
  });
  port = await server.listen({ host: '127.0.0.1', port: 0 });
  await server.listen({ socketPath: join(directory, 'api.sock') });
  session = connect(`https://localhost:${port}`, {
    ca: authority.certificate,
    cert: client.certificate,
    key: client.key,
  });
});

after(async () => {
  session.destroy();
  await server.close();
  await rm(directory, { recursive: true });
});

async function handle(request: ApiRequest): Promise<ApiResponse> {
  const headers = { 'content-type': 'text/plain', warning: ['299 - "a"', '299 - "b"'] };
  switch (request.path) {
    case '/echo': {
      const { method, query, peer } = request;
      const seen = {
        method,
        query,
        user: peer.certificate?.commonName,
        groups: peer.certificate?.organizations,
        bodyBytes: request.body?.byteLength,
      };
      return { status: 200, headers, body: { kind: 'bytes', bytes: encoder.encode(JSON.stringify(seen)) } };
    }
    case '/scripts':
      return {
        status: 200,
        headers: { warning: ['299 - "ünï✓"'] },
        body: { kind: 'bytes', bytes: encoder.encode('x') },
      };
    case '/chunks':
      return {
        status: 200,
        headers,
        body: { kind: 'chunks', chunks: Array.from({ length: 100 }, () => new Uint8Array(100_000)) },
      };
    case '/watch':
      request.signal.addEventListener('abort', () => abortedPaths.push(request.path));
      return { status: 200, headers, body: { kind: 'frames', open: (sink) => sinks.push(sink) } };
    case '/socket':
      return {
        status: 101,
        headers: {},
        body: {
          kind: 'upgrade',
          upgrade: {
            protocol: 'websocket',
            subprotocol: request.query === '' ? 'SPDY/3.1+portforward.k8s.io' : request.query,
            async run(socket) {
              for await (const message of socket.messages) await socket.send(message.data);
              socket.close();
            },
          },
        },
      };
    case '/raw':
      return {
        status: 101,
        headers: {},
        body: {
          kind: 'upgrade',
          upgrade: {
            protocol: 'SPDY/3.1',
            headers: { 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' },
            async run(connection) {
              for await (const chunk of connection.readable) await connection.write(chunk);
              connection.end();
            },
          },
        },
      };
    default:
      return { status: 403, headers, body: { kind: 'bytes', bytes: encoder.encode('no') } };
  }
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

function http2(method: string, path: string, body?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path }, { endStream: body === undefined });
    let headers: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => (headers = received));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      resolve({ status: headers[':status'] as number, headers, text: Buffer.concat(chunks).toString() }),
    );
    stream.on('error', reject);
    if (body !== undefined) stream.end(body);
  });
}

function http1(method: string, path: string, options: RequestOptions = {}, body?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const make = options.socketPath === undefined ? httpsRequest : httpRequest;
    const request = make(
      { host: '127.0.0.1', port, method, path, ca: authority.certificate, ...options },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

test('an HTTP/2 request arrives with method, query, body and the identity of the client certificate', async () => {
  const { status, text, headers } = await http2('POST', '/echo?a=b', new Uint8Array(70_000));
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text), {
    method: 'POST',
    query: 'a=b',
    user: 'jane',
    groups: ['a', 'b'],
    bodyBytes: 70_000,
  });
  assert.equal(headers['content-length'], String(text.length));
  assert.equal(headers['warning'], '299 - "a", 299 - "b"');
});

test('an HTTP/1.1 request arrives alike; without a certificate there is no identity', async () => {
  const withoutCertificate = await http1('GET', '/echo');
  assert.deepEqual(JSON.parse(withoutCertificate.text), { method: 'GET', query: '' });
  const withCertificate = await http1(
    'PUT',
    '/echo',
    { cert: client.certificate, key: client.key },
    encoder.encode('xyz'),
  );
  assert.deepEqual(JSON.parse(withCertificate.text), {
    method: 'PUT',
    query: '',
    user: 'jane',
    groups: ['a', 'b'],
    bodyBytes: 3,
  });
});

for (const [protocol, ask] of [
  ['HTTP/2', http2],
  ['HTTP/1.1', http1],
] as const)
  test(`a warning in any script goes out as UTF-8 over ${protocol}`, async () => {
    const { headers } = await ask('GET', '/scripts');
    assert.equal(Buffer.from(String(headers['warning']), 'latin1').toString(), '299 - "ünï✓"');
  });

test('a certificate of a foreign authority is no identity', async () => {
  const foreign = createAuthority('foreign', Date.now());
  const pair = issue(foreign, { commonName: 'admin', nowMs: Date.now(), lifetimeMs: certificateLifetimeMs });
  const { text } = await http1('GET', '/echo', { cert: pair.certificate, key: pair.key });
  assert.equal(JSON.parse(text).user, undefined);
});

test('HTTP/1.1 and HTTP/2 are served on a unix socket', async () => {
  const socketPath = join(directory, 'api.sock');
  const { text } = await http1('GET', '/echo?x', { socketPath });
  assert.equal(JSON.parse(text).query, 'x');
  const { connect: connectSocket } = await import('node:net');
  const local = connect('http://localhost', { createConnection: () => connectSocket(socketPath) });
  const stream = local.request({ ':path': '/echo?y' });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  local.destroy();
  assert.equal(JSON.parse(Buffer.concat(chunks).toString()).query, 'y');
});

for (const version of ['HTTP/2', 'HTTP/1.1'] as const) {
  test(`a body over 3 MB is answered 413 over ${version}`, async () => {
    const body = new Uint8Array(3 * 1024 * 1024 + 1);
    const { status, text } = await (version === 'HTTP/2'
      ? http2('POST', '/echo', body)
      : http1('POST', '/echo', {}, body));
    assert.equal(status, 413);
    assert.equal(JSON.parse(text).message, 'Request entity too large: limit is 3145728');
  });
  test(`a long answer in chunks arrives whole over ${version}`, async () => {
    const { text } = await (version === 'HTTP/2' ? http2('GET', '/chunks') : http1('GET', '/chunks'));
    assert.equal(text.length, 10_000_000);
  });
  test(`a very long query is read over ${version}`, async () => {
    const query = 'x'.repeat(version === 'HTTP/2' ? 40_000 : 200_000);
    const { status, text } = await (version === 'HTTP/2'
      ? http2('GET', `/echo?${query}`)
      : http1('GET', `/echo?${query}`));
    assert.deepEqual([status, JSON.parse(text).query.length], [200, query.length]);
  });
  test(`HEAD gets no body over ${version}`, async () => {
    const { status, text } = await (version === 'HTTP/2' ? http2('HEAD', '/echo') : http1('HEAD', '/echo'));
    assert.deepEqual([status, text], [200, '']);
  });
}

test('frames of a watch arrive in order and end when the sink ends', async () => {
  sinks.length = 0;
  const answers = [http2('GET', '/watch'), http2('GET', '/watch'), http1('GET', '/watch')];
  while (sinks.length < 3) await new Promise((resolve) => setImmediate(resolve));
  for (const sink of sinks) for (const letter of ['a', 'b', 'c']) sink.write(encoder.encode(letter));
  await new Promise((resolve) => setImmediate(resolve));
  for (const sink of sinks) {
    sink.write(encoder.encode('d'));
    sink.end();
  }
  assert.deepEqual(
    (await Promise.all(answers)).map(({ text }) => text),
    ['abcd', 'abcd', 'abcd'],
  );
});

test('a watch whose client is gone is closed and its signal aborted', async () => {
  sinks.length = 0;
  abortedPaths = [];
  const stream = session.request({ ':path': '/watch' });
  stream.on('error', () => {});
  while (sinks.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const closed = new Promise<void>((resolve) => sinks[0]?.onClose(resolve));
  stream.close(8);
  await closed;
  assert.deepEqual(abortedPaths, ['/watch']);
});

test('a watch whose client does not read is reset', async () => {
  sinks.length = 0;
  const stream = session.request({ ':path': '/watch' });
  const failed = new Promise<Error>((resolve) => stream.once('error', resolve));
  stream.pause();
  while (sinks.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const closed = new Promise<void>((resolve) => sinks[0]?.onClose(resolve));
  for (let i = 0; i < 30; i++) {
    sinks[0]?.write(new Uint8Array(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  assert.match(String(await failed), /NGHTTP2_INTERNAL_ERROR/);
});

test('a WebSocket is upgraded with a subprotocol that has a slash', async () => {
  const socket = new WebSocket(`wss://localhost:${port}/socket`, ['SPDY/3.1+portforward.k8s.io'.replace('/', '-')], {
    ca: authority.certificate,
  });
  socket.on('error', () => {});
  const protocol = await new Promise((resolve) =>
    socket.on('upgrade', (response) => resolve(response.headers['sec-websocket-protocol'])),
  );
  assert.equal(protocol, 'SPDY/3.1+portforward.k8s.io');
  socket.terminate();
});

test('WebSocket messages are echoed', async () => {
  const socket = new WebSocket(`wss://localhost:${port}/socket?v5.channel.k8s.io`, ['v5.channel.k8s.io'], {
    ca: authority.certificate,
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const sent = Array.from({ length: 100 }, (_, i) => `message ${i}`);
  const received: string[] = [];
  const done = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      if (received.push(String(data)) === sent.length) resolve();
    }),
  );
  for (const message of sent) socket.send(encoder.encode(message));
  await done;
  socket.close();
  assert.deepEqual(received, sent);
});

test('a connection is upgraded to raw bytes in both directions', async () => {
  const request = httpsRequest({
    host: 'localhost',
    port,
    path: '/raw',
    method: 'POST',
    ca: authority.certificate,
    headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' },
  });
  request.end();
  const { response, socket } = await new Promise<{
    response: import('node:http').IncomingMessage;
    socket: import('node:stream').Duplex;
  }>((resolve) => request.on('upgrade', (response, socket) => resolve({ response, socket })));
  assert.equal(response.headers['x-stream-protocol-version'], 'v4.channel.k8s.io');
  socket.end('hello');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), 'hello');
});

test('an upgrade that is refused gets the ordinary answer', async () => {
  const { status, text } = await http1('GET', '/nothing', { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
  assert.deepEqual([status, text], [403, 'no']);
});

test('new connections get the new certificate, open ones stay', async () => {
  const renewed = issue(authority, {
    commonName: 'renewed',
    hosts: ['localhost', '127.0.0.1'],
    nowMs: Date.now(),
    lifetimeMs: certificateLifetimeMs,
  });
  server.setCertificate({ ...renewed, clientAuthorities: authority.certificate });
  const { connect: connectTls } = await import('node:tls');
  const subject = await new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.certificate }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
  });
  assert.equal(subject, 'renewed');
  assert.equal((await http2('GET', '/echo')).status, 200);
});

const nuisances = [
  'GET /watch HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc',
  'GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\ngarbage',
  'GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'POST /raw HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage that is no frame',
  'BOGUS / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  '\0\x01\x02',
];

test('connections that talk nonsense or break off do no harm', async () => {
  const { connect: connectTls } = await import('node:tls');
  const { connect: connectSocket } = await import('node:net');
  const visit = (open: () => import('node:net').Socket, text: string, afterTurns: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = open();
      socket.on('error', () => {});
      socket.once('close', () => resolve());
      socket.write(text, () => {
        let turns = 0;
        const step = (): void => (turns++ < afterTurns ? void setImmediate(step) : void socket.destroy());
        step();
      });
    });
  const doors = [
    () => connectSocket(join(directory, 'api.sock')),
    () => connectSocket(port, '127.0.0.1'),
    () =>
      connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.certificate,
        servername: 'localhost',
        ALPNProtocols: ['http/1.1'],
      }),
    () =>
      connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.certificate,
        servername: 'localhost',
        ALPNProtocols: ['h2'],
      }),
  ];
  await Promise.all(
    doors.flatMap((door) => nuisances.flatMap((text) => [0, 5, 50].map((turns) => visit(door, text, turns)))),
  );
  assert.equal((await http1('GET', '/echo')).status, 200);
  assert.equal((await http2('GET', '/echo')).status, 200);
});

test('closing ends watches in order and takes no longer than they do', async () => {
  sinks.length = 0;
  const other = createHttpServer({
    handle,
    certificate: { ...serverPair, clientAuthorities: authority.certificate },
    log: silentLogger,
  });
  const otherPort = await other.listen({ host: '127.0.0.1', port: 0 });
  const client = connect(`https://localhost:${otherPort}`, { ca: authority.certificate });
  const stream = client.request({ ':path': '/watch' });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => stream.once('end', resolve).once('error', reject));
  while (sinks.length < 1) await new Promise((resolve) => setImmediate(resolve));
  sinks[0]?.write(encoder.encode('last words'));
  await other.close(60_000);
  await ended;
  assert.equal(Buffer.concat(chunks).toString(), 'last words');
});

test('a port that is taken is an error', async () => {
  await assert.rejects(server.listen({ host: '127.0.0.1', port }), /EADDRINUSE/);
});
