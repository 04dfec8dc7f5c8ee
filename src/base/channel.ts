/**
 * Values from one producer to one consumer, the producer waiting while too much is unread.
 *
 * Invariants: 1. values come out in order. 2. Nothing comes after the end.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  readonly #limit: number;
  #hasEnded = false;
  #failure: Error | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** `limit`: values that may wait before push() does. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room for more. */
  push(value: T): Promise<void> | undefined {
    if (this.#hasEnded) return undefined;
    this.#values.push(value);
    this.#wakeReader?.();
    if (this.#values.length < this.#limit) return undefined;
    return new Promise((resolve) => (this.#wakeWriter = resolve));
  }

  /** The reader gets what is there, then the end, or the failure. */
  end(failure?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = failure;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (;;) {
        if (this.#values.length > 0) {
          const value = this.#values.shift() as T;
          if (this.#values.length < this.#limit) this.#wakeWriter?.();
          yield value;
        } else if (this.#hasEnded) {
          if (this.#failure !== undefined) throw this.#failure;
          return;
        } else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      // Nobody reads any more: what comes is dropped instead of holding up the producer.
      this.#hasEnded = true;
      this.#values.length = 0;
      this.#wakeWriter?.();
    }
  }
}
