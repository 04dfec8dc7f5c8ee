/**
 * The port under the store: where versions are kept. Implementations: memory (storage/memory-backend.ts), SQLite
 * (host/sqlite), etcd (host/etcd), and the fake etcd of the tests (sim/fake-etcd.ts). One model test runs on all of them.
 *
 * What an implementation guarantees:
 * 1. It assigns revisions; they rise, and are never used twice, not even after a crash.
 * 2. `committed` yields every write, own and foreign, in revision order and without a gap, exactly once.
 * 3. A commit that was answered with a revision is durable unless it was volatile.
 * 4. A volatile record may be lost by a crash, never by a clean stop, and never reorders against others.
 */
export interface Backend {
  /** Others write to it as well: what is applied here may lag behind what is committed. */
  readonly isShared?: boolean;
  /** Everything that is stored, as of one revision. Called once, first. */
  load(): Promise<{ revision: number; records: Iterable<StoredRecord> | AsyncIterable<StoredRecord> }>;
  /**
   * Called once after load: `apply` is called for each write after `revision`, in order; in one turn for one batch, and never
   * from within commit. `dropped` is called when writes that were given revisions are not going to happen: all of them from
   * that revision on, before their outcomes resolve and before another is taken.
   */
  subscribe(apply: (batch: readonly CommittedRecord[]) => void, dropped?: (fromRevision: number) => void): void;
  /**
   * Hands over a write. Embedded backends assign the revision synchronously ({@link Handover.revision}).
   * The outcome resolves when it is durable, after `apply` has seen it. An embedded backend has one store above it, which
   * has compared `expected` with the key's newest version; it uses `expected` only to know what is superseded.
   */
  commit(write: Write): Handover;
  /** The newest revision that is known to be committed, once `apply` has seen it; linearizable on etcd, rejects when that fails. */
  progress(): Promise<number>;
  /** Flushes volatile records, marks the stop as clean, releases the files. */
  close(): Promise<void>;
}

/** Collection, namespace ('' if cluster-scoped) and name. */
export interface RecordKey {
  readonly collection: string;
  readonly namespace: string;
  readonly name: string;
}
export interface StoredRecord {
  readonly key: RecordKey;
  readonly revision: number;
  /** JSON without resourceVersion. */
  readonly bytes: Uint8Array;
  /** When it was written, where the backend knows. */
  readonly writtenAtMs?: number;
}
export interface CommittedRecord {
  readonly key: RecordKey;
  readonly revision: number;
  /** Undefined: deleted. */
  readonly bytes: Uint8Array | undefined;
}
export interface Write {
  readonly key: RecordKey;
  /** The revision this write is built on; 'absent' for a create. */
  readonly expected: number | 'absent';
  readonly bytes: Uint8Array | undefined;
  readonly volatile: boolean;
}
export interface Handover {
  /** Known at once on embedded backends. */
  readonly revision?: number;
  readonly outcome: Promise<Outcome>;
}
/** Conflict: nothing was written. Failed: nothing was written, the reason is for the operator. Unknown: it may have been. */
export type Outcome =
  | { readonly kind: 'committed'; readonly revision: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'failed'; readonly error: Error; readonly diskFull?: boolean }
  | { readonly kind: 'unknown' };
