/** The client's side of a WebSocket (exec, attach, port-forward), as an answer whose connection can be run. */
import type { IncomingMessage } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { MessageSocket } from '#base/streams.ts';
import { messageSocket } from '#host/http/message-socket.ts';

export interface WebSocketTarget {
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly socketPath: string | undefined;
  readonly tls: ConnectionOptions;
}

const handshakeHeaders = new Set([
  'upgrade',
  'connection',
  'host',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]);

/** Resolves with an upgrade, or with the server's refusal. */
export function openWebSocket(target: WebSocketTarget, request: ApiRequest): Promise<ApiResponse> {
  const { url, path, socketPath } = target;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const scheme = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const address = socketPath === undefined ? `${scheme}//${url.host}${path}` : `ws+unix:${socketPath}:${path}`;
  const headers = Object.fromEntries(Object.entries(target.headers).filter(([name]) => !handshakeHeaders.has(name)));
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(
      address,
      offered.filter((protocol) => protocol !== ''),
      { ...target.tls, headers, perMessageDeflate: false },
    );
    socket.once('open', () => resolve(upgraded(socket)));
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, message: IncomingMessage) => {
      resolve({
        status: message.statusCode ?? 0,
        headers: message.headers as Record<string, string>,
        body: { kind: 'chunks', chunks: message as AsyncIterable<Uint8Array> },
      });
    });
    request.signal.addEventListener('abort', () => socket.terminate(), { once: true });
  });
}

function upgraded(socket: WebSocket): ApiResponse {
  const remote = messageSocket(socket, socket.protocol);
  return {
    status: 101,
    headers: {},
    body: {
      kind: 'upgrade',
      upgrade: { protocol: 'websocket', subprotocol: socket.protocol, run: (local) => join(local, remote) },
    },
  };
}

/** Carries messages both ways until the server closes. */
async function join(local: MessageSocket, remote: MessageSocket): Promise<void> {
  void forward(local, remote).catch(() => remote.close());
  await forward(remote, local);
  local.close();
}

async function forward(from: MessageSocket, to: MessageSocket): Promise<void> {
  for await (const { data, isText } of from.messages) await to.send(isText ? new TextDecoder().decode(data) : data);
}
