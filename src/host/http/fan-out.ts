/**
 * Sends watch frames to many clients without holding up the event loop.
 *
 * Frames of one stream that come within one loop turn are joined into one write; the streams that have something to send
 * are served in slices, other work going on between two slices, and those of one connection together: what they write in
 * one turn goes out as one piece. Joined bytes are shared between streams that got the same frames. A client that does
 * not read is reset when more than `maxQueuedBytes` wait for it: it resumes its watch.
 *
 * Invariants: 1. frames of one sink keep their order. 2. A sink is in the queue at most once.
 * 3. Only sinks whose client is there are in #open.
 */
import type { FrameSink } from '#api/handler.ts';
import type { Reply } from '#host/http/reply.ts';

const streamsPerSlice = 64;
/** Less than this waiting for a client is nothing to wait for. */
const comfortableBytes = 65_536;

export class FanOut {
  readonly #maxQueuedBytes: number;
  readonly #open = new Set<ReplySink>();
  /** By connection. */
  readonly #queue = new Map<object, ReplySink[]>();
  #isScheduled = false;
  #lastJoin: { frames: readonly Uint8Array[]; bytes: Uint8Array } | undefined;

  constructor(maxQueuedBytes: number) {
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  /** A sink over an answer whose headers are sent. */
  sink(reply: Reply): FrameSink {
    const sink = new ReplySink(reply, (changed) => this.#enqueue(changed));
    this.#open.add(sink);
    reply.onClose(() => this.#open.delete(sink));
    return sink;
  }

  /** Ends every stream in order, so that clients come back elsewhere or later instead of meeting a broken connection. */
  endAll(): void {
    for (const sink of this.#open) sink.end();
  }

  #enqueue(sink: ReplySink): void {
    const { connection } = sink.reply;
    const waiting = this.#queue.get(connection);
    if (waiting === undefined) this.#queue.set(connection, [sink]);
    else waiting.push(sink);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    let count = 0;
    for (const [connection, waiting] of this.#queue) {
      this.#queue.delete(connection);
      const sinks = waiting.length <= streamsPerSlice ? waiting : waiting.splice(0, streamsPerSlice);
      // The rest comes behind the others' turn.
      if (sinks !== waiting) this.#queue.set(connection, waiting);
      for (const sink of sinks) sink.send(this.#join, this.#maxQueuedBytes);
      count += sinks.length;
      if (count >= streamsPerSlice / 2) break;
    }
    this.#isScheduled = this.#queue.size > 0;
    if (this.#isScheduled) setImmediate(this.#flush);
    else this.#lastJoin = undefined;
  };

  readonly #join = (frames: readonly Uint8Array[]): Uint8Array => {
    if (frames.length === 1) return frames[0] as Uint8Array;
    const last = this.#lastJoin;
    if (last !== undefined && isSame(last.frames, frames)) return last.bytes;
    const bytes = Buffer.concat(frames);
    this.#lastJoin = { frames, bytes };
    return bytes;
  };
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

class ReplySink implements FrameSink {
  readonly reply: Reply;
  readonly #enqueue: (sink: ReplySink) => void;
  #frames: Uint8Array[] = [];
  /** Of #frames. */
  #pendingBytes = 0;
  #hasEnded = false;

  constructor(reply: Reply, enqueue: (sink: ReplySink) => void) {
    this.reply = reply;
    this.#enqueue = enqueue;
  }

  write(frame: Uint8Array): void {
    if (this.#hasEnded) return;
    this.#frames.push(frame);
    this.#pendingBytes += frame.byteLength;
    if (this.#frames.length === 1) this.#enqueue(this);
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#frames.length === 0) this.reply.end();
  }

  onClose(callback: () => void): void {
    this.reply.onClose(callback);
  }

  drained(): Promise<void> | undefined {
    if (this.reply.isClosed || this.reply.queuedBytes + this.#pendingBytes < comfortableBytes) return undefined;
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.reply.drained());
  }

  send(join: (frames: readonly Uint8Array[]) => Uint8Array, maxQueuedBytes: number): void {
    const frames = this.#frames;
    this.#frames = [];
    this.#pendingBytes = 0;
    if (this.reply.isClosed) return;
    const bytes = join(frames);
    if (this.reply.queuedBytes + bytes.byteLength > maxQueuedBytes) {
      this.#hasEnded = true;
      this.reply.reset();
    } else if (this.#hasEnded) this.reply.end(bytes);
    else this.reply.write(bytes);
  }
}
