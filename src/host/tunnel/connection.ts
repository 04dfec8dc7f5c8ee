/** The server's end of a tunnel: a NodeConnection whose calls are HTTP/2 requests to the agent. */
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Clock } from '#base/clock.ts';
import type { Duplex } from '#base/streams.ts';
import type { ExecIO, ExecRequest, NodeConnection, PodReference } from '#api/node-connection.ts';
import type { PodLogOptions } from '#api/pod-log-options.ts';
import { serviceUnavailable, type Status, StatusError } from '#api/status.ts';
import { writeChunk } from '#host/http/socket-duplex.ts';
import {
  encodeFrame,
  errorTrailer,
  frameType,
  fromHeader,
  readFrames,
  requestHeader,
  resultTrailer,
  toHeader,
} from '#host/tunnel/protocol.ts';

const pingIntervalMs = 15_000;
const pingTimeoutMs = 10_000;
const nothing = new Uint8Array();

/**
 * Invariants: 1. a call succeeds only if the agent's trailers say so. 2. The agent is pinged while a call is open, and
 * only then; an agent that does not answer loses the connection and every open call with it.
 */
export class TunnelConnection implements NodeConnection {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  #openCalls = 0;
  #cancelPing: (() => void) | undefined;

  constructor(session: ClientHttp2Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  async *logs(
    pod: PodReference,
    container: string,
    options: PodLogOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const call = this.#open('/logs', { pod, container, options }, signal);
    call.stream.end();
    await call.accepted;
    for await (const chunk of call.stream) yield chunk as Uint8Array;
    await call.result;
  }

  exec(request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<{ exitCode: number }> {
    return this.#run<{ exitCode: number }>('/exec', request, io, signal);
  }

  async attach(request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<void> {
    await this.#run('/attach', request, io, signal);
  }

  portForward(pod: PodReference, port: number): Promise<Duplex> {
    return this.#connect('/portforward', { pod, port });
  }

  dial(host: string, port: number): Promise<Duplex> {
    return this.#connect('/dial', { host, port });
  }

  async #run<R>(path: string, request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<R> {
    const call = this.#open<R>(path, request, signal);
    const { stream } = call;
    const input = sendInput(stream, io, request.stdin).catch(() => {});
    const sizes = request.tty ? sendSizes(stream, io).catch(() => {}) : undefined;
    await call.accepted;
    for await (const { type, payload } of readFrames(stream as AsyncIterable<Uint8Array>)) {
      await (type === frameType.stderr ? io.stderr(payload) : io.stdout(payload));
    }
    const result = await call.result;
    stream.end();
    void input;
    void sizes;
    return result;
  }

  async #connect(path: string, request: object): Promise<Duplex> {
    const call = this.#open(path, request, undefined);
    await call.accepted;
    const { stream } = call;
    async function* readable(): AsyncIterable<Uint8Array> {
      for await (const chunk of stream) yield chunk as Uint8Array;
      await call.result;
    }
    return {
      readable: readable(),
      write: (chunk) => writeChunk(stream, chunk),
      end: () => void stream.end(),
      destroy: () => stream.close(constants.NGHTTP2_CANCEL),
    };
  }

  #open<R>(path: string, request: object, signal: AbortSignal | undefined): Call<R> {
    if (!this.isOpen) throw serviceUnavailable('the connection to the node is closed');
    signal?.throwIfAborted();
    const stream = this.#session.request({ ':method': 'POST', ':path': path, [requestHeader]: toHeader(request) });
    const abort = (): void => void stream.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    this.#callOpened();
    stream.once('close', () => {
      signal?.removeEventListener('abort', abort);
      this.#callClosed();
    });
    return callOf<R>(stream);
  }

  #callOpened(): void {
    if (this.#openCalls++ === 0) this.#ping();
  }

  #callClosed(): void {
    if (--this.#openCalls > 0) return;
    this.#cancelPing?.();
    this.#cancelPing = undefined;
  }

  #ping(): void {
    if (this.#session.destroyed) return;
    const cancelTimeout = this.#clock.after(pingTimeoutMs, () =>
      this.#session.destroy(new Error('the node does not answer')),
    );
    this.#session.ping(() => cancelTimeout());
    const cancelNext = this.#clock.after(pingIntervalMs, () => this.#ping());
    this.#cancelPing = () => {
      cancelNext();
      cancelTimeout();
    };
  }
}

interface Call<R> {
  readonly stream: ClientHttp2Stream;
  /** Resolves when the agent has taken the call; rejects with its refusal. */
  readonly accepted: Promise<void>;
  /** Resolves with what the trailers say. */
  readonly result: Promise<R>;
}

function callOf<R>(stream: ClientHttp2Stream): Call<R> {
  const accepted = Promise.withResolvers<void>();
  const result = Promise.withResolvers<R>();
  result.promise.catch(() => {});
  accepted.promise.catch(() => {});
  const fail = (error: unknown): void => {
    accepted.reject(error);
    result.reject(error);
  };
  stream.once('response', (headers) => {
    if (headers[':status'] === 200) accepted.resolve();
    else readRefusal(stream).then(fail, fail);
  });
  stream.once('trailers', (trailers) => settle(trailers, result));
  stream.on('error', fail);
  stream.once('close', () => fail(serviceUnavailable('the connection to the node was lost')));
  return { stream, accepted: accepted.promise, result: result.promise };
}

function settle<R>(trailers: IncomingHttpHeaders, result: PromiseWithResolvers<R>): void {
  const failure = trailers[errorTrailer];
  const success = trailers[resultTrailer];
  if (typeof failure === 'string') result.reject(StatusError.fromStatus(fromHeader<Status>(failure)));
  else if (typeof success === 'string') result.resolve(fromHeader<R>(success));
}

async function readRefusal(stream: ClientHttp2Stream): Promise<StatusError> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return StatusError.fromStatus(JSON.parse(Buffer.concat(parts).toString()) as Status);
}

async function sendInput(stream: ClientHttp2Stream, io: ExecIO, hasStdin: boolean): Promise<void> {
  if (!hasStdin) return;
  for await (const chunk of io.stdin) await writeChunk(stream, encodeFrame(frameType.stdin, chunk));
  await writeChunk(stream, encodeFrame(frameType.stdinEnd, nothing));
}

async function sendSizes(stream: ClientHttp2Stream, io: ExecIO): Promise<void> {
  for await (const size of io.resizes)
    await writeChunk(stream, encodeFrame(frameType.resize, Buffer.from(JSON.stringify(size))));
}
