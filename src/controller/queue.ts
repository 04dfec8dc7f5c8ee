/**
 * The queue of keys that want to be reconciled, as client-go's rate-limited work queue behaves.
 *
 *   queue.add(key); queue.add(key);      // one turn
 *   const next = await queue.take();     // runs; an add of the same key meanwhile waits …
 *   queue.done(next);                    // … until here
 */
import type { Clock } from '#base/clock.ts';
import type { ObjectKey } from '#api/object.ts';

const firstBackoffMs = 5;
const longestBackoffMs = 1_000_000;

interface Delayed {
  readonly atMs: number;
  readonly cancel: () => void;
}

/**
 * 1. A key is in the waiting line at most once, and is never given to two takers before `done`.
 * 2. A key added while it is being worked on is waiting again right after `done`.
 * 3. A key has at most one delayed add: the earliest one asked for.
 * 4. After `close`, `take` yields undefined and nothing is added.
 */
export class WorkQueue<K extends object = ObjectKey> {
  readonly #clock: Clock;
  readonly #idOf: (key: K) => string;
  readonly #waiting = new Map<string, K>();
  readonly #running = new Set<string>();
  readonly #again = new Map<string, K>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: K | undefined) => void)[] = [];
  #closed = false;

  /** `id` tells keys apart; only keys that are no ObjectKey need one. */
  constructor(clock: Clock, id: (key: K) => string = (key) => idOf(key as unknown as ObjectKey)) {
    this.#clock = clock;
    this.#idOf = id;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.size + this.#again.size;
  }

  /** No key waits or is being worked on; delayed ones do not count. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0;
  }

  add(key: K): void {
    if (this.#closed) return;
    const id = this.#idOf(key);
    if (this.#running.has(id)) {
      this.#again.set(id, key);
      return;
    }
    const taker = this.#waiting.has(id) ? undefined : this.#takers.shift();
    if (taker === undefined) {
      this.#waiting.set(id, key);
      return;
    }
    this.#running.add(id);
    taker(key);
  }

  addAfter(key: K, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    if (this.#closed) return;
    const id = this.#idOf(key);
    const atMs = this.#clock.now() + delayMs;
    const present = this.#delayed.get(id);
    if (present !== undefined && present.atMs <= atMs) return;
    present?.cancel();
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(id);
      this.add(key);
    });
    this.#delayed.set(id, { atMs, cancel });
  }

  /** Adds it after 5 ms, 10 ms, … 1000 s: one step for each failure since the last `forget`. */
  retry(key: K): void {
    const id = this.#idOf(key);
    const failures = this.#failures.get(id) ?? 0;
    this.#failures.set(id, failures + 1);
    this.addAfter(key, Math.min(firstBackoffMs * 2 ** failures, longestBackoffMs));
  }

  failures(key: K): number {
    return this.#failures.get(this.#idOf(key)) ?? 0;
  }

  /** The next failure of this key starts at 5 ms again. */
  forget(key: K): void {
    this.#failures.delete(this.#idOf(key));
  }

  /** The next key, when there is one; undefined once the queue is closed. */
  take(): Promise<K | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const first = this.#waiting.entries().next();
    if (first.done === true) return new Promise((resolve) => this.#takers.push(resolve));
    const [id, key] = first.value;
    this.#waiting.delete(id);
    this.#running.add(id);
    return Promise.resolve(key);
  }

  done(key: K): void {
    const id = this.#idOf(key);
    this.#running.delete(id);
    const again = this.#again.get(id);
    if (again === undefined) return;
    this.#again.delete(id);
    this.add(again);
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }
}

/** `namespace/name`, or the name alone for cluster-scoped objects. */
export function idOf(key: ObjectKey): string {
  return key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
}
