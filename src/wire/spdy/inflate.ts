/**
 * zlib decompression of a stream that is flushed after each piece (Z_SYNC_FLUSH), with a preset dictionary: what SPDY header
 * blocks need. Synchronous, since header blocks must be read strictly in order.
 *
 *   const inflate = new Inflate(dictionary);
 *   inflate.next(firstBlock);  inflate.next(secondBlock);   // each may refer to all before it
 *
 * @see RFC 1950, RFC 1951
 */

const windowBytes = 32_768;
const maxOutputBytes = 1024 * 1024;

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Canonical Huffman code: how many codes have each length, and the symbols in order of their codes. */
interface Huffman {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function huffman(lengths: readonly number[]): Huffman {
  const counts = zeros(16);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  const offsets = zeros(16);
  for (let i = 1; i < 16; i++) offsets[i] = (offsets[i - 1] as number) + (counts[i - 1] as number);
  const symbols: number[] = [];
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    symbols[offsets[length] as number] = symbol;
    offsets[length] = (offsets[length] as number) + 1;
  }
  return { counts, symbols };
}

const fixedLiterals = huffman(
  Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const fixedDistances = huffman(Array.from({ length: 30 }, () => 5));

/** Bits of one piece, least significant first. */
class Bits {
  readonly #bytes: Uint8Array;
  #position: number;
  #buffer = 0;
  #count = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** Is there a whole block left? A flush ends on a byte. */
  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.byteLength && this.#count < 8;
  }

  read(count: number): number {
    while (this.#count < count) {
      this.#buffer |= this.#byte() << this.#count;
      this.#count += 8;
    }
    const value = this.#buffer & ((1 << count) - 1);
    this.#buffer >>>= count;
    this.#count -= count;
    return value;
  }

  /** Bytes of a stored block; what is left of the present byte is dropped. */
  aligned(): Bits {
    this.#buffer = 0;
    this.#count = 0;
    return this;
  }

  take(length: number): Uint8Array {
    if (this.#position + length > this.#bytes.byteLength) throw new Error('compressed headers are cut short');
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  symbol({ counts, symbols }: Huffman): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= this.read(1);
      const count = counts[length] as number;
      if (code - count < first) return symbols[index + (code - first)] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error('compressed headers hold a code that does not exist');
  }

  #byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw new Error('compressed headers are cut short');
    return byte;
  }
}

/** Invariant: `#history` ends with the last 32 KB of output, dictionary included. */
export class Inflate {
  readonly #dictionary: Uint8Array;
  #history: Uint8Array = new Uint8Array();
  #hasHeader = false;

  constructor(dictionary: Uint8Array) {
    this.#dictionary = dictionary;
  }

  /** The output of one flushed piece. Throws for anything that is no such stream, or unreasonably long. */
  next(piece: Uint8Array): Uint8Array {
    const bits = new Bits(piece, this.#hasHeader ? 0 : this.#readHeader(piece));
    const output = new Output(this.#history);
    while (!bits.isAtEnd) {
      const isFinal = bits.read(1) === 1;
      this.#block(bits, output);
      if (isFinal) break;
    }
    const { all, fresh } = output.finish();
    this.#history = all.byteLength > windowBytes ? all.slice(all.byteLength - windowBytes) : all;
    return fresh;
  }

  #readHeader(piece: Uint8Array): number {
    const [method = 0, flags = 0] = piece;
    if ((method & 0x0f) !== 8 || (method * 256 + flags) % 31 !== 0)
      throw new Error('headers are not compressed with zlib');
    this.#hasHeader = true;
    const usesDictionary = (flags & 0x20) !== 0;
    if (usesDictionary) this.#history = this.#dictionary;
    return usesDictionary ? 6 : 2;
  }

  #block(bits: Bits, output: Output): void {
    switch (bits.read(2)) {
      case 0:
        return storedBlock(bits, output);
      case 1:
        return codedBlock(bits, output, [fixedLiterals, fixedDistances]);
      case 2:
        return codedBlock(bits, output, dynamicCodes(bits));
      default:
        throw new Error('compressed headers hold a block of an unknown kind');
    }
  }
}

/** History and what is added to it, in one growing array. */
class Output {
  #bytes: Uint8Array;
  readonly #start: number;
  #length: number;

  constructor(history: Uint8Array) {
    this.#bytes = new Uint8Array(Math.max(4096, history.byteLength * 2 + 1024));
    this.#bytes.set(history);
    this.#start = history.byteLength;
    this.#length = history.byteLength;
  }

  push(byte: number): void {
    if (this.#length === this.#bytes.byteLength) this.#grow(this.#length + 1);
    this.#bytes[this.#length++] = byte;
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.byteLength > this.#bytes.byteLength) this.#grow(this.#length + bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** Repeats `length` bytes from `distance` back; the two may overlap. */
  copy(distance: number, length: number): void {
    if (distance > this.#length) throw new Error('compressed headers refer to what never was');
    for (let i = 0; i < length; i++) this.push(this.#bytes[this.#length - distance] as number);
  }

  finish(): { all: Uint8Array; fresh: Uint8Array } {
    const all = this.#bytes.subarray(0, this.#length);
    return { all, fresh: all.subarray(this.#start) };
  }

  #grow(needed: number): void {
    if (needed - this.#start > maxOutputBytes) throw new Error('headers are too long');
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function storedBlock(bits: Bits, output: Output): void {
  const header = bits.aligned().take(4);
  output.append(bits.take((header[0] as number) | ((header[1] as number) << 8)));
}

function codedBlock(bits: Bits, output: Output, [literals, distances]: readonly [Huffman, Huffman]): void {
  for (;;) {
    const symbol = bits.symbol(literals);
    if (symbol === 256) return;
    if (symbol < 256) {
      output.push(symbol);
      continue;
    }
    const length = (lengthBase[symbol - 257] as number) + bits.read(lengthExtra[symbol - 257] as number);
    const code = bits.symbol(distances);
    output.copy((distanceBase[code] as number) + bits.read(distanceExtra[code] as number), length);
  }
}

function dynamicCodes(bits: Bits): readonly [Huffman, Huffman] {
  const literalCount = bits.read(5) + 257;
  const distanceCount = bits.read(5) + 1;
  const codeCount = bits.read(4) + 4;
  const codeLengths = zeros(19);
  for (let i = 0; i < codeCount; i++) codeLengths[codeLengthOrder[i] as number] = bits.read(3);
  const codes = huffman(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = bits.symbol(codes);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) repeat(lengths, lengths.at(-1) ?? 0, 3 + bits.read(2));
    else repeat(lengths, 0, symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7));
  }
  return [huffman(lengths.slice(0, literalCount)), huffman(lengths.slice(literalCount, literalCount + distanceCount))];
}

function repeat(list: number[], value: number, times: number): void {
  for (let i = 0; i < times; i++) list.push(value);
}
