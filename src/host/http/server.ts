/**
 * The API server's front: HTTP/2 and HTTP/1.1 over TLS on any number of addresses, and plain on a unix socket for the
 * local agent. It knows nothing of Kubernetes but the Handler it calls.
 *
 *   const server = createHttpServer({ handle, certificate, log });
 *   await server.listen({ host: '127.0.0.1', port: 6443 });
 *   server.setCertificate(renewed);            // open connections stay, new ones get it
 */
import { createServer as createHttp1Server, type IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createSocketServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Handler, Peer } from '#api/handler.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import {
  answer,
  type AnswerContext,
  tooLarge,
  unknownMethod,
  unreadableRequest,
  writeResponse,
} from '#host/http/answer.ts';
import { FanOut } from '#host/http/fan-out.ts';
import { hasNoBody, peerOf, readBody, SocketRequest } from '#host/http/incoming.ts';
import { Http1Reply, Http2Reply, type Reply } from '#host/http/reply.ts';
import { answerUpgrade, type RawUpgrade } from '#host/http/upgrade.ts';

/** PEM texts. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Authorities whose client certificates are believed. */
  readonly clientAuthorities: string;
}

export interface HttpServerOptions {
  readonly handle: Handler;
  readonly certificate: ServerCertificate;
  readonly log: Logger;
  /** A watch whose client does not read is reset above this; 64 MB unless said otherwise. */
  readonly maxQueuedBytes?: number;
  /** Takes over connections that ask to be upgraded to something of our own (the agent's tunnel). */
  readonly rawUpgrade?: RawUpgrade;
}

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string };

export interface HttpServer {
  /** Resolves with the port that was bound (0 for a unix socket). Rejects when the address is taken. */
  listen(address: ListenAddress): Promise<number>;
  setCertificate(certificate: ServerCertificate): void;
  /** Stops listening, ends watches and idle connections, and drops what is open after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const front = new Front(options);
  return front;
}

/** As Go's servers: selectors and commands may be long. */
const maxHeaderBytes = 1024 * 1024;
const http2Options = {
  maxSessionMemory: 1000,
  settings: { maxConcurrentStreams: 1000, initialWindowSize: 262_144 },
} as const;

const keepAliveMs = 120_000;
const sessionWindowBytes = 1024 * 1024;

/**
 * Invariants: 1. every open connection is in #connections. 2. After close() nothing listens.
 * 3. A TLS server made later gets the newest certificate.
 */
class Front implements HttpServer {
  readonly #options: HttpServerOptions;
  readonly #context: AnswerContext;
  readonly #listeners: Server[] = [];
  readonly #secureServers: Http2SecureServer[] = [];
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #connections = new Set<Socket>();
  #certificate: ServerCertificate;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
    this.#context = {
      handle: options.handle,
      fanOut: new FanOut(options.maxQueuedBytes ?? 64 * 1024 * 1024),
      log: options.log,
    };
  }

  listen(address: ListenAddress): Promise<number> {
    const server = 'socketPath' in address ? this.#plainServer() : this.#secureServer();
    this.#listeners.push(server);
    server.on('connection', (socket: Socket) => this.#track(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      const bound = (): void => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.log.error('the listener failed', { error: error.message }));
        const where = server.address();
        resolve(typeof where === 'object' && where !== null ? where.port : 0);
      };
      if ('socketPath' in address) server.listen(address.socketPath, bound);
      else server.listen({ host: address.host, port: address.port }, bound);
    });
  }

  setCertificate(certificate: ServerCertificate): void {
    this.#certificate = certificate;
    for (const server of this.#secureServers) server.setSecureContext(tlsContext(certificate));
  }

  async close(graceMs = 0): Promise<void> {
    const closed = this.#listeners.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.#context.fanOut.endAll();
    for (const session of this.#sessions) session.close();
    const drop = (): void => this.#connections.forEach((socket) => socket.destroy());
    const timer = setTimeout(drop, graceMs);
    if (graceMs === 0) drop();
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #track(socket: Socket): void {
    this.#connections.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => this.#connections.delete(socket));
  }

  #secureServer(): Server {
    const server = createSecureServer({
      ...http2Options,
      ...tlsContext(this.#certificate),
      allowHTTP1: true,
      // For HTTP/1.1; HTTP/2 has a fixed 64 KB. Node's types do not know it here.
      ...({ maxHeaderSize: maxHeaderBytes } as object),
      requestCert: true,
      rejectUnauthorized: false,
    });
    // Node's 5 s would make clients shake hands again and again.
    Object.assign(server, { keepAliveTimeout: keepAliveMs });
    this.#secureServers.push(server);
    this.#serveHttp1(server);
    // A 'request' listener makes Node wrap every http2 stream in compat objects, too: only the core API is wanted.
    server.removeAllListeners('stream');
    this.#serveHttp2(server);
    return server as unknown as Server;
  }

  /** Plain HTTP/2 (prior knowledge) and HTTP/1.1 on one unix socket, told apart by the first bytes. */
  #plainServer(): Server {
    const http1 = createHttp1Server({ maxHeaderSize: maxHeaderBytes });
    const http2 = createHttp2Server(http2Options);
    this.#serveHttp1(http1);
    this.#serveHttp2(http2);
    return createSocketServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('readable', () => {
        const first = socket.read() as Buffer | null;
        if (first === null) return;
        socket.unshift(first);
        (first[0] === 0x50 && first[1] === 0x52 ? http2 : http1).emit('connection', socket);
      });
    });
  }

  #serveHttp1(server: NodeJS.EventEmitter): void {
    server.on('request', (message: IncomingMessage, response: ServerResponse) =>
      this.#onMessage(message, new Http1Reply(response)),
    );
    server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#onUpgrade(message, socket as Socket, head),
    );
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      if (socket.writable) socket.end(error.code === 'HPE_INVALID_METHOD' ? unknownMethod : unreadableRequest);
      else socket.destroy();
    });
  }

  #serveHttp2(server: Http2SecureServer | Http2Server): void {
    const onSession = (session: ServerHttp2Session): void => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      session.on('error', (error) =>
        this.#options.log.debug('an HTTP/2 session ended with an error', { error: error.message }),
      );
      // Uploads of many streams at once are not held up by the 64 KB that a session begins with.
      session.setLocalWindowSize(sessionWindowBytes);
      const peer = peerOf(session.socket as Socket);
      session.on('stream', (stream, headers, flags) =>
        this.#onStream(stream as ServerHttp2Stream, headers, { flags, peer }),
      );
    };
    (server as NodeJS.EventEmitter).on('session', onSession);
    server.on('sessionError', () => {});
  }

  #onStream(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    { flags, peer }: { flags: number; peer: Peer },
  ): void {
    stream.on('error', () => {});
    const method = headers[':method'] ?? 'GET';
    const target = { method, url: headers[':path'] ?? '/', headers, peer };
    const reply = new Http2Reply(stream, method === 'HEAD');
    if (hasNoBody(flags)) {
      void answer(this.#context, new SocketRequest({ ...target, body: undefined }, stream), reply);
      return;
    }
    readBody(stream, headers['content-length'], (body) =>
      this.#onBody(body, (bytes) => new SocketRequest({ ...target, body: bytes }, stream), reply),
    );
  }

  #onMessage(message: IncomingMessage, reply: Reply): void {
    const target = {
      method: message.method ?? 'GET',
      url: message.url ?? '/',
      headers: message.headers,
      peer: peerOf(message.socket),
    };
    if (message.headers['content-length'] === undefined && message.headers['transfer-encoding'] === undefined) {
      void answer(this.#context, new SocketRequest({ ...target, body: undefined }, message.socket), reply);
      return;
    }
    readBody(message, message.headers['content-length'], (body) =>
      this.#onBody(body, (bytes) => new SocketRequest({ ...target, body: bytes }, message.socket), reply),
    );
  }

  #onBody(
    body: Uint8Array | undefined | 'too-large' | 'gone',
    request: (body: Uint8Array | undefined) => SocketRequest,
    reply: Reply,
  ): void {
    if (body === 'gone') return;
    if (body === 'too-large') void writeResponse(this.#context, tooLarge, reply, false);
    else void answer(this.#context, request(body), reply);
  }

  #onUpgrade(message: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const target = {
      method: message.method ?? 'GET',
      url: message.url ?? '/',
      headers: message.headers,
      peer: peerOf(socket),
      body: undefined,
    };
    const request = new SocketRequest(target, socket);
    answerUpgrade(this.#context, { message, socket, head, request }, this.#options.rawUpgrade).catch(
      (error: unknown) => {
        const level = socket.destroyed ? 'debug' : 'error';
        this.#options.log[level]('an upgraded connection failed', { path: request.path, error: errorMessage(error) });
        socket.destroy();
      },
    );
  }
}

function tlsContext({ certificate, key, clientAuthorities }: ServerCertificate): {
  cert: string;
  key: string;
  ca: string;
  minVersion: 'TLSv1.2';
} {
  return { cert: certificate, key, ca: clientAuthorities, minVersion: 'TLSv1.2' };
}
