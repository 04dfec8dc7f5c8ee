/**
 * A watch as an async iterable of events, from pushed frames (in process) or from chunks (over the wire). Both are lines
 * of JSON; a line may be split over chunks.
 */
import type { ApiResponse, FrameSink } from '#api/handler.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Status } from '#api/status.ts';
import { StatusError } from '#api/status.ts';
import type { WatchEvent } from '#client/client.ts';
import { joinBytes } from '#client/response-body.ts';

/**
 * The events of the watch that `open` starts. Leaving the loop aborts the request. Ends quietly when `signal` is aborted
 * or the server ends the watch; throws the StatusError of an ERROR event.
 */
export async function* watchEvents<T extends HasMetadata>(
  open: (signal: AbortSignal) => Promise<ApiResponse>,
  signal?: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void> {
  if (signal?.aborted === true) return;
  const gone = new AbortController();
  const onAbort = (): void => gone.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const response = await open(gone.signal);
    const lines = new LineSplitter();
    for await (const chunk of chunksOf(response, gone.signal)) {
      for (const line of lines.push(chunk)) {
        if (gone.signal.aborted) return;
        yield parseEvent<T>(line);
      }
    }
  } catch (error) {
    if (!isAborted(signal)) throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    gone.abort(new Error('the watch has ended'));
  }
}

/** A function, because the compiler takes `aborted` for a constant. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

const decoder = new TextDecoder();

function parseEvent<T>(line: Uint8Array): WatchEvent<T> {
  const event = JSON.parse(decoder.decode(line)) as { type: string; object: unknown };
  if (event.type === 'ERROR') throw StatusError.fromStatus(event.object as Status);
  return event as WatchEvent<T>;
}

function chunksOf(response: ApiResponse, signal: AbortSignal): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const body = response.body;
  if (body.kind === 'bytes') return [body.bytes];
  if (body.kind === 'chunks') return body.chunks;
  if (body.kind === 'upgrade') throw new Error('the answer to a watch is an upgrade');
  return new FrameQueue(body.open, signal).frames();
}

/**
 * Frames that were pushed and not yet read.
 * 1. Frames come out in the order in which they were pushed, each once.
 * 2. The writer is told (onClose) exactly once: when it has ended, or when the reader is gone.
 */
class FrameQueue {
  #frames: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  #onClose: (() => void) | undefined;
  readonly #signal: AbortSignal;

  constructor(open: (sink: FrameSink) => void, signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#finish(), { once: true });
    open({
      write: (frame) => {
        this.#frames.push(frame);
        this.#wake?.();
      },
      end: () => this.#finish(),
      onClose: (callback) => {
        this.#onClose = callback;
        if (this.#ended) this.#finish();
      },
    });
  }

  async *frames(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const batch = this.#frames;
      this.#frames = [];
      if (this.#signal.aborted) return;
      if (batch.length > 0) yield joinBytes(batch);
      else if (this.#ended) return;
      else await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #finish(): void {
    this.#ended = true;
    const onClose = this.#onClose;
    this.#onClose = undefined;
    this.#wake?.();
    onClose?.();
  }
}

const newline = 10;

/** Cuts a stream of bytes into lines without their newline; keeps the rest for the next push. */
export class LineSplitter {
  #rest: Uint8Array[] = [];

  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
    return lines;
  }

  #complete(tail: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return tail;
    const line = joinBytes([...this.#rest, tail]);
    this.#rest = [];
    return line;
  }
}
