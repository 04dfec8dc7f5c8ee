/** `kubectl logs`: a container's log file as the client asked for it (tail, since, timestamps, limit), followed if it wants. */
import type { PodLogOptions } from '#api/pod-log-options.ts';
import type { LogFiles } from '#kubelet/machine.ts';
import { concat, CriLogParser, type LogLine } from '#kubelet/logs/cri-log.ts';

export interface LogSource {
  readonly files: LogFiles;
  readonly path: string;
  readonly nowMs: number;
  /** Nothing more will be written: following ends after what is there. */
  isFinished(): boolean;
  /** Called back when `isFinished` may have changed. Answers cancel. */
  onProgress(listener: () => void): () => void;
}

const chunkBytes = 256 << 10;
const newlineBytes = new Uint8Array([10]);

export async function* readLog(
  source: LogSource,
  options: PodLogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const sinceMs = sinceOf(options, source.nowMs);
  const limit = { leftBytes: options.limitBytes ?? Number.POSITIVE_INFINITY };
  const position = { offset: options.tailLines === undefined ? 0 : await tailOffset(source, options.tailLines) };
  const parser = new CriLogParser();
  const format = formatter(options.timestamps, sinceMs);
  const changes = new Changes(source, signal);
  try {
    while (!signal.aborted) {
      const isLast = !options.follow || source.isFinished();
      const generation = changes.generation;
      const chunk = await readOn(source, position, changes);
      const text = concat(...parser.push(chunk).flatMap(format));
      if (text.length > 0) yield text.subarray(0, Math.min(text.length, limit.leftBytes));
      limit.leftBytes -= text.length;
      if (limit.leftBytes <= 0) return;
      if (chunk.length > 0) continue;
      if (isLast) return;
      await changes.after(generation);
    }
  } finally {
    changes.close();
  }
}

/** What follows the position; after a rotation first the rest of what the log has become, then the new log from its start. */
async function readOn(source: LogSource, position: { offset: number }, changes: Changes): Promise<Uint8Array> {
  const { files, path } = source;
  const size = await files.size(path);
  if ((size ?? 0) < position.offset) {
    changes.watch();
    const before = (await files.rotated(path)).findLast((name) => !name.endsWith('.gz'));
    const rest = before === undefined ? undefined : await files.read(before, position.offset, chunkBytes);
    if (rest !== undefined && rest.length > 0) {
      position.offset += rest.length;
      return rest;
    }
    if (size === undefined) return new Uint8Array(0);
    position.offset = 0;
  }
  const chunk = await files.read(path, position.offset, chunkBytes);
  position.offset += chunk.length;
  return chunk;
}

/** 1. `after(g)` resolves at once if something changed since generation g was read. */
class Changes {
  generation = 0;
  #wake: (() => void) | undefined;
  readonly #source: LogSource;
  readonly #cancels: (() => void)[];
  #unwatch: () => void = () => {};

  constructor(source: LogSource, signal: AbortSignal) {
    this.#source = source;
    this.watch();
    this.#cancels = [source.onProgress(this.#bump)];
    signal.addEventListener('abort', this.#bump, { once: true });
    this.#cancels.push(() => signal.removeEventListener('abort', this.#bump));
  }

  /** Again: the file of that name is another one now. */
  watch(): void {
    this.#unwatch();
    this.#unwatch = this.#source.files.watch(this.#source.path, this.#bump);
  }

  readonly #bump = (): void => {
    this.generation++;
    this.#wake?.();
  };

  after(generation: number): Promise<void> {
    if (generation !== this.generation) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#unwatch();
    for (const cancel of this.#cancels) cancel();
  }
}

function sinceOf(options: PodLogOptions, nowMs: number): number {
  if (options.sinceTime !== undefined) return Date.parse(options.sinceTime);
  return options.sinceSeconds === undefined ? 0 : nowMs - options.sinceSeconds * 1000;
}

function formatter(timestamps: boolean, sinceMs: number): (line: LogLine) => Uint8Array[] {
  const encoder = new TextEncoder();
  let isContinued = false;
  return (line) => {
    const parts: Uint8Array[] = [];
    if (sinceMs > 0 && Date.parse(line.timestamp) < sinceMs) return parts;
    if (timestamps && !isContinued) parts.push(encoder.encode(`${line.timestamp} `));
    parts.push(line.content);
    if (line.isFull) parts.push(newlineBytes);
    isContinued = !line.isFull;
    return parts;
  };
}

/** The offset at which the last `count` lines begin: pieces of a line count as one. Read backwards. */
async function tailOffset(source: LogSource, count: number): Promise<number> {
  const size = (await source.files.size(source.path)) ?? 0;
  if (count === 0) return size;
  let start = size;
  let tail: Uint8Array = new Uint8Array(0);
  while (start > 0) {
    const from = Math.max(0, start - chunkBytes);
    tail = concat(await source.files.read(source.path, from, start - from), tail);
    start = from;
    const found = lineStart(tail, count, start === 0);
    if (found !== undefined) return start + found;
  }
  return 0;
}

/** Where the last `count` whole lines begin in `bytes`; undefined if there are fewer and the file goes on before. */
function lineStart(bytes: Uint8Array, count: number, isStartOfFile: boolean): number | undefined {
  const starts: number[] = [];
  let from = isStartOfFile ? 0 : bytes.indexOf(10) + 1;
  if (from === 0 && !isStartOfFile) return undefined;
  const parser = new CriLogParser();
  let isContinued = false;
  for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
    const line = parser.push(bytes.subarray(from, end + 1))[0];
    if (!isContinued) starts.push(from);
    isContinued = line !== undefined && !line.isFull;
    from = end + 1;
  }
  if (starts.length > count) return starts[starts.length - count];
  return isStartOfFile ? (starts[0] ?? 0) : undefined;
}
