/** Reads the wire format: tags, varints, length-delimited fields. */

/** Bytes that are no message; the message is that of Go's generated code. */
export class ProtobufError extends Error {
  override name = 'ProtobufError';
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const shortString = 32;

/** A cursor over one buffer. */
export class ProtoReader {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned varint of up to 32 bits (tags, lengths, booleans). */
  varint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    for (let i = 0; i < 5; i++) if (this.#byte() < 0x80) return value >>> 0;
    throw new ProtobufError('proto: integer overflow');
  }

  /** A signed varint of 64 bits: a number where it is safe, else its digits by `large`. */
  int64(large: (digits: string) => unknown): unknown {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      if (i < 4) low |= (byte & 0x7f) << (7 * i);
      else if (i === 4) {
        low |= (byte & 0x7f) << 28;
        high = (byte & 0x7f) >>> 4;
      } else high |= (byte & 0x7f) << (7 * i - 32);
      if (byte < 0x80) {
        const value = high * 4294967296 + (low >>> 0);
        return Number.isSafeInteger(value) ? value : large(((BigInt(high) << 32n) | BigInt(low >>> 0)).toString());
      }
    }
    throw new ProtobufError('proto: integer overflow');
  }

  double(): number {
    this.#need(8);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8);
    this.at += 8;
    return view.getFloat64(0, true);
  }

  /** The end of the length-delimited field that begins here. */
  end(): number {
    const length = this.varint32();
    this.#need(length);
    return this.at + length;
  }

  string(): string {
    const end = this.end();
    const start = this.at;
    this.at = end;
    if (end - start <= shortString) {
      let text = '';
      let i = start;
      for (; i < end; i++) {
        const byte = this.bytes[i] as number;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (i === end) return text;
    }
    return decoder.decode(this.bytes.subarray(start, end));
  }

  slice(): Uint8Array {
    const end = this.end();
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        while (this.#byte() >= 0x80);
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.at = this.end();
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new ProtobufError(`proto: illegal wireType ${wireType}`);
    }
  }

  #advance(length: number): void {
    this.#need(length);
    this.at += length;
  }

  #need(length: number): void {
    if (this.at + length > this.bytes.length) throw new ProtobufError('unexpected EOF');
  }

  #byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new ProtobufError('unexpected EOF');
    return byte;
  }
}
