/**
 * Volatile records that are applied but not on disk: they ride in the next durable transaction or the clean stop. A newer
 * one of a key takes the older one's place, so that heartbeats do not pile up while nothing else is written.
 */
import type { BatchEntry } from '#host/sqlite/records.ts';

export class Carry {
  /** By revision, which is also the order. */
  #entries = new Map<number, BatchEntry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds an entry newer than all others. */
  add(entry: BatchEntry): void {
    const replaced = this.#entries.get(entry.previous);
    if (replaced === undefined) {
      this.#entries.set(entry.revision, entry);
      return;
    }
    this.#entries.delete(replaced.revision);
    const neverWritten = replaced.previous === 0 && entry.bytes === undefined;
    if (!neverWritten) this.#entries.set(entry.revision, { ...entry, previous: replaced.previous });
  }

  /** Takes everything out, in revision order. */
  take(): BatchEntry[] {
    const entries = [...this.#entries.values()];
    this.#entries = new Map();
    return entries;
  }

  /** Puts back what was taken and not written, before anything else is added. */
  restore(entries: readonly BatchEntry[]): void {
    for (const entry of entries) this.#entries.set(entry.revision, entry);
  }
}
