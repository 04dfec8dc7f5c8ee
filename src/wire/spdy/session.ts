/**
 * The server's side of a SPDY/3.1 connection: the client opens streams, each with headers, each a pair of byte streams.
 *
 *   const session = new SpdySession(duplex);
 *   for await (const stream of session.streams) { … stream.headers.get('streamtype') … }
 *
 * Windows are given back as data is read, so a reader that stops holds up its sender; client-go ignores the windows of ours.
 */
import { Channel } from '#base/channel.ts';
import type { Duplex } from '#base/streams.ts';
import {
  controlFrame,
  dataFrame,
  finFlag,
  FrameReader,
  frameTypes,
  HeaderReader,
  HeaderWriter,
  numberAt,
  numbers,
  type SpdyFrame,
  type SpdyHeaders,
} from '#wire/spdy/frames.ts';

const cancelStatus = 5;
const empty = new Uint8Array();
const largestData = 65_536;

export interface SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  /** Ends when the client has ended its side; throws when it reset the stream or the connection broke. */
  readonly readable: AsyncIterable<Uint8Array>;
  write(chunk: Uint8Array): Promise<void>;
  /** Ends our side. */
  end(): Promise<void>;
  reset(): Promise<void>;
}

/** Invariants: 1. frames are written whole and in order. 2. A stream is forgotten when both sides ended or one reset it. */
export class SpdySession {
  readonly #connection: Duplex;
  readonly #accepted = new Channel<SpdyStream>(256);
  readonly #streams = new Map<number, ServerStream>();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  #writing: Promise<void> = Promise.resolve();

  constructor(connection: Duplex) {
    this.#connection = connection;
    void this.#receive();
  }

  /** As the client opens them; ends when the connection does. */
  get streams(): AsyncIterable<SpdyStream> {
    return this.#accepted;
  }

  /** Says goodbye and closes the connection after what was written. */
  async close(): Promise<void> {
    await this.send(controlFrame(frameTypes.goAway, 0, numbers(0, 0))).catch(() => {});
    this.#connection.end();
  }

  /** One frame after the other. */
  send(frame: Uint8Array): Promise<void> {
    const written = this.#writing.then(() => this.#connection.write(frame));
    this.#writing = written.catch(() => {});
    return written;
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }

  async #receive(): Promise<void> {
    const reader = new FrameReader();
    let failure: Error | undefined;
    try {
      for await (const chunk of this.#connection.readable) {
        for (const frame of reader.push(chunk)) await this.#onFrame(frame);
      }
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      this.#connection.destroy(failure);
    }
    const lost = failure ?? new Error('the connection was closed');
    for (const stream of this.#streams.values()) stream.fail(lost);
    this.#accepted.end();
  }

  async #onFrame(frame: SpdyFrame): Promise<void> {
    if (frame.kind === 'data') {
      await this.#onData(frame.streamId, frame.payload, frame.isLast);
      return;
    }
    const { type, payload, flags } = frame;
    switch (type) {
      case frameTypes.synStream:
        return this.#onSynStream(payload, (flags & finFlag) !== 0);
      case frameTypes.headers:
      case frameTypes.synReply:
        // Their blocks are part of the compressed stream even if nobody wants them.
        this.#headerReader.read(payload.subarray(4));
        return;
      case frameTypes.reset:
        this.#streams.get(numberAt(payload, 0))?.fail(new Error('the client reset the stream'));
        return;
      case frameTypes.ping:
        if (numberAt(payload, 0) % 2 === 1) await this.send(controlFrame(frameTypes.ping, 0, payload.slice()));
    }
  }

  async #onSynStream(payload: Uint8Array, isLast: boolean): Promise<void> {
    const id = numberAt(payload, 0) & 0x7fffffff;
    const stream = new ServerStream(this, id, this.#headerReader.read(payload.subarray(10)));
    this.#streams.set(id, stream);
    await this.send(controlFrame(frameTypes.synReply, 0, concat(numbers(id), this.#headerWriter.write(new Map()))));
    if (isLast) stream.receiveEnd();
    void this.#accepted.push(stream);
  }

  async #onData(id: number, payload: Uint8Array, isLast: boolean): Promise<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      await this.send(controlFrame(frameTypes.reset, 0, numbers(id, cancelStatus)));
      return;
    }
    if (payload.byteLength > 0) stream.receive(payload.slice());
    if (isLast) stream.receiveEnd();
    if (payload.byteLength > 0)
      await this.send(controlFrame(frameTypes.windowUpdate, 0, numbers(0, payload.byteLength)));
  }
}

class ServerStream implements SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #session: SpdySession;
  readonly #incoming = new Channel<Uint8Array>(Number.POSITIVE_INFINITY);
  #hasEnded = false;
  #hasReceivedEnd = false;
  #failure: Error | undefined;

  constructor(session: SpdySession, id: number, headers: SpdyHeaders) {
    this.#session = session;
    this.id = id;
    this.headers = headers;
  }

  /** The window is given back when a chunk is taken, so that little waits here. */
  get readable(): AsyncIterable<Uint8Array> {
    const incoming = this.#incoming;
    const session = this.#session;
    const { id } = this;
    return {
      async *[Symbol.asyncIterator]() {
        for await (const chunk of incoming) {
          yield chunk;
          await session.send(controlFrame(frameTypes.windowUpdate, 0, numbers(id, chunk.byteLength))).catch(() => {});
        }
      },
    };
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.byteLength; offset += largestData) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#session.send(dataFrame(this.id, chunk.subarray(offset, offset + largestData), false));
    }
  }

  async end(): Promise<void> {
    if (this.#hasEnded || this.#failure !== undefined) return;
    this.#hasEnded = true;
    await this.#session.send(dataFrame(this.id, empty, true)).catch(() => {});
    this.#forgetWhenDone();
  }

  async reset(): Promise<void> {
    if (this.#failure !== undefined) return;
    this.fail(new Error('the stream was reset'));
    await this.#session.send(controlFrame(frameTypes.reset, 0, numbers(this.id, cancelStatus))).catch(() => {});
  }

  receive(chunk: Uint8Array): void {
    void this.#incoming.push(chunk);
  }

  receiveEnd(): void {
    this.#hasReceivedEnd = true;
    this.#incoming.end();
    this.#forgetWhenDone();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#incoming.end(error);
    this.#session.forget(this.id);
  }

  #forgetWhenDone(): void {
    if (this.#hasEnded && this.#hasReceivedEnd) this.#session.forget(this.id);
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}
