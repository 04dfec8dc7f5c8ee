import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import type { MessageSocket, SocketMessage } from '#base/streams.ts';
import type { ApiRequest, ApiResponse, FrameSink } from '#api/handler.ts';
import { certificateLifetimeMs, createAuthority, issue, type KeyPair } from '#host/certificates/issue.ts';
import { createHttpHandler, type HttpHandler } from '#host/http/client.ts';
import { createHttpServer, type HttpServer } from '#host/http/server.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let directory: string;
let authority: KeyPair;
let serverPair: KeyPair;
let clientPair: KeyPair;
let server: HttpServer;
let port: number;
let remote: HttpHandler;
let sink: FrameSink | undefined;
let watchClosed: Promise<void>;

before(async () => {
  const nowMs = Date.now();
  directory = await mkdtemp(join(tmpdir(), 'client-'));
  authority = createAuthority('test', nowMs);
  serverPair = issue(authority, {
    commonName: 'server',
    hosts: ['localhost', '127.0.0.1'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  clientPair = issue(authority, { commonName: 'jane', nowMs, lifetimeMs: certificateLifetimeMs });
  server = start();
  port = await server.listen({ host: '127.0.0.1', port: 0 });
  await server.listen({ socketPath: join(directory, 's') });
  remote = createHttpHandler({
    server: `https://127.0.0.1:${port}`,
    authority: authority.certificate,
    ...clientPair,
    token: () => 'T',
  });
});
after(async () => {
  remote.close();
  await server.close();
  await rm(directory, { recursive: true });
});

function start(): HttpServer {
  return createHttpServer({
    handle,
    certificate: { ...serverPair, clientAuthorities: authority.certificate },
    log: silentLogger,
  });
}

async function handle(request: ApiRequest): Promise<ApiResponse> {
  if (request.path === '/watch') {
    return {
      status: 200,
      headers: {},
      body: {
        kind: 'frames',
        open(opened) {
          sink = opened;
          watchClosed = new Promise((resolve) => opened.onClose(resolve));
          opened.write(encoder.encode('first'));
        },
      },
    };
  }
  if (request.path === '/exec') {
    return {
      status: 101,
      headers: {},
      body: {
        kind: 'upgrade',
        upgrade: {
          protocol: 'websocket',
          subprotocol: 'v5.channel.k8s.io',
          async run(socket) {
            for await (const { data } of socket.messages) {
              await socket.send(encoder.encode(`echo ${decoder.decode(data)}`));
              if (decoder.decode(data) === 'bye') return socket.close();
            }
          },
        },
      },
    };
  }
  const seen = [
    request.method,
    request.path,
    request.query,
    request.headers['authorization'],
    request.peer.certificate?.commonName,
    request.body?.byteLength,
  ];
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'bytes', bytes: encoder.encode(JSON.stringify(seen)) },
  };
}

const request = (method: string, path: string, more: Partial<ApiRequest> = {}): ApiRequest => ({
  method,
  path,
  query: '',
  headers: {},
  peer: { address: '' },
  signal: new AbortController().signal,
  ...more,
});

async function text(response: ApiResponse): Promise<string> {
  if (response.body.kind === 'bytes') return decoder.decode(response.body.bytes);
  assert.equal(response.body.kind, 'chunks');
  let whole = '';
  for await (const chunk of (response.body as Extract<ApiResponse['body'], { kind: 'chunks' }>).chunks)
    whole += decoder.decode(chunk, { stream: true });
  return whole;
}

test('a request goes over HTTP/2 with certificate, token, query and body', async () => {
  const response = await remote.handle(
    request('POST', '/a', { query: 'b=c', body: new Uint8Array(100_000), headers: { 'content-type': 'x' } }),
  );
  assert.deepEqual(JSON.parse(await text(response)), ['POST', '/a', 'b=c', 'Bearer T', 'jane', 100_000]);
});

test('a request goes over a unix socket', async () => {
  const local = createHttpHandler({ server: `unix:${join(directory, 's')}` });
  const response = await local.handle(request('GET', '/a'));
  local.close();
  assert.deepEqual(JSON.parse(await text(response)), ['GET', '/a', '', null, null, null]);
});

test('a server that speaks HTTP/1.1 only is served, too', async () => {
  const old = createHttpsServer({ cert: serverPair.certificate, key: serverPair.key }, (message, response) =>
    response.end(`${message.httpVersion} ${message.url}`),
  );
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  const { port: oldPort } = old.address() as { port: number };
  const client = createHttpHandler({
    server: `https://127.0.0.1:${oldPort}/prefix/`,
    authority: authority.certificate,
  });
  const answers = [
    await text(await client.handle(request('GET', '/x'))),
    await text(await client.handle(request('GET', '/y'))),
  ];
  client.close();
  old.close();
  assert.deepEqual(answers, ['1.1 /prefix/x', '1.1 /prefix/y']);
});

test('a watch arrives as it is written, and leaving it closes it at the server', async () => {
  const response = await remote.handle(request('GET', '/watch'));
  assert.equal(response.body.kind, 'chunks');
  const seen: string[] = [];
  for await (const chunk of (response.body as Extract<ApiResponse['body'], { kind: 'chunks' }>).chunks) {
    seen.push(decoder.decode(chunk));
    if (seen.length === 1) sink?.write(encoder.encode('second'));
    else break;
  }
  await watchClosed;
  assert.deepEqual(seen, ['first', 'second']);
});

test('aborting a request ends it with the reason', async () => {
  const controller = new AbortController();
  const response = await remote.handle(request('GET', '/watch', { signal: controller.signal }));
  controller.abort(new Error('enough'));
  await watchClosed;
  await assert.rejects(text(response));
  await assert.rejects(remote.handle(request('GET', '/a', { signal: controller.signal })), /enough/);
});

test('a foreign server is not believed', async () => {
  const client = createHttpHandler({ server: `https://127.0.0.1:${port}` });
  await assert.rejects(client.handle(request('GET', '/a')), /certificate/);
  client.close();
});

test('a server that is not there is an error, and the next request tries again', async () => {
  await server.close();
  await assert.rejects(remote.handle(request('GET', '/a')));
  server = start();
  await server.listen({ host: '127.0.0.1', port });
  const response = await remote.handle(request('GET', '/again'));
  assert.equal(JSON.parse(await text(response))[1], '/again');
});

/** The local end of an upgrade: what is sent to it is collected, what it says is given. */
function localSocket(says: readonly string[]): { socket: MessageSocket; heard: string[] } {
  const heard: string[] = [];
  async function* messages(): AsyncIterable<SocketMessage> {
    for (const line of says) yield { data: encoder.encode(line), isText: false };
  }
  const socket: MessageSocket = {
    protocol: '',
    messages: messages(),
    send: (message) =>
      Promise.resolve(void heard.push(typeof message === 'string' ? message : decoder.decode(message))),
    close: () => {},
  };
  return { socket, heard };
}

test('an upgrade to a WebSocket carries messages both ways', async () => {
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'v5.channel.k8s.io' };
  const response = await remote.handle(request('GET', '/exec', { headers }));
  assert.equal(response.body.kind, 'upgrade');
  const { upgrade } = response.body as Extract<ApiResponse['body'], { kind: 'upgrade' }>;
  assert.ok(upgrade.protocol === 'websocket' && upgrade.subprotocol === 'v5.channel.k8s.io');
  const { socket, heard } = localSocket(['hello', 'bye']);
  await upgrade.run(socket);
  assert.deepEqual(heard, ['echo hello', 'echo bye']);
});

test('an upgrade that is refused is an ordinary answer', async () => {
  const headers = { connection: 'Upgrade', upgrade: 'websocket' };
  const response = await remote.handle(request('GET', '/nothing', { headers }));
  assert.equal(response.status, 200);
  assert.equal(JSON.parse(await text(response))[1], '/nothing');
});
