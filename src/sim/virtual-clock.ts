/**
 * Time that stands still until it is told to move. Between two instants at which timers fire, everything that is pending
 * runs: promises, and I/O as far as one turn of the event loop lets it.
 *
 *   const clock = new VirtualClock();
 *   clock.after(5_000, retry);
 *   await clock.run(60_000);   // retry ran at 5 s, and whatever it started, before 60 s were reached
 */
import type { Clock } from '#base/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/**
 * 1. Timers fire in order of their instant, then of their making.
 * 2. `now()` changes only inside `run` and is never past an instant whose timers have not fired.
 * 3. `#heap` is a binary heap: no timer is earlier than its parent.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #sequence = 0;
  /** Those who asked for a turn and have not had it: they still have work to do at this instant. */
  #turns = 0;
  readonly #heap: Timer[] = [];

  /** Starts at 2026-01-01T00:00:00Z unless told otherwise. */
  constructor(startMs = 1_767_225_600_000) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
      cancelled: false,
    };
    push(this.#heap, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  async turn(): Promise<void> {
    this.#turns++;
    await macrotask();
    this.#turns--;
  }

  /** Moves time forward by `ms`, firing what falls due, and lets everything that is pending run before, between and after. */
  async run(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    for (let next = this.#peek(); next !== undefined && next.atMs <= endMs; next = this.#peek()) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#fireDue();
      await this.settle();
    }
    this.#nowMs = endMs;
  }

  /** Lets everything that is pending run without moving time. */
  async settle(): Promise<void> {
    do {
      await macrotask();
      await macrotask();
    } while (this.#turns > 0);
  }

  #fireDue(): void {
    for (let next = this.#peek(); next !== undefined && next.atMs <= this.#nowMs; next = this.#peek()) {
      pop(this.#heap);
      next.callback();
    }
  }

  #peek(): Timer | undefined {
    while (this.#heap[0]?.cancelled === true) pop(this.#heap);
    return this.#heap[0];
  }
}

/** The one way to a new turn of the event loop that servers, workers and browsers share. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent] as Timer;
    if (!isBefore(timer, other)) break;
    heap[at] = other;
    heap[parent] = timer;
    at = parent;
  }
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  heap[0] = last;
  for (;;) {
    const left = at * 2 + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right] as Timer, heap[left] as Timer) ? right : left;
    const other = heap[child] as Timer;
    if (!isBefore(other, last)) return;
    heap[at] = other;
    heap[child] = last;
    at = child;
  }
}
