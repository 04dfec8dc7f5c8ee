import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '#base/channel.ts';
import type { Duplex, MessageSocket, SocketMessage } from '#base/streams.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { NodeConnection } from '#api/node-connection.ts';
import type { StreamSubresource, StreamTarget } from '#api/resource.ts';
import { badRequest, StatusError } from '#api/status.ts';
import type { ConnectRequest } from '#apiserver/registry/dispatch.ts';
import { createConnect } from '#apiserver/subresources/connect.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const seen: { pod?: string; exec?: unknown; sent?: string } = {};

const node: NodeConnection = {
  async *logs(_pod, container, options) {
    if (container === 'waiting')
      throw badRequest('container "waiting" in pod "web" is waiting to start: ContainerCreating');
    yield encoder.encode(JSON.stringify(options));
    yield encoder.encode('|more');
  },
  async exec(request, io) {
    seen.exec = request;
    for await (const chunk of io.stdin) await io.stdout(encoder.encode(decoder.decode(chunk).toUpperCase()));
    if (request.tty)
      for await (const { width, height } of io.resizes) await io.stderr(encoder.encode(`${width}x${height}`));
    if (request.command[0] === 'throw') throw new Error('no such file');
    return { exitCode: Number(request.command[1] ?? 0) };
  },
  async attach(_request, io) {
    await io.stdout(encoder.encode('attached'));
  },
  portForward: () => Promise.reject(new Error('not here')),
  async dial(host, port) {
    seen.pod = `${host}:${port}`;
    return httpPeer;
  },
};

let answers: string[] = [];
/** An HTTP/1.1 server of one answer. */
const httpPeer: Duplex = {
  get readable() {
    return (async function* () {
      for (const answer of answers) yield encoder.encode(answer);
    })();
  },
  write: (chunk) => Promise.resolve(void (seen.sent = decoder.decode(chunk))),
  end: () => {},
  destroy: () => {},
};

interface Asked {
  readonly type: StreamSubresource<never>['type'];
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly target?: Partial<StreamTarget>;
  readonly hasObject?: boolean;
  readonly path?: { path: string; subpath: string };
  readonly method?: string;
  readonly body?: Uint8Array;
}

function connect(asked: Asked): Promise<ApiResponse> {
  const { type, query = '', headers = {}, hasObject = true, path = { path: '/x', subpath: '' } } = asked;
  const request: ApiRequest = {
    method: asked.method ?? 'GET',
    path: path.path,
    query,
    headers,
    peer: { address: '192.0.2.1' },
    signal: new AbortController().signal,
    ...(asked.body === undefined ? {} : { body: asked.body }),
  };
  const endpoint = {
    resource: { group: '', plural: 'pods' },
    collection: { get: () => (hasObject ? { object: { metadata: { name: 'web' } } } : undefined) },
  };
  const target = { nodeName: 'n1', pod: { namespace: 'shop', name: 'web', uid: 'u' }, container: 'c', ...asked.target };
  return createConnect()({
    request,
    info: path,
    endpoint,
    key: { namespace: 'shop', name: 'web' },
    stream: { type, resolve: () => Promise.resolve(target) },
    call: { nodes: { connect: (name: string) => (name === 'n1' ? node : undefined) } },
  } as unknown as ConnectRequest);
}

async function text(response: ApiResponse): Promise<string> {
  assert.equal(response.body.kind, 'chunks');
  let whole = '';
  for await (const chunk of (response.body as Extract<ApiResponse['body'], { kind: 'chunks' }>).chunks)
    whole += decoder.decode(chunk);
  return whole;
}

/** Runs a WebSocket upgrade against a client that says `messages`, and returns what it heard. */
async function talk(
  response: ApiResponse,
  messages: readonly (Uint8Array | string)[],
): Promise<{ protocol: string; heard: (Uint8Array | string)[] }> {
  assert.ok(response.body.kind === 'upgrade' && response.body.upgrade.protocol === 'websocket');
  const { subprotocol, run } = response.body.upgrade;
  const incoming = new Channel<SocketMessage>(100);
  for (const message of messages)
    void incoming.push(
      typeof message === 'string' ? { data: encoder.encode(message), isText: true } : { data: message, isText: false },
    );
  const heard: (Uint8Array | string)[] = [];
  const socket: MessageSocket = {
    protocol: subprotocol,
    messages: incoming,
    send: (message) => Promise.resolve(void heard.push(message)),
    close: () => incoming.end(),
  };
  await run(socket);
  return { protocol: subprotocol, heard };
}

const webSocket = (...protocols: string[]) => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-protocol': protocols.join(', '),
});
const bytes = (channel: number, payload: string): Uint8Array => Uint8Array.from([channel, ...encoder.encode(payload)]);
const readable = (messages: readonly (Uint8Array | string)[]): string[] =>
  messages.map((message) =>
    typeof message === 'string' ? message : `${message[0]}:${decoder.decode(message.subarray(1))}`,
  );

test('exec over v5: stdin ends, output arrives, the status is JSON', async () => {
  const response = await connect({
    type: 'exec',
    query: 'command=cat&command=0&stdin=true&stdout=true&stderr=1&tty=false',
    headers: webSocket('v5.channel.k8s.io'),
  });
  const { protocol, heard } = await talk(response, [bytes(0, 'abc'), bytes(255, '\0')]);
  assert.equal(protocol, 'v5.channel.k8s.io');
  assert.deepEqual(seen.exec, {
    pod: { namespace: 'shop', name: 'web', uid: 'u' },
    container: 'c',
    command: ['cat', '0'],
    stdin: true,
    stdout: true,
    stderr: true,
    tty: false,
  });
  assert.deepEqual(readable(heard), ['1:', '1:ABC', success]);
});

/** A client that has sent everything and stays; the socket is closed by the server. */
async function execute(query: string, protocol: string, input: (Uint8Array | string)[]): Promise<string[]> {
  const response = await connect({ type: 'exec', query, headers: webSocket(protocol) });
  assert.ok(response.body.kind === 'upgrade' && response.body.upgrade.protocol === 'websocket');
  const incoming = new Channel<SocketMessage>(100);
  for (const message of input)
    void incoming.push(
      typeof message === 'string' ? { data: encoder.encode(message), isText: true } : { data: message, isText: false },
    );
  incoming.end();
  const heard: (Uint8Array | string)[] = [];
  await response.body.upgrade.run({
    protocol,
    messages: incoming,
    send: (message) => Promise.resolve(void heard.push(message)),
    close: () => {},
  });
  return readable(heard);
}

const success = '3:{"metadata":{},"status":"Success"}';
const exit3 =
  '3:{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';
const executions: [string, string, string, (Uint8Array | string)[], string[]][] = [
  [
    'v4 ends with a status',
    'command=cat&stdin=1&stdout=1',
    'v4.channel.k8s.io',
    [bytes(0, 'x')],
    ['1:', '1:X', success],
  ],
  ['an exit code is told', 'command=cat&command=3&stdout=1', 'v4.channel.k8s.io', [], ['1:', exit3]],
  ['the first protocol says nothing on success', 'command=cat&stdout=1', 'channel.k8s.io', [], ['1:']],
  [
    'the first protocol tells a failure as text',
    'command=cat&command=3&stderr=1',
    'channel.k8s.io',
    [],
    ['2:', '3:command terminated with non-zero exit code: exit status 3'],
  ],
  [
    'base64 is text',
    'command=cat&stdin=1&stdout=1',
    'v4.base64.channel.k8s.io',
    [`0${btoa('x')}`],
    ['1', `1${btoa('X')}`, `3${btoa(success.slice(2))}`],
  ],
  [
    'sizes reach the process',
    'command=cat&stdout=1&tty=1',
    'v4.channel.k8s.io',
    [bytes(4, '{"Width":80,"Height":24}')],
    ['1:', '2:80x24', success],
  ],
];
for (const [title, query, protocol, input, expected] of executions) {
  test(`exec: ${title}`, async () => assert.deepEqual(await execute(query, protocol, input), expected));
}

test('exec: a command that cannot be run is an internal error', async () => {
  const heard = await execute('command=throw&stdout=1', 'v4.channel.k8s.io', []);
  assert.match(heard.at(-1) ?? '', /"Internal error occurred: error executing command in container: no such file"/);
});

const refusals: [string, Asked, number, RegExp][] = [
  ['exec without an upgrade', { type: 'exec' }, 400, /^Upgrade request required$/],
  ['port-forward without an upgrade', { type: 'portforward' }, 400, /^Upgrade request required$/],
  [
    'a protocol nobody knows',
    { type: 'exec', headers: webSocket('v9') },
    403,
    /client supports \[v9\], server accepts \[v5.channel.k8s.io/,
  ],
  ['a pod that is not there', { type: 'exec', hasObject: false }, 404, /^pods "web" not found$/],
  [
    'a node that is not connected',
    { type: 'log', target: { nodeName: 'n2' } },
    500,
    /the agent of node "n2" is not connected/,
  ],
  [
    'logs that the node refuses',
    { type: 'log', target: { container: 'waiting' } },
    400,
    /is waiting to start: ContainerCreating/,
  ],
  [
    'a proxy whose target says nothing',
    { type: 'proxy', path: { path: '/x/', subpath: '' } },
    503,
    /^error trying to reach service: EOF$/,
  ],
];
for (const [title, asked, code, message] of refusals) {
  test(`${title} is refused with ${code}`, async () => {
    answers = [];
    await assert.rejects(
      connect(asked),
      (error) => error instanceof StatusError && error.code === code && message.test(error.message),
    );
  });
}

test('logs are text that grows, with the options of the query', async () => {
  const response = await connect({
    type: 'log',
    query: 'follow=true&tailLines=5&limitBytes=9&sinceTime=2026-01-01T00:00:00Z&timestamps=0',
  });
  assert.equal(response.headers['content-type'], 'text/plain');
  const options = {
    follow: true,
    previous: false,
    timestamps: false,
    tailLines: 5,
    limitBytes: 9,
    sinceTime: '2026-01-01T00:00:00Z',
  };
  assert.deepEqual(await text(response), `${JSON.stringify(options)}|more`);
});

test('a pod on no node has no logs to show', async () => {
  const { status, body } = await connect({ type: 'log', target: { nodeName: '' } });
  assert.deepEqual([status, body.kind], [204, 'bytes']);
});

test('logs go over a WebSocket, too', async () => {
  const { protocol, heard } = await talk(await connect({ type: 'log', headers: webSocket('binary.k8s.io') }), []);
  assert.equal(protocol, 'binary.k8s.io');
  assert.equal(decoder.decode(heard.at(-1) as Uint8Array), '|more');
});

const toPod = { nodeName: 'n1', scheme: 'http', host: '10.0.0.7', port: 8080 } as const;
const proxied: [string, string[], number, string][] = [
  [
    'by length',
    ['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhel', 'lo and more'],
    200,
    'hello',
  ],
  [
    'in chunks',
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'a;x=y\r\n0123456', '789\r\n0\r\n\r\n'],
    200,
    'abc0123456789',
  ],
  ['to the end', ['HTTP/1.0 404 Not Found\r\n\r\n', 'gone'], 404, 'gone'],
  ['after 100 Continue', ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'], 201, ''],
];
for (const [title, lines, status, body] of proxied) {
  test(`a proxied answer is read ${title}`, async () => {
    answers = lines;
    const response = await connect({
      type: 'proxy',
      target: toPod,
      path: { path: '/p/a b/', subpath: 'a b' },
      query: 'q=1',
      headers: { accept: 'x', connection: 'close', authorization: 'Bearer secret' },
    });
    assert.deepEqual([response.status, await text(response)], [status, body]);
    assert.equal(seen.pod, '10.0.0.7:8080');
    assert.equal(
      seen.sent,
      'GET /a%20b/?q=1 HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nConnection: close\r\naccept: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n',
    );
  });
}

test('a proxied body is sent with its length', async () => {
  answers = ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'];
  await connect({
    type: 'proxy',
    target: toPod,
    method: 'POST',
    body: encoder.encode('data'),
    path: { path: '/p/', subpath: '' },
  });
  assert.match(seen.sent ?? '', /^POST \/ HTTP\/1.1\r\n.*Content-Length: 4\r\n\r\ndata$/s);
});

test('a proxy path without its slash is redirected to one with it', async () => {
  const response = await connect({
    type: 'proxy',
    target: toPod,
    query: 'a=b',
    path: { path: '/api/v1/namespaces/shop/pods/web/proxy', subpath: '' },
  });
  assert.deepEqual(
    [response.status, response.headers['location']],
    [301, '/api/v1/namespaces/shop/pods/web/proxy/?a=b'],
  );
});

test('a body that is cut short fails', async () => {
  answers = ['HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello'];
  await assert.rejects(
    async () => text(await connect({ type: 'proxy', target: toPod, path: { path: '/p/', subpath: '' } })),
    /unexpected EOF/,
  );
});
