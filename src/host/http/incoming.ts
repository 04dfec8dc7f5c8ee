/**
 * Turns what came over a socket into an ApiRequest: path and query split, body read to its end, the peer's identity
 * taken from the TLS session once per connection, the abort signal made only when somebody asks for it.
 */
import type { IncomingMessage } from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ApiRequest, Peer } from '#api/handler.ts';

/** Upstream's limit for a request's body. */
export const maxBodyBytes = 3 * 1024 * 1024;

export class SocketRequest implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly peer: Peer;
  readonly #closes: Socket | ServerHttp2Stream;
  #controller: AbortController | undefined;
  #abort: (() => void) | undefined;

  constructor(
    target: { method: string; url: string; headers: IncomingHttpHeaders; peer: Peer; body: Uint8Array | undefined },
    closes: Socket | ServerHttp2Stream,
  ) {
    const { url } = target;
    const mark = url.indexOf('?');
    this.method = target.method;
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.headers = target.headers as Readonly<Record<string, string>>;
    this.peer = target.peer;
    this.body = target.body;
    this.#closes = closes;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      const abort = (): void => controller.abort(new Error('the client is gone'));
      if (this.#closes.destroyed) abort();
      else {
        this.#abort = abort;
        this.#closes.once('close', abort);
      }
    }
    return this.#controller.signal;
  }

  /** The answer is written: a connection that lives on does not hold on to this request. */
  release(): void {
    if (this.#abort !== undefined) this.#closes.off('close', this.#abort);
  }
}

/** The body, 'too-large' as soon as it is, or 'gone' when the client went away. Calls back at once if there is none. */
export function readBody(
  source: Readable,
  declaredLength: string | undefined,
  done: (body: Uint8Array | undefined | 'too-large' | 'gone') => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isSettled = false;
  const settle = (body: Uint8Array | undefined | 'too-large' | 'gone'): void => {
    if (isSettled) return;
    isSettled = true;
    done(body);
  };
  source.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > maxBodyBytes) {
      chunks.length = 0;
      settle('too-large');
    } else chunks.push(chunk);
  });
  source.on('end', () =>
    settle(chunks.length === 0 ? undefined : chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
  );
  source.on('close', () => settle('gone'));
  source.on('error', () => settle('gone'));
  if (declaredLength !== undefined && Number(declaredLength) > maxBodyBytes) settle('too-large');
}

/** True when the request's headers say that no body follows. */
export function hasNoBody(flags: number): boolean {
  return (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
}

const peers = new WeakMap<object, Peer>();

/**
 * Who is at the other end of a socket; the certificate counts only if the TLS layer verified it.
 * Deviation: one that did not verify is as none, not 401.
 */
export function peerOf(socket: Socket): Peer {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = readPeer(socket);
    peers.set(socket, peer);
  }
  return peer;
}

/** HTTP/1.1: the socket of a request may be another one after it is closed. */
export function peerOfMessage(message: IncomingMessage): Peer {
  return peerOf(message.socket);
}

function readPeer(socket: Socket): Peer {
  const address = socket.remoteAddress ?? '';
  if (!(socket instanceof TLSSocket) || !socket.authorized) return { address };
  const certificate = socket.getPeerCertificate(false);
  const subject = certificate?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const commonName = [subject?.CN ?? []].flat()[0];
  if (commonName === undefined) return { address };
  const fingerprintSha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return { address, certificate: { commonName, organizations: [subject?.O ?? []].flat(), fingerprintSha256 } };
}
