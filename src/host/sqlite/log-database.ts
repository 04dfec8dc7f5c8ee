/**
 * The database itself, synchronous; it lives in a worker thread. Each batch is one transaction with one fsync.
 *
 * Invariants:
 * 1. `#meta` is what the newest commit wrote.
 * 2. A row is only removed in a transaction that also adds rows or that ends a clean stop.
 * 3. After an error other than a full disk nothing more is written: an fsync that failed is never tried again.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Fault, FaultPoint } from '#host/sqlite/faults.ts';
import { Refused, resultCode, sqlite, upgradeFormat } from '#host/sqlite/format.ts';
import { checksum, FRAME_BYTES, framesOf, isDeletion } from '#host/sqlite/records.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
const DIGEST_MODULUS = 2 ** 48;
/** Superseded rows are removed when so many have gathered: pages that hold only such rows are freed at one blow. */
const COMPACT_AT_ROWS = 1024;
/** A checkpoint once about so much has been written to the write-ahead log. */
const CHECKPOINT_AT_BYTES = 16 * 1024 * 1024;
const PAGE_BYTES = 4096;

interface Meta {
  ceiling: number;
  revision: number;
  rows: number;
  digest: number;
  compacted: number;
  clean: number;
}
interface Superseded {
  readonly revision: number;
  readonly by: number;
}
interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly insert: StatementSync;
  readonly remove: StatementSync;
  readonly meta: StatementSync;
}

export class LogDatabase {
  readonly #file: string;
  readonly #ceilingStep: number;
  readonly #database: DatabaseSync;
  readonly #fault = new FaultPoint();
  readonly #statements: Statements;
  #meta: Meta;
  #superseded: Superseded[] = [];
  #unsavedBytes = 0;

  private constructor(database: DatabaseSync, place: { file: string; ceilingStep: number }, meta: Meta) {
    this.#file = place.file;
    this.#ceilingStep = place.ceilingStep;
    this.#database = database;
    this.#meta = meta;
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      insert: database.prepare('INSERT INTO log VALUES (?, ?, ?, ?)'),
      remove: database.prepare('DELETE FROM log WHERE revision = ? RETURNING checksum'),
      meta: database.prepare(
        'UPDATE meta SET ceiling = ?, revision = ?, rows = ?, digest = ?, compacted = ?, clean = ?',
      ),
    };
  }

  /** Opens or creates, locked for this process. Throws Refused with the reason when that cannot be. */
  static open(file: string, ceilingStep: number): LogDatabase {
    try {
      mkdirSync(dirname(file), { recursive: true });
      const database = new DatabaseSync(file, { timeout: 0 });
      configure(database);
      upgradeFormat(database, file);
      const meta = database.prepare('SELECT ceiling, revision, rows, digest, compacted, clean FROM meta').get();
      if (meta === undefined) throw new Refused(damaged(file, 'it has no meta row'));
      return new LogDatabase(database, { file, ceilingStep }, meta as unknown as Meta);
    } catch (error) {
      throw refusal(file, error);
    }
  }

  /**
   * Hands out all live records in chunks of a few MB in the form of a batch, then marks the database as in use with a new
   * ceiling. Returns the revision as of which the records are loaded: after a crash the old ceiling, because any up to it may have been seen.
   */
  load(emit: (chunk: Uint8Array<ArrayBuffer>) => void): { revision: number; ceiling: number } {
    try {
      if (this.#meta.clean !== 1) this.#quickCheck();
      this.#read(emit);
      const { clean, ceiling, revision } = this.#meta;
      const loaded = clean === 1 ? revision : Math.max(ceiling, revision);
      this.#transaction(() => this.#writeMeta({ ...this.#meta, clean: 0, ceiling: loaded + this.#ceilingStep }));
      return { revision: loaded, ceiling: this.#meta.ceiling };
    } catch (error) {
      throw refusal(this.#file, error);
    }
  }

  /** Writes a batch durably. `ceiling`, if given, rises with it. */
  commit(batch: Uint8Array, ceiling: number | undefined): void {
    const next = { ...this.#meta, ceiling: ceiling ?? this.#meta.ceiling };
    const superseded: Superseded[] = [];
    const isCompacting = this.#superseded.length >= COMPACT_AT_ROWS;
    this.#transaction(() => {
      for (const frame of framesOf(batch)) {
        this.#insert(frame, next);
        if (frame.previous > 0) superseded.push({ revision: frame.previous, by: frame.revision });
        if (isDeletion(frame.record)) superseded.push({ revision: frame.revision, by: frame.revision });
      }
      if (isCompacting) this.#compact(next);
      this.#writeMeta(next);
    });
    if (isCompacting) this.#superseded = [];
    this.#superseded.push(...superseded);
    this.#unsavedBytes += batch.length + 4 * PAGE_BYTES;
    if (this.#unsavedBytes >= CHECKPOINT_AT_BYTES) this.#checkpoint('PASSIVE');
  }

  /** Tries whether the disk takes a write again. Throws if it does not. */
  probe(): void {
    this.#transaction(() => this.#writeMeta({ ...this.#meta }));
    if (this.#unsavedBytes >= CHECKPOINT_AT_BYTES) this.#checkpoint('PASSIVE');
  }

  /** Writes the rest, marks the stop as clean with the newest revision given out, and lets go of the files. */
  close(rest: Uint8Array, revision: number): void {
    if (rest.length > 0) this.commit(rest, undefined);
    this.#transaction(() => {
      const next = { ...this.#meta, revision, clean: 1 };
      this.#compact(next);
      this.#writeMeta(next);
    });
    this.#checkpoint('TRUNCATE');
    this.#database.close();
  }

  injectFault(fault: Fault): void {
    this.#fault.arm(fault);
  }

  #insert(frame: { revision: number; previous: number; record: Uint8Array }, next: Meta): void {
    const sum = checksum(frame);
    new DataView(frame.record.buffer, frame.record.byteOffset).setUint32(0, sum, true);
    this.#fault.pass();
    this.#statements.insert.run(frame.revision, frame.previous, sum, frame.record);
    next.rows++;
    next.digest = (next.digest + sum) % DIGEST_MODULUS;
    next.revision = frame.revision;
  }

  #compact(next: Meta): void {
    for (const { revision, by } of this.#superseded.sort((a, b) => a.revision - b.revision)) {
      this.#fault.pass();
      const row = this.#statements.remove.get(revision);
      next.compacted = Math.max(next.compacted, by);
      if (row === undefined) continue;
      next.rows--;
      next.digest = (next.digest - Number(row['checksum']) + DIGEST_MODULUS) % DIGEST_MODULUS;
      this.#unsavedBytes += PAGE_BYTES;
    }
  }

  #writeMeta(next: Meta): void {
    this.#fault.pass();
    this.#statements.meta.run(next.ceiling, next.revision, next.rows, next.digest, next.compacted, next.clean);
    this.#meta = next;
  }

  #transaction(body: () => void): void {
    const before = this.#meta;
    try {
      this.#statements.begin.run();
      body();
      this.#fault.pass();
      this.#statements.commit.run();
    } catch (error) {
      this.#meta = before;
      this.#rollBack();
      throw error;
    }
  }

  /** An error of its own would only hide the first one. */
  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {}
  }

  /** Not SQLite's automatic one, which passes over errors and would sync again what failed to. */
  #checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    try {
      this.#fault.pass();
      this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
      this.#unsavedBytes = 0;
    } catch (error) {
      // The log keeps what could not be moved, and grows until there is room.
      if (resultCode(error) !== sqlite.FULL) throw error;
    }
  }

  #quickCheck(): void {
    const result = this.#database.prepare('PRAGMA quick_check(1)').get();
    const text = String(Object.values(result ?? {})[0])
      .split('\n')
      .at(-1) as string;
    if (text !== 'ok') throw new Refused(damaged(this.#file, text));
  }

  #read(emit: (chunk: Uint8Array<ArrayBuffer>) => void): void {
    const dead = this.#findSuperseded();
    const chunk = new ChunkWriter(emit);
    const rows = this.#database.prepare('SELECT revision, previous, checksum, record FROM log ORDER BY revision');
    rows.setReturnArrays(true);
    let count = 0;
    let digest = 0;
    for (const row of rows.iterate() as Iterable<unknown>) {
      const [revision, previous, sum, record] = row as [number, number, number, Uint8Array];
      if (checksum({ revision, previous, record }) !== sum)
        throw new Refused(damaged(this.#file, `the record of revision ${revision} is not what was written`));
      count++;
      digest = (digest + sum) % DIGEST_MODULUS;
      if (isDeletion(record)) this.#superseded.push({ revision, by: revision });
      else if (!dead.has(revision)) chunk.add(revision, record);
    }
    if (count !== this.#meta.rows || digest !== this.#meta.digest)
      throw new Refused(damaged(this.#file, 'its parts are of different ages'));
    chunk.flush();
  }

  #findSuperseded(): Set<number> {
    const pairs = this.#database.prepare('SELECT revision, previous FROM log ORDER BY revision');
    pairs.setReturnArrays(true);
    const seen = new Set<number>();
    const dead = new Set<number>();
    for (const pair of pairs.iterate() as Iterable<unknown>) {
      const [revision, previous] = pair as [number, number];
      seen.add(revision);
      if (!seen.has(previous)) continue;
      dead.add(previous);
      this.#superseded.push({ revision: previous, by: revision });
    }
    return dead;
  }
}

/** Gathers records into buffers that can be transferred. */
class ChunkWriter {
  readonly #emit: (chunk: Uint8Array<ArrayBuffer>) => void;
  #buffer = Buffer.from(new ArrayBuffer(CHUNK_BYTES));
  #length = 0;

  constructor(emit: (chunk: Uint8Array<ArrayBuffer>) => void) {
    this.#emit = emit;
  }

  add(revision: number, record: Uint8Array): void {
    const size = FRAME_BYTES + record.length;
    if (this.#length + size > this.#buffer.length) {
      this.flush();
      this.#buffer = Buffer.from(new ArrayBuffer(Math.max(CHUNK_BYTES, size)));
    }
    this.#buffer.writeDoubleLE(revision, this.#length);
    this.#buffer.writeUInt32LE(record.length, this.#length + 16);
    this.#buffer.set(record, this.#length + FRAME_BYTES);
    this.#length += size;
  }

  flush(): void {
    if (this.#length > 0) this.#emit(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}

function configure(database: DatabaseSync): void {
  // Exclusive before the first access: no shared memory file, and a second opener is told at once.
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8192;
    BEGIN IMMEDIATE; COMMIT;
  `);
}

function damaged(file: string, what: string): string {
  return `${file} is damaged (${what}): restore it from a backup, or move it away to start with an empty cluster.`;
}

/** Whatever kept the database from being opened, in one sentence. */
function refusal(file: string, error: unknown): Refused {
  if (error instanceof Refused) return error;
  const code = resultCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === sqlite.BUSY) return new Refused(`${file} is in use by another process: stop that one first.`);
  if (code === sqlite.CORRUPT || code === sqlite.NOTADB) return new Refused(damaged(file, message));
  if (code === sqlite.FULL)
    return new Refused(`${file} cannot be opened because the disk is full: make room and start again.`);
  return new Refused(`${file} cannot be opened: ${message}.`);
}
