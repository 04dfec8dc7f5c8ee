/**
 * The agent's end of the tunnel: dials the API server, turns the connection around, and serves a NodeConnection on it.
 * Kept up: when it breaks it is dialled again after 0.1 s, doubling to 5 s.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { NodeConnection } from '#api/node-connection.ts';
import type { HttpClientOptions } from '#host/http/client.ts';
import { serveCall } from '#host/tunnel/serve.ts';
import {
  requestHeader,
  sessionWindowBytes,
  streamWindowBytes,
  tunnelPath,
  tunnelProtocol,
} from '#host/tunnel/protocol.ts';

export interface TunnelAgentOptions {
  /** Where and as whom to dial. */
  readonly server: HttpClientOptions;
  readonly node: NodeConnection;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface TunnelAgent {
  /** Resolves once, when the first tunnel is up. */
  readonly connected: Promise<void>;
  close(): void;
}

const firstDelayMs = 100;
const longestDelayMs = 5000;

export function startTunnelAgent(options: TunnelAgentOptions): TunnelAgent {
  const { clock, log } = options;
  const connected = Promise.withResolvers<void>();
  let session: ServerHttp2Session | undefined;
  let cancelRetry: (() => void) | undefined;
  let isClosed = false;
  let delayMs = firstDelayMs;

  const retry = (): void => {
    if (isClosed) return;
    cancelRetry = clock.after(delayMs, () => void dial());
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  };
  const dial = async (): Promise<void> => {
    try {
      session = serve(await openTunnel(options.server), options.node);
      if (isClosed) session.destroy();
      session.once('close', retry);
      delayMs = firstDelayMs;
      connected.resolve();
    } catch (error) {
      log.warn('the API server could not be dialled; trying again', { error: errorMessage(error), delayMs });
      retry();
    }
  };
  void dial();
  return {
    connected: connected.promise,
    close() {
      isClosed = true;
      cancelRetry?.();
      session?.destroy();
    },
  };
}

function serve(socket: Socket, node: NodeConnection): ServerHttp2Session {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  const session = performServerHandshake(socket, {
    settings: { initialWindowSize: streamWindowBytes, maxConcurrentStreams: 10_000 },
    maxSessionMemory: 1000,
  });
  session.setLocalWindowSize(sessionWindowBytes);
  session.on('error', () => {});
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    serveCall(node, stream, { path: headers[':path'] ?? '', request: String(headers[requestHeader] ?? '') }).catch(() =>
      stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    );
  });
  return session;
}

/** The raw connection after the server agreed to turn it around. */
async function openTunnel(server: HttpClientOptions): Promise<Socket> {
  const token = await server.token?.();
  const headers = {
    connection: 'Upgrade',
    upgrade: tunnelProtocol,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = server.server.startsWith('unix:')
      ? httpRequest({ socketPath: server.server.slice('unix:'.length), path: tunnelPath, headers })
      : httpsRequest(new URL(tunnelPath, server.server), {
          headers,
          agent: false,
          ca: server.authority,
          cert: server.certificate,
          key: server.key,
          servername: server.serverName,
          rejectUnauthorized: server.skipsVerification !== true,
        } as never);
    outgoing.on('error', reject);
    outgoing.once('response', (message: IncomingMessage) => {
      message.resume();
      reject(new Error(`the API server refused the agent: ${message.statusCode} ${message.statusMessage}`));
    });
    outgoing.once('upgrade', (_message, socket: Socket, head: Buffer) => {
      if (head.byteLength > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.end();
  });
}
