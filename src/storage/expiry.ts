/**
 * Objects that go by themselves: those not written for a time, and the oldest above a size. Removals are handed over
 * together with other writes; nothing happens in a store in which nothing is written.
 */
import { Deque } from '#storage/deque.ts';
import type { Family, StoredVersion } from '#storage/stored-version.ts';

/** At most this many removals ride in one write, so that no writer pays for all. */
const REMOVALS_PER_WRITE = 32;

/** What expiry asks of its collection. */
export interface ExpiryPorts {
  /** Whether this is still the applied version and no write of its key is under way. */
  current(version: StoredVersion): boolean;
  versions(): Iterable<StoredVersion>;
  remove(version: StoredVersion): Promise<unknown>;
}

export class Expiry {
  readonly #family: Family;
  readonly #ports: ExpiryPorts;
  /** Versions by time of writing; may hold replaced ones. Made when first needed. */
  #queue: Deque<StoredVersion> | undefined;
  #bytes = 0;
  #leavingBytes = 0;

  constructor(family: Family, ports: ExpiryPorts) {
    this.#family = family;
    this.#ports = ports;
  }

  /** Bytes of all applied versions. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  get isNeeded(): boolean {
    const { ttlMs, maxBytes } = this.#family.definition;
    return ttlMs !== undefined || maxBytes !== undefined;
  }

  start(sizeBytes: number): void {
    this.#bytes = sizeBytes;
  }

  replaced(previous: StoredVersion | undefined, next: StoredVersion | undefined): void {
    this.#bytes += (next?.bytes.length ?? 0) - (previous?.bytes.length ?? 0);
    if (next !== undefined) this.#queue?.push(next);
  }

  /** A removal failed: the version stays a candidate. */
  kept(version: StoredVersion | undefined): void {
    if (version !== undefined) this.#queue?.push(version);
  }

  /** Hands over the removal of what is due. */
  run(nowMs: number): void {
    if (!this.isNeeded) return;
    this.#queue ??= this.#byAge();
    for (let removals = 0; removals < REMOVALS_PER_WRITE; ) {
      const oldest = this.#queue.at(0);
      if (oldest === undefined) return;
      const isCurrent = this.#ports.current(oldest);
      if (isCurrent && !this.#isDue(oldest, nowMs)) return;
      this.#queue.shift();
      if (!isCurrent) continue;
      this.#remove(oldest);
      removals++;
    }
  }

  #isDue(version: StoredVersion, nowMs: number): boolean {
    const { ttlMs, maxBytes } = this.#family.definition;
    if (ttlMs !== undefined && nowMs - version.writtenAtSeconds * 1000 >= ttlMs) return true;
    return maxBytes !== undefined && this.#bytes - this.#leavingBytes > maxBytes;
  }

  #remove(version: StoredVersion): void {
    const sizeBytes = version.bytes.length;
    this.#leavingBytes += sizeBytes;
    const settled = (): void => {
      this.#leavingBytes -= sizeBytes;
    };
    this.#ports.remove(version).then(settled, settled);
  }

  #byAge(): Deque<StoredVersion> {
    const queue = new Deque<StoredVersion>();
    for (const version of [...this.#ports.versions()].sort((a, b) => a.revision - b.revision)) queue.push(version);
    return queue;
  }
}
