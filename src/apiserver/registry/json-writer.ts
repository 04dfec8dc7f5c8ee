/** Gathers text and stored bytes into one buffer: what lists and tables are written with. */

const encoder = new TextEncoder();

/** Grows as needed; {@link take} hands the content over and starts afresh. */
export class JsonWriter {
  #buffer: Uint8Array;
  #length = 0;
  #spare: Uint8Array | undefined;

  constructor(sizeBytes = 16_384) {
    this.#buffer = new Uint8Array(sizeBytes);
  }

  get length(): number {
    return this.#length;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#buffer.subarray(this.#length)).written;
  }

  take(): Uint8Array {
    const result = this.#buffer.subarray(0, this.#length);
    this.#buffer = this.#spare ?? new Uint8Array(this.#buffer.length);
    this.#spare = undefined;
    this.#length = 0;
    return result;
  }

  /** What {@link take} returned is not looked at any more: its memory serves the one after the next. */
  recycle(taken: Uint8Array): void {
    this.#spare = new Uint8Array(taken.buffer as ArrayBuffer);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
