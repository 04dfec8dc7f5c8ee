/**
 * A reader of SQLite's write-ahead log of our own, so that the crash tests do not take SQLite's word for what is on disk.
 * Format: https://www.sqlite.org/fileformat2.html#walformat
 */
import { closeSync, openSync, readSync } from 'node:fs';

export const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

export interface WalState {
  /** Changes whenever the log starts over; '' if there is no valid header. */
  readonly salts: string;
  /** Frames from the start that are whole and belong together. */
  readonly frames: number;
  readonly frameBytes: number;
}

/** Follows one log file; each `read` goes on where the last one ended. */
export class WalReader {
  readonly #file: string;
  #header = '';
  #salts = '';
  #frames = 0;
  #frameBytes = 0;
  #sum: [number, number] = [0, 0];

  constructor(file: string) {
    this.#file = file;
  }

  read(): WalState {
    let descriptor: number;
    try {
      descriptor = openSync(this.#file, 'r');
    } catch {
      return { salts: '', frames: 0, frameBytes: 0 };
    }
    try {
      this.#readHeader(descriptor);
      while (this.#frameBytes > 0 && this.#readFrame(descriptor)) this.#frames++;
    } finally {
      closeSync(descriptor);
    }
    return { salts: this.#salts, frames: this.#frames, frameBytes: this.#frameBytes };
  }

  #readHeader(descriptor: number): void {
    const header = Buffer.alloc(WAL_HEADER_BYTES);
    const isWhole = readSync(descriptor, header, 0, WAL_HEADER_BYTES, 0) === WAL_HEADER_BYTES;
    const text = header.toString('hex');
    if (text === this.#header) return;
    const sum = checksum(header.subarray(0, 24), [0, 0]);
    const isValid =
      isWhole &&
      header.readUInt32BE(0) === 0x377f0682 &&
      sum[0] === header.readUInt32BE(24) &&
      sum[1] === header.readUInt32BE(28);
    this.#header = text;
    this.#frames = 0;
    this.#sum = sum;
    this.#salts = isValid ? header.toString('hex', 16, 24) : '';
    this.#frameBytes = isValid ? FRAME_HEADER_BYTES + header.readUInt32BE(8) : 0;
  }

  #readFrame(descriptor: number): boolean {
    const frame = Buffer.from(new ArrayBuffer(this.#frameBytes));
    const at = WAL_HEADER_BYTES + this.#frames * this.#frameBytes;
    if (readSync(descriptor, frame, 0, frame.length, at) !== frame.length) return false;
    if (frame.toString('hex', 8, 16) !== this.#salts) return false;
    const sum = checksum(frame.subarray(FRAME_HEADER_BYTES), checksum(frame.subarray(0, 8), this.#sum));
    if (sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) return false;
    this.#sum = sum;
    return true;
  }
}

/** SQLite's running checksum, in the little-endian form that this magic number says. */
function checksum(bytes: Buffer, [first, second]: readonly [number, number]): [number, number] {
  let a = first;
  let b = second;
  for (let i = 0; i < bytes.length; i += 8) {
    a = (a + bytes.readUInt32LE(i) + b) >>> 0;
    b = (b + bytes.readUInt32LE(i + 4) + a) >>> 0;
  }
  return [a, b];
}
