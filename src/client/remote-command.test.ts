import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageSocket } from '#base/streams.ts';
import type { ApiResponse } from '#api/handler.ts';
import type { Client, RawRequest } from '#client/client.ts';
import { remoteCommand, type RemoteCommandOptions } from '#client/remote-command.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const frame = (channel: number, text: string): Uint8Array => Uint8Array.from([channel, ...encoder.encode(text)]);

/** A server whose process does what `run` says. */
function server(run: (socket: MessageSocket) => Promise<void>): { client: Client; requests: RawRequest[] } {
  const requests: RawRequest[] = [];
  const request = (asked: RawRequest): Promise<ApiResponse> => {
    requests.push(asked);
    return Promise.resolve({
      status: 101,
      headers: {},
      body: { kind: 'upgrade', upgrade: { protocol: 'websocket', subprotocol: 'v5.channel.k8s.io', run } },
    });
  };
  return { client: { request } as unknown as Client, requests };
}

function options(more: Partial<RemoteCommandOptions> = {}) {
  const heard = { stdout: '', stderr: '' };
  const all: RemoteCommandOptions = {
    kind: 'exec',
    namespace: 'shop',
    pod: 'web',
    command: ['a', 'b c'],
    stdout: (chunk) => Promise.resolve(void (heard.stdout += decoder.decode(chunk))),
    stderr: (chunk) => Promise.resolve(void (heard.stderr += decoder.decode(chunk))),
    ...more,
  };
  return { all, heard };
}

async function* lines(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield encoder.encode(text);
}

test('what is typed reaches the process, its output comes back, and it ends with 0', async () => {
  const typed: string[] = [];
  const { client, requests } = server(async (socket) => {
    await socket.send(frame(1, ''));
    for await (const { data } of socket.messages) {
      typed.push(`${data[0]}:${data[0] === 255 ? data[1] : decoder.decode(data.subarray(1))}`);
      if (data[0] === 255) break;
    }
    await socket.send(frame(1, 'out'));
    await socket.send(frame(2, 'err'));
    await socket.send(frame(3, '{"metadata":{},"status":"Success"}'));
    socket.close();
  });
  const { all, heard } = options({ stdin: lines('x', 'y'), container: 'c' });
  assert.deepEqual(await remoteCommand(client, all), { exitCode: 0 });
  assert.deepEqual(typed, ['0:x', '0:y', '255:0']);
  assert.deepEqual(heard, { stdout: 'out', stderr: 'err' });
  assert.equal(requests[0]?.path, '/api/v1/namespaces/shop/pods/web/exec');
  assert.equal(requests[0]?.query, 'container=c&command=a&command=b+c&stdin=true&stdout=true&stderr=true&tty=false');
});

test('terminal sizes are told', async () => {
  const { client } = server(async (socket) => {
    for await (const { data } of socket.messages) {
      await socket.send(frame(1, decoder.decode(data.subarray(1))));
      break;
    }
    await socket.send(frame(3, '{"metadata":{},"status":"Success"}'));
  });
  async function* sizes() {
    yield { width: 80, height: 24 };
  }
  const { all, heard } = options({ tty: true, sizes: sizes() });
  await remoteCommand(client, all);
  assert.equal(heard.stdout, '{"Width":80,"Height":24}');
});

const endings: [string, string | undefined, number | RegExp][] = [
  [
    'an exit code',
    '{"metadata":{},"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}',
    7,
  ],
  ['a failure', '{"metadata":{},"status":"Failure","message":"no such container","code":500}', /no such container/],
  ['nothing at all', undefined, /closed before the process had ended/],
];
for (const [title, status, expected] of endings) {
  test(`a process that ends with ${title} is told so`, async () => {
    const { client } = server((socket) => (status === undefined ? Promise.resolve() : socket.send(frame(3, status))));
    const ended = remoteCommand(client, options().all);
    if (typeof expected === 'number') assert.deepEqual(await ended, { exitCode: expected });
    else await assert.rejects(ended, expected);
  });
}
