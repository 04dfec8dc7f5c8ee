/**
 * Connections that stop being HTTP/1.1: WebSocket (through ws), SPDY/3.1 (the raw bytes go to apiserver/subresources)
 * and our own agent tunnel. Whether to upgrade is the handler's decision: an answer that is none is sent as it is.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Handler, Upgrade } from '#api/handler.ts';
import { type AnswerContext, writeResponse } from '#host/http/answer.ts';
import type { SocketRequest } from '#host/http/incoming.ts';
import { Http1Reply } from '#host/http/reply.ts';
import { socketDuplex } from '#host/http/socket-duplex.ts';
import { messageSocket } from '#host/http/message-socket.ts';

export interface UpgradeRequest {
  readonly message: IncomingMessage;
  readonly socket: Socket;
  /** Bytes that came behind the request. */
  readonly head: Buffer;
  readonly request: SocketRequest;
}

/** Takes the connection over and returns true, or leaves it alone; `handle` can be asked who the peer is. */
export type RawUpgrade = (upgrade: UpgradeRequest, handle: Handler) => boolean;

export async function answerUpgrade(
  context: AnswerContext,
  upgrade: UpgradeRequest,
  rawUpgrade: RawUpgrade | undefined,
): Promise<void> {
  if (rawUpgrade?.(upgrade, context.handle) === true) return;
  const { message, socket, head, request } = upgrade;
  const response = await context.handle(request);
  if (response.body.kind !== 'upgrade') {
    const reply = new ServerResponse(message);
    reply.shouldKeepAlive = false;
    reply.assignSocket(socket);
    reply.once('finish', () => socket.end());
    await writeResponse(context, response, new Http1Reply(reply), request.method === 'HEAD');
    return;
  }
  const target = response.body.upgrade;
  if (target.protocol === 'websocket') acceptWebSocket(upgrade, target);
  else await acceptRaw(socket, head, target);
}

function acceptWebSocket(
  { message, socket, head }: UpgradeRequest,
  target: Extract<Upgrade, { protocol: 'websocket' }>,
): void {
  // ws refuses subprotocols with '/', which SPDY/3.1+portforward.k8s.io has: the header is hidden from it and written by us.
  delete message.headers['sec-websocket-protocol'];
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: 64 * 1024 * 1024,
  });
  server.on('headers', (headers) => {
    if (target.subprotocol !== '') headers.push(`Sec-WebSocket-Protocol: ${target.subprotocol}`);
  });
  server.handleUpgrade(message, socket, head, (webSocket: WebSocket) => {
    const run = target.run(messageSocket(webSocket, target.subprotocol));
    run.catch(() => webSocket.terminate());
  });
}

async function acceptRaw(
  socket: Socket,
  head: Buffer,
  target: Extract<Upgrade, { protocol: 'SPDY/3.1' }>,
): Promise<void> {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${target.protocol}`];
  for (const [name, value] of Object.entries(target.headers)) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.byteLength > 0) socket.unshift(head);
  await target.run(socketDuplex(socket));
}
