/**
 * The port for time. Production uses the machine's clock (host/system-clock.ts), tests and simulations a virtual one
 * (sim/virtual-clock.ts). Nothing outside host, cmd, testing and tools reads time or sets a timer in another way.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go back; for measuring. Fractions allowed. */
  monotonic(): number;
  /**
   * Runs `callback` once after `delayMs`. Any finite delay is right (implementations chain those over 2^31-1 ms).
   * The timer does not keep a process alive. Returns the cancel function; cancelling twice is harmless.
   */
  after(delayMs: number, callback: () => void): () => void;
  /** Yields to other work (I/O included) and continues: what a long scan does between slices. */
  turn(): Promise<void>;
}

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The second last asked for: within one, all requests ask for the same. */
let latest = { second: Number.NaN, text: '' };

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function timestamp(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (latest.second !== second) latest = { second, text: `${new Date(nowMs).toISOString().slice(0, 19)}Z` };
  return latest.text;
}

/** RFC 3339 with microseconds, as metav1.MicroTime is written. */
export function microTimestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 23)}000Z`;
}
