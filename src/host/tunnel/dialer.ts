/**
 * The server's book of nodes: agents that have dialled in, by node name. Who an agent is follows from its credentials: the
 * client certificate of a node (`system:node:NAME` in `system:nodes`), or whatever the API server says its token is.
 */
import { connect as connectHttp2 } from 'node:http2';
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Handler, UserInfo } from '#api/handler.ts';
import type { NodeConnection, NodeDialer } from '#api/node-connection.ts';
import type { RawUpgrade, UpgradeRequest } from '#host/http/upgrade.ts';
import { TunnelConnection } from '#host/tunnel/connection.ts';
import { sessionWindowBytes, streamWindowBytes, tunnelPath, tunnelProtocol } from '#host/tunnel/protocol.ts';

export interface TunnelDialer extends NodeDialer {
  /** For createHttpServer's rawUpgrade. */
  readonly accept: RawUpgrade;
  /** Drops every agent. */
  close(): void;
}

export function createTunnelDialer(options: { clock: Clock; log: Logger }): TunnelDialer {
  const book = new TunnelBook(options.clock, options.log);
  return {
    connect: (nodeName) => book.connect(nodeName),
    accept: (upgrade, handle) => book.accept(upgrade, handle),
    close: () => book.close(),
  };
}

interface Tunnel {
  readonly connection: TunnelConnection;
  drop(): void;
}

/** Invariants: 1. one tunnel per node, the newest. 2. A tunnel is in the book only while its session is open. */
class TunnelBook {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tunnels = new Map<string, Tunnel>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  connect(nodeName: string): NodeConnection | undefined {
    const connection = this.#tunnels.get(nodeName)?.connection;
    return connection?.isOpen === true ? connection : undefined;
  }

  accept(upgrade: UpgradeRequest, handle: Handler): boolean {
    if (upgrade.request.path !== tunnelPath) return false;
    this.#admit(upgrade, handle).catch((error: unknown) => {
      this.#log.warn('an agent could not be connected', { error: errorMessage(error) });
      upgrade.socket.destroy();
    });
    return true;
  }

  close(): void {
    for (const { drop } of this.#tunnels.values()) drop();
  }

  async #admit(upgrade: UpgradeRequest, handle: Handler): Promise<void> {
    const { socket, head, request } = upgrade;
    const nodeName = nodeOf(await userOf(upgrade, handle));
    if (nodeName === undefined || request.headers['upgrade'] !== tunnelProtocol) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const switching = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${tunnelProtocol}\r\n\r\n`;
    // Node aborts when a session takes over a TLS socket that has a write under way.
    await new Promise<void>((resolve, reject) =>
      socket.write(switching, (error) => (error == null ? resolve() : reject(error))),
    );
    if (head.byteLength > 0) socket.unshift(head);
    socket.setKeepAlive(true, 30_000);
    const settings = { initialWindowSize: streamWindowBytes, enablePush: false };
    const session = connectHttp2(`http://${nodeName}`, {
      createConnection: () => socket,
      settings,
      maxSessionMemory: 1000,
    });
    session.once('connect', () => session.setLocalWindowSize(sessionWindowBytes));
    session.on('error', () => {});
    const tunnel = { connection: new TunnelConnection(session, this.#clock), drop: () => session.destroy() };
    session.once('goaway', tunnel.drop);
    session.once('close', () => this.#leave(nodeName, tunnel));
    this.#enter(nodeName, tunnel);
  }

  #enter(nodeName: string, tunnel: Tunnel): void {
    this.#tunnels.get(nodeName)?.drop();
    this.#tunnels.set(nodeName, tunnel);
    this.#log.info('a node is connected', { node: nodeName });
  }

  #leave(nodeName: string, tunnel: Tunnel): void {
    if (this.#tunnels.get(nodeName) !== tunnel) return;
    this.#tunnels.delete(nodeName);
    this.#log.info('a node is disconnected', { node: nodeName });
  }
}

/** The API server knows: it is asked as the agent itself, with the agent's headers and certificate. */
async function userOf({ request }: UpgradeRequest, handle: Handler): Promise<UserInfo | undefined> {
  const { certificate } = request.peer;
  if (certificate !== undefined) return { name: certificate.commonName, groups: certificate.organizations };
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const response = await handle({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    query: '',
    headers: { authorization, 'content-type': 'application/json' },
    body: Buffer.from('{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'),
    peer: request.peer,
    signal: request.signal,
  });
  if (response.status >= 300 || response.body.kind !== 'bytes') return undefined;
  const review = JSON.parse(Buffer.from(response.body.bytes).toString()) as {
    status?: { userInfo?: { username?: string; groups?: string[] } };
  };
  return { name: review.status?.userInfo?.username ?? '', groups: review.status?.userInfo?.groups ?? [] };
}

function nodeOf(user: UserInfo | undefined): string | undefined {
  if (user === undefined || !user.groups.includes('system:nodes') || !user.name.startsWith('system:node:'))
    return undefined;
  return user.name.slice('system:node:'.length);
}
