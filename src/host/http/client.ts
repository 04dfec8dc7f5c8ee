/**
 * A Handler that is a server somewhere else: requests go over one HTTP/2 session that is kept and made again when it
 * breaks, over HTTP/1.1 where the server speaks nothing newer, or over a unix socket. Works with any Kubernetes.
 *
 *   const handler = createHttpHandler(connection);          // from client/kubeconfig.ts
 *   const client = createClient(handler.handle, { userAgent: 'tool' });
 *
 * It rejects when the server cannot be reached. A request that may have been received is never sent twice.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect as connectSocket } from 'node:net';
import type { Readable } from 'node:stream';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { ApiRequest, ApiResponse, Handler } from '#api/handler.ts';
import { openWebSocket } from '#host/http/client-upgrade.ts';

/** How to connect: the texts of client/kubeconfig.ts with files read. */
export interface HttpClientOptions {
  /** `https://host:port/prefix`, `http://…`, or `unix:/path`. */
  readonly server: string;
  readonly authority?: string;
  readonly skipsVerification?: boolean;
  readonly serverName?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Asked for each request. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
  /** A server that says nothing for so long is asked for a sign of life; 30 s, and never on a unix socket. */
  readonly silenceMs?: number;
}

export interface HttpHandler {
  readonly handle: Handler;
  close(): void;
}

export function createHttpHandler(options: HttpClientOptions): HttpHandler {
  const client = new HttpClient(options);
  return { handle: (request) => client.send(request), close: () => client.close() };
}

const smallBodyBytes = 1024 * 1024;
const windowBytes = 1024 * 1024;
const pingTimeoutMs = 15_000;

/**
 * Invariants: 1. at most one session is open or opening. 2. After close() no request is sent.
 * 3. Once a server chose HTTP/1.1, no session is tried again.
 */
class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent;
  #session: Promise<ClientHttp2Session | undefined> | undefined;
  #speaksHttp1: boolean;
  #isClosed = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#url = new URL(options.server.startsWith('unix:') ? 'http://localhost' : options.server);
    this.#speaksHttp1 = options.server.startsWith('http:');
    this.#agent =
      this.#url.protocol === 'https:'
        ? new HttpsAgent({ keepAlive: true, ...tlsOptions(options) })
        : new HttpAgent({ keepAlive: true });
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    if (this.#isClosed) throw new Error('the client is closed');
    request.signal.throwIfAborted();
    const headers = await this.#headers(request);
    const path = `${this.#url.pathname.replace(/\/$/, '')}${request.path}${request.query === '' ? '' : `?${request.query}`}`;
    if (request.headers['upgrade']?.toLowerCase() === 'websocket') {
      return openWebSocket(
        { url: this.#url, path, headers, socketPath: this.#socketPath, tls: tlsOptions(this.#options) },
        request,
      );
    }
    const target = { path, headers, authority: this.#url.host, scheme: this.#url.protocol.slice(0, -1) };
    for (let attempt = 1; ; attempt++) {
      const session = this.#speaksHttp1 ? undefined : await this.#connected();
      if (session === undefined) return this.#sendHttp1(request, path, headers);
      try {
        return await sendHttp2(session, request, target);
      } catch (error) {
        if (attempt > 1 || !wasNotReceived(error)) throw error;
        this.#session = undefined;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
    this.#session?.then(
      (session) => session?.destroy(),
      () => {},
    );
  }

  get #socketPath(): string | undefined {
    return this.#options.server.startsWith('unix:')
      ? this.#options.server.slice('unix:'.length).replace(/^\/\/\//, '/')
      : undefined;
  }

  async #headers(request: ApiRequest): Promise<Record<string, string>> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers))
      if (!name.startsWith(':') && value !== undefined) headers[name] = value;
    const token = await this.#options.token?.();
    if (token !== undefined && headers['authorization'] === undefined) headers['authorization'] = `Bearer ${token}`;
    return headers;
  }

  /** The open session; undefined if the server speaks HTTP/1.1 only. */
  #connected(): Promise<ClientHttp2Session | undefined> {
    if (this.#session === undefined) {
      const opening = this.#open();
      this.#session = opening;
      const forget = (): void => {
        if (this.#session === opening) this.#session = undefined;
      };
      opening.then((session) => {
        session?.once('close', forget);
        session?.once('goaway', forget);
      }, forget);
    }
    return this.#session;
  }

  async #open(): Promise<ClientHttp2Session | undefined> {
    const { silenceMs = 30_000 } = this.#options;
    if (this.#socketPath !== undefined) return this.#startSession(connectSocket(this.#socketPath), 0);
    const socket = await this.#handshake();
    if (socket.alpnProtocol === 'h2') return this.#startSession(socket, silenceMs);
    this.#speaksHttp1 = true;
    socket.destroy();
    return undefined;
  }

  #handshake(): Promise<TLSSocket> {
    const { hostname, port } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        host,
        port: port === '' ? 443 : Number(port),
        ALPNProtocols: ['h2', 'http/1.1'],
        ...tlsOptions(this.#options, host),
      });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  #startSession(socket: TLSSocket | ReturnType<typeof connectSocket>, silenceMs: number): Promise<ClientHttp2Session> {
    return new Promise((resolve, reject) => {
      const session = connectHttp2(this.#url.origin, {
        createConnection: () => socket,
        settings: { initialWindowSize: windowBytes, enablePush: false },
        maxSessionMemory: 1000,
      });
      session.once('error', reject);
      session.once('connect', () => {
        session.off('error', reject);
        session.on('error', () => {});
        session.setLocalWindowSize(16 * windowBytes);
        if (silenceMs > 0) watchForSilence(session, silenceMs);
        if (this.#isClosed) session.destroy();
        resolve(session);
      });
    });
  }

  #sendHttp1(request: ApiRequest, path: string, headers: Record<string, string>): Promise<ApiResponse> {
    const make = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url;
      const options = {
        host: hostname.replace(/^\[|\]$/g, ''),
        port,
        method: request.method,
        path,
        headers: { ...headers },
        agent: this.#agent,
      };
      const outgoing = make(options as never, (message: IncomingMessage) => {
        const { statusCode = 0 } = message;
        resolve(bodyOf(statusCode, message.headers as Record<string, string>, message));
      });
      const abort = (): void => void outgoing.destroy(new Error('the request was aborted'));
      request.signal.addEventListener('abort', abort, { once: true });
      outgoing.once('close', () => request.signal.removeEventListener('abort', abort));
      outgoing.on('error', reject);
      outgoing.end(request.body);
    });
  }
}

function tlsOptions(options: HttpClientOptions, host?: string): ConnectionOptions {
  const serverName = options.serverName ?? (host !== undefined && !/^[\d.]+$|:/.test(host) ? host : undefined);
  return {
    ...(options.authority === undefined ? {} : { ca: options.authority }),
    ...(options.certificate === undefined ? {} : { cert: options.certificate }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: options.skipsVerification !== true,
  };
}

/** While requests are open, a silent server is pinged and dropped if it does not answer: a dead peer says nothing. */
function watchForSilence(session: ClientHttp2Session, silenceMs: number): void {
  session.setTimeout(silenceMs, () => {
    if (session.destroyed) return;
    const dead = setTimeout(() => session.destroy(new Error('the server does not answer')), pingTimeoutMs);
    const isSent = session.ping((error) => {
      clearTimeout(dead);
      if (error !== null) session.destroy(error);
    });
    if (!isSent) clearTimeout(dead);
  });
}

/** The session was going away, or the server says that it has not looked at the request. */
function wasNotReceived(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_HTTP2_INVALID_SESSION' || code === 'ERR_HTTP2_GOAWAY_SESSION') return true;
  return code === 'ERR_HTTP2_STREAM_ERROR' && message.includes('NGHTTP2_REFUSED_STREAM');
}

interface Http2Target {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly authority: string;
  readonly scheme: string;
}

function sendHttp2(session: ClientHttp2Session, request: ApiRequest, target: Http2Target): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const {
      connection: _connection,
      host: _host,
      'keep-alive': _keepAlive,
      'transfer-encoding': _encoding,
      ...headers
    } = target.headers;
    const all = {
      ':method': request.method,
      ':path': target.path,
      ':scheme': target.scheme,
      ':authority': target.authority,
      ...headers,
    };
    const stream = session.request(all, { endStream: request.body === undefined });
    const abort = (): void => {
      stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy(request.signal.reason as Error);
    };
    request.signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => {
      request.signal.removeEventListener('abort', abort);
      reject(request.signal.aborted ? request.signal.reason : new Error('the connection was closed before the answer'));
    });
    stream.once('error', reject);
    // A connection that breaks would look like the end of the answer.
    stream.once('aborted', () => stream.destroy(new Error('the connection was closed in the middle of an answer')));
    stream.once('response', ({ ':status': status = 0, ...received }) => {
      resolve(bodyOf(status, received as Record<string, string>, stream));
    });
    if (request.body !== undefined) stream.end(request.body);
  });
}

/** Short answers are read to their end, the others are handed over as they come. */
async function bodyOf(
  status: number,
  headers: Record<string, string>,
  source: Readable | ClientHttp2Stream,
): Promise<ApiResponse> {
  const length = headers['content-length'];
  if (length === undefined || Number(length) > smallBodyBytes)
    return { status, headers, body: { kind: 'chunks', chunks: source as AsyncIterable<Uint8Array> } };
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part as Buffer);
  const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  return { status, headers, body: { kind: 'bytes', bytes } };
}
