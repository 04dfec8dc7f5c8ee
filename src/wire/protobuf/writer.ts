/**
 * Writes the wire format from its end to its beginning: the length of a message is known when its content has been written,
 * so nothing is measured first and nothing is moved. Callers write fields in reverse order.
 */
const encoder = new TextEncoder();
const startBytes = 4096;

/** A buffer that grows at its front. */
export class ProtoWriter {
  #bytes = new Uint8Array(startBytes);
  /** Index of the first byte written. */
  #at = startBytes;

  /** Bytes written so far; the difference of two positions is a length. */
  get written(): number {
    return this.#bytes.length - this.#at;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(this.#at);
  }

  tag(number: number, wireType: number): void {
    this.varint((number << 3) | wireType);
  }

  /** Closes a length-delimited field whose content was begun at the position `before`. */
  lengthDelimited(number: number, before: number): void {
    this.varint(this.written - before);
    this.tag(number, 2);
  }

  varint(value: number): void {
    const length = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    this.#reserve(length);
    let rest = value;
    for (let i = 0; i < length - 1; i++) {
      this.#bytes[this.#at + i] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at + length - 1] = rest;
  }

  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) return this.varint(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.raw(bytes);
  }

  double(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.raw(bytes);
  }

  raw(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
  }

  /** The text alone, without its length. */
  text(text: string): void {
    const length = text.length;
    this.#reserve(length);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#at += length;
        this.raw(encoder.encode(text));
        return;
      }
      this.#bytes[this.#at + i] = code;
    }
  }

  #reserve(length: number): void {
    if (this.#at < length) {
      const size = Math.max(this.#bytes.length * 2, this.written + length);
      const grown = new Uint8Array(size);
      grown.set(this.#bytes.subarray(this.#at), size - this.written);
      this.#at = size - this.written;
      this.#bytes = grown;
    }
    this.#at -= length;
  }
}
