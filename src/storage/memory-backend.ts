/**
 * A backend that keeps nothing: the store above it is the only copy. Under tests, simulations, `--ephemeral` and forks.
 * Everything committed in one turn is applied as one batch when the turn's own code has ended.
 */
import type { Backend, CommittedRecord, Handover, StoredRecord, Write } from '#storage/backend.ts';

export class MemoryBackend implements Backend {
  #revision: number;
  #apply: (batch: readonly CommittedRecord[]) => void = () => {};
  #queue: CommittedRecord[] = [];
  #flushed: Promise<void> | undefined;
  readonly #seed: readonly StoredRecord[];

  /** Starts at `revision`, holding `records` (for tests that start from given objects). */
  constructor(revision = 0, records: readonly StoredRecord[] = []) {
    this.#revision = revision;
    this.#seed = records;
  }

  load(): Promise<{ revision: number; records: Iterable<StoredRecord> }> {
    return Promise.resolve({ revision: this.#revision, records: this.#seed });
  }

  subscribe(apply: (batch: readonly CommittedRecord[]) => void): void {
    this.#apply = apply;
  }

  commit(write: Write): Handover {
    const revision = ++this.#revision;
    this.#queue.push({ key: write.key, revision, bytes: write.bytes });
    this.#flushed ??= Promise.resolve().then(() => this.#flush());
    return { revision, outcome: this.#flushed.then(() => ({ kind: 'committed', revision })) };
  }

  async progress(): Promise<number> {
    await this.#flushed;
    return this.#revision;
  }

  async close(): Promise<void> {
    await this.#flushed;
  }

  #flush(): void {
    const batch = this.#queue;
    this.#queue = [];
    this.#flushed = undefined;
    this.#apply(batch);
  }
}
