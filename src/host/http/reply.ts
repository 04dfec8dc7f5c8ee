/**
 * One way to answer over two protocols: an http2 stream (core API, no compat objects) or an HTTP/1.1 response.
 */
import type { ServerResponse } from 'node:http';
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { ApiResponse } from '#api/handler.ts';

/** Where an answer is written. Calls after the client is gone are harmless. */
export interface Reply {
  /** Sends status and headers. `length` is the size of the whole body if it is known. */
  start(response: ApiResponse, length?: number): void;
  /** False: the client reads slower than we write; wait for {@link drained}. */
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array): void;
  /** Ends the stream so that the client knows it is incomplete. */
  reset(): void;
  /** Resolves when more may be written, or the client is gone. */
  drained(): Promise<void>;
  /** Called once. */
  onClose(callback: () => void): void;
  readonly isClosed: boolean;
  /** What carries the stream: those of one connection are best written together. */
  readonly connection: object;
  /** Bytes written that the client has not taken. */
  readonly queuedBytes: number;
}

/**
 * Warnings repeat what a client sent, in any script: they go out as UTF-8, as Go writes them. Node writes a character of a
 * header as a byte and refuses those that are none, so each byte becomes a character.
 */
function written(given: ApiResponse['headers']): OutgoingHttpHeaders {
  const { warning } = given;
  if (warning === undefined) return given as OutgoingHttpHeaders;
  const bytes = (text: string): string => Buffer.from(text).toString('latin1');
  const all = typeof warning === 'string' ? [warning] : warning;
  return { ...given, warning: all.map(bytes) } as unknown as OutgoingHttpHeaders;
}

export class Http2Reply implements Reply {
  readonly #stream: ServerHttp2Stream;
  readonly #isHead: boolean;
  readonly connection: object;

  constructor(stream: ServerHttp2Stream, isHead: boolean) {
    this.#stream = stream;
    this.#isHead = isHead;
    this.connection = stream.session ?? stream;
  }

  get isClosed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
  get queuedBytes(): number {
    return this.#stream.writableLength;
  }

  start(response: ApiResponse, length?: number): void {
    if (this.isClosed || this.#stream.headersSent) return;
    const headers: OutgoingHttpHeaders = { ':status': response.status, ...written(response.headers) };
    if (length !== undefined) headers['content-length'] = length;
    this.#stream.respond(headers, { endStream: this.#isHead || length === 0 });
  }

  write(chunk: Uint8Array): boolean {
    if (this.isClosed || this.#stream.writableEnded) return true;
    return this.#stream.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    if (this.isClosed || this.#stream.writableEnded) return;
    if (chunk === undefined) this.#stream.end();
    else this.#stream.end(chunk);
  }

  reset(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  drained(): Promise<void> {
    return drainedOrClosed(this.#stream, this.isClosed);
  }

  onClose(callback: () => void): void {
    if (this.isClosed) queueMicrotask(callback);
    else this.#stream.once('close', callback);
  }
}

export class Http1Reply implements Reply {
  readonly #response: ServerResponse;
  readonly connection: object;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.connection = response;
  }

  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.closed;
  }
  get queuedBytes(): number {
    return this.#response.writableLength;
  }

  start(response: ApiResponse, length?: number): void {
    if (this.isClosed || this.#response.headersSent) return;
    const headers: OutgoingHttpHeaders = { ...written(response.headers) };
    if (length !== undefined) headers['content-length'] = length;
    this.#response.writeHead(response.status, headers);
    if (length === undefined) this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): boolean {
    return this.isClosed || this.#response.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    if (this.isClosed) return;
    if (chunk === undefined || chunk.byteLength === 0) this.#response.end();
    else this.#response.end(chunk);
  }

  reset(): void {
    this.#response.destroy();
  }

  drained(): Promise<void> {
    return drainedOrClosed(this.#response, this.isClosed);
  }

  onClose(callback: () => void): void {
    if (this.isClosed) queueMicrotask(callback);
    else this.#response.once('close', callback);
  }
}

function drainedOrClosed(
  stream: NodeJS.EventEmitter & { writableNeedDrain: boolean },
  isClosed: boolean,
): Promise<void> {
  if (isClosed || !stream.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
  });
}
