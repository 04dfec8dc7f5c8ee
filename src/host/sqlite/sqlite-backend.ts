/**
 * The embedded backend: SQLite in a worker thread. Revisions are given out at hand-over; what is handed over while a
 * transaction is under way goes into the next one together.
 *
 * Invariants:
 * 1. `#queue` and the batches in flight hold consecutive hand-overs; records are applied strictly in that order.
 * 2. No revision above `#ceiling`, which is on disk, is given out.
 * 3. A volatile record is applied as soon as everything before it is, and is in `#carry` from then until it is on disk.
 * 4. After a full disk, everything handed over and not applied has been dropped; durable writes are refused until a probe succeeds.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { errorMessage } from '#base/logger.ts';
import { Carry } from '#host/sqlite/carry.ts';
import type { Fault } from '#host/sqlite/faults.ts';
import type { FromWorker, ToWorker, WorkerStart } from '#host/sqlite/messages.ts';
import { type BatchEntry, decodeRecords, encodeBatch } from '#host/sqlite/records.ts';
import type { Backend, CommittedRecord, Handover, Outcome, StoredRecord, Write } from '#storage/backend.ts';

export interface SqliteOptions {
  /** Called once, with one sentence, when nothing can be written any more; the process is expected to end. */
  readonly fatal: (sentence: string) => void;
  readonly now: () => number;
  /** How far ahead revisions may be given out; default a million. */
  readonly ceilingStep?: number;
}

interface Entry extends BatchEntry {
  readonly resolve: (outcome: Outcome) => void;
}
interface Batch {
  readonly carried: readonly BatchEntry[];
  readonly entries: readonly Entry[];
  readonly ceiling: number | undefined;
}

/** So many batches may be with the worker: one being written, one to go on with at once. */
const BATCHES_IN_FLIGHT = 2;
const BATCH_BYTES = 4 * 1024 * 1024;
const CEILING_STEP = 1_000_000;

const fullError = new Error('the disk is full: nothing can be stored until there is room again');
const deadError = new Error('the database cannot be written any more');

export class SqliteBackend implements Backend {
  readonly #worker: Worker;
  readonly #options: SqliteOptions;
  readonly #ceilingStep: number;
  #apply: (batch: readonly CommittedRecord[]) => void = () => {};
  #dropped: (fromRevision: number) => void = () => {};
  #chunks: Uint8Array[] = [];
  readonly #loaded = Promise.withResolvers<{ revision: number }>();
  #isLoaded = false;
  #drained: (() => void) | undefined;
  #closing: { resolve(): void; reject(error: Error): void } | undefined;
  #queue: Entry[] = [];
  #inFlight: Batch[] = [];
  readonly #carry = new Carry();
  #revision = 0;
  #applied = 0;
  #ceiling = 0;
  #epoch = 0;
  #isFlushScheduled = false;
  #isFull = false;
  #isProbing = false;
  #isDead = false;

  /** Starts the worker on a file, whose folder is made if need be; `load` tells whether it could be opened. */
  constructor(file: string, options: SqliteOptions) {
    this.#options = options;
    this.#ceilingStep = options.ceilingStep ?? CEILING_STEP;
    const source = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const workerData: WorkerStart = { file, ceilingStep: this.#ceilingStep };
    this.#worker = new Worker(fileURLToPath(import.meta.resolve(source)), {
      workerData,
      name: 'sqlite',
      env: workerEnvironment(),
    });
    this.#loaded.promise.catch(() => undefined);
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error) => this.#die(`The thread that writes ${file} failed: ${errorMessage(error)}.`));
    this.#worker.on('exit', () => this.#die(`The thread that writes ${file} ended.`));
  }

  /** Rejects with one sentence when the database is in use, damaged, newer than this program, or not readable. */
  async load(): Promise<{ revision: number; records: Iterable<StoredRecord> }> {
    const { revision } = await this.#loaded.promise;
    const chunks = this.#chunks;
    this.#chunks = [];
    return { revision, records: recordsOf(chunks) };
  }

  subscribe(apply: (batch: readonly CommittedRecord[]) => void, dropped?: (fromRevision: number) => void): void {
    this.#apply = apply;
    this.#dropped = dropped ?? this.#dropped;
  }

  commit(write: Write): Handover {
    if (this.#isDead || this.#closing !== undefined)
      return { outcome: Promise.resolve({ kind: 'failed', error: deadError }) };
    if (this.#isFull && !write.volatile) {
      this.#probe();
      return { outcome: Promise.resolve({ kind: 'failed', error: fullError, diskFull: true }) };
    }
    if (this.#revision >= this.#ceiling) return { outcome: Promise.resolve({ kind: 'failed', error: deadError }) };
    const revision = ++this.#revision;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#queue.push(this.#entry(write, revision, resolve));
    });
    this.#schedule();
    return { revision, outcome };
  }

  progress(): Promise<number> {
    return Promise.resolve(this.#applied);
  }

  /** Writes what is left and marks the stop as clean. Rejects when that fails; what was answered is safe even then. */
  async close(): Promise<void> {
    if (this.#isDead) return;
    if (this.#queue.length > 0 || this.#inFlight.length > 0)
      await new Promise<void>((resolve) => (this.#drained = resolve));
    if (this.#isDead) return;
    const rest = encodeBatch(this.#carry.take());
    const closed = Promise.withResolvers<void>();
    this.#closing = closed;
    this.#send({ kind: 'close', rest, revision: this.#revision });
    try {
      await closed.promise;
    } finally {
      this.#isDead = true;
      await this.#worker.terminate();
    }
  }

  /** Tests only: see host/sqlite/faults.ts. */
  injectFault(fault: Fault): void {
    this.#worker.postMessage({ kind: 'fault', fault } satisfies ToWorker);
  }

  #entry(write: Write, revision: number, resolve: (outcome: Outcome) => void): Entry {
    const previous = write.expected === 'absent' ? 0 : write.expected;
    // Whoever comes close to the ceiling raises it, and that is a durable write.
    const volatile = write.volatile && this.#ceiling - revision > this.#ceilingStep / 10;
    return {
      key: write.key,
      revision,
      previous,
      bytes: write.bytes,
      volatile,
      writtenAtMs: this.#options.now(),
      resolve,
    };
  }

  /** At the end of the loop's turn, so that all its writers share one transaction. */
  #schedule(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight.length === 0) this.#applyVolatile();
    while (!this.#isDead && this.#inFlight.length < BATCHES_IN_FLIGHT && this.#queue.some((entry) => !entry.volatile)) {
      const entries = this.#takeBatch();
      const carried = this.#carry.take();
      const isClose = this.#ceiling - this.#revision < this.#ceilingStep / 2;
      const ceiling = isClose ? this.#revision + this.#ceilingStep : undefined;
      this.#inFlight.push({ carried, entries, ceiling });
      this.#send({ kind: 'commit', epoch: this.#epoch, batch: encodeBatch([...carried, ...entries]), ceiling });
    }
    if (this.#queue.length === 0 && this.#inFlight.length === 0) this.#drained?.();
  }

  /** Volatile records that wait for nothing. */
  #applyVolatile(): void {
    const firstDurable = this.#queue.findIndex((entry) => !entry.volatile);
    const entries = firstDurable < 0 ? this.#queue : this.#queue.slice(0, firstDurable);
    if (entries.length === 0) return;
    this.#queue = firstDurable < 0 ? [] : this.#queue.slice(firstDurable);
    for (const entry of entries) this.#carry.add(entry);
    this.#answer(entries);
  }

  #takeBatch(): readonly Entry[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && bytes < BATCH_BYTES; count++)
      bytes += this.#queue[count]?.bytes?.length ?? 0;
    const entries = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return entries;
  }

  #answer(entries: readonly Entry[]): void {
    this.#applied = entries.at(-1)?.revision ?? this.#applied;
    this.#apply(entries);
    for (const { resolve, revision } of entries) resolve({ kind: 'committed', revision });
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'committed') this.#committed();
    else if (message.kind === 'full') this.#full(message.message);
    else if (message.kind === 'probed') this.#probed(message.isWritable);
    else if (message.kind === 'chunk') this.#chunks.push(message.chunk);
    else if (message.kind === 'loaded') this.#start(message);
    else if (message.kind === 'refused') this.#die(message.sentence);
    else if (message.kind === 'fatal') this.#die(message.sentence);
    else if (message.kind === 'closed') this.#closing?.resolve();
    else this.#closing?.reject(new Error(`the last volatile records are lost: ${message.message}`));
  }

  #start(message: { revision: number; ceiling: number }): void {
    this.#revision = message.revision;
    this.#applied = message.revision;
    this.#ceiling = message.ceiling;
    this.#isLoaded = true;
    this.#loaded.resolve(message);
  }

  #committed(): void {
    const batch = this.#inFlight.shift();
    if (batch === undefined) return;
    this.#ceiling = Math.max(this.#ceiling, batch.ceiling ?? 0);
    this.#answer(batch.entries);
    this.#flush();
  }

  /** Everything that is not applied yet is dropped: it may build on what was not written. */
  #full(message: string): void {
    this.#isFull = true;
    this.#epoch++;
    const error = new Error(`${fullError.message} (${message})`);
    this.#dropAll(() => ({ kind: 'failed', error, diskFull: true }));
  }

  #dropAll(outcome: (isInFlight: boolean) => Outcome): void {
    const batches = this.#inFlight;
    const queued = this.#queue;
    this.#inFlight = [];
    this.#queue = [];
    for (const batch of batches) this.#carry.restore(batch.carried);
    this.#dropped(this.#applied + 1);
    for (const batch of batches) for (const entry of batch.entries) entry.resolve(outcome(true));
    for (const entry of queued) entry.resolve(outcome(false));
    this.#drained?.();
  }

  #probe(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#send({ kind: 'probe' });
  }

  #probed(isWritable: boolean): void {
    this.#isProbing = false;
    this.#isFull = !isWritable;
  }

  #die(sentence: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    void this.#worker.terminate();
    if (!this.#isLoaded) {
      this.#loaded.reject(new Error(sentence));
      return;
    }
    this.#dropAll((isInFlight) => (isInFlight ? { kind: 'unknown' } : { kind: 'failed', error: deadError }));
    this.#closing?.reject(new Error(sentence));
    this.#options.fatal(sentence);
  }

  #send(message: ToWorker): void {
    const transfer = message.kind === 'commit' ? [message.batch.buffer] : [];
    this.#worker.postMessage(message, transfer);
  }
}

/**
 * A worker has no part in the compile cache of the main thread unless its environment says so. Without it, each start
 * strips the types of the worker's files again, by a WebAssembly module that costs 20 MB.
 */
function workerEnvironment(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(folder) };
}

function* recordsOf(chunks: readonly Uint8Array[]): Generator<StoredRecord> {
  for (const chunk of chunks) yield* decodeRecords(chunk);
}
