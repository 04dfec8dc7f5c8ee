/**
 * Doubling delays per key, as client-go's flowcontrol.Backoff: 10 s, 20 s … 300 s. A key that rested for twice the longest
 * delay starts again.
 */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}
interface Entry {
  delayMs: number;
  updatedAtMs: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: BackoffLimits = { firstMs: 10_000, longestMs: 300_000 }) {
    this.#limits = limits;
  }

  /** The instant until which `key`, whose last failure was at `sinceMs`, must wait; undefined: it need not. */
  waitsUntil(key: string, sinceMs: number, nowMs: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#hasRested(entry, sinceMs)) return undefined;
    const untilMs = sinceMs + entry.delayMs;
    return nowMs < untilMs ? untilMs : undefined;
  }

  /** The same, counted from the last `next`. */
  waitsUntilSinceNext(key: string, nowMs: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#hasRested(entry, nowMs)) return undefined;
    const untilMs = entry.updatedAtMs + entry.delayMs;
    return nowMs < untilMs ? untilMs : undefined;
  }

  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** One more failure. `eventMs` is when it happened. */
  next(key: string, eventMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    const isFresh = entry === undefined || this.#hasRested(entry, eventMs);
    const delayMs = isFresh ? this.#limits.firstMs : Math.min(entry.delayMs * 2, this.#limits.longestMs);
    this.#entries.set(key, { delayMs, updatedAtMs: nowMs });
  }

  /** Forgets all keys that start with `prefix`. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #hasRested(entry: Entry, eventMs: number): boolean {
    return eventMs - entry.updatedAtMs > 2 * this.#limits.longestMs;
  }
}

/** `10s`, `2m40s`: how Go prints a duration of whole seconds. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
