/**
 * SPDY/3.1 frames: bytes to values and back. What kubectl and client-go speak for exec and port-forward, over an upgraded
 * connection or inside a WebSocket.
 *
 *   control: 1 bit set, version (15), type (16) | flags (8), length (24) | payload
 *   data:    stream id (31)                     | flags (8), length (24) | payload
 *
 * Header blocks are compressed over the whole connection: they must be decoded in the order in which they came.
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
import { headerDictionary } from '#wire/spdy/header-dictionary.ts';
import { Inflate } from '#wire/spdy/inflate.ts';

export const frameTypes = {
  synStream: 1,
  synReply: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;
export const finFlag = 1;

export type SpdyFrame =
  | { readonly kind: 'data'; readonly streamId: number; readonly isLast: boolean; readonly payload: Uint8Array }
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Uint8Array };

/** Names in lower case; a name may have several values. */
export type SpdyHeaders = ReadonlyMap<string, readonly string[]>;

/** Cuts a byte stream into frames, however it arrives. Throws for another version of SPDY and for frames over 16 MB. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();

  *push(chunk: Uint8Array): Iterable<SpdyFrame> {
    let bytes = this.#rest.byteLength === 0 ? chunk : join(this.#rest, chunk);
    while (bytes.byteLength >= 8) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const end = 8 + (view.getUint32(4) & 0xffffff);
      if (bytes.byteLength < end) break;
      yield frameOf(view, bytes.subarray(8, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}

function frameOf(view: DataView, payload: Uint8Array): SpdyFrame {
  const first = view.getUint32(0);
  const flags = view.getUint8(4);
  if (first < 0x80000000) return { kind: 'data', streamId: first, isLast: (flags & finFlag) !== 0, payload };
  const version = (first >>> 16) & 0x7fff;
  if (version !== 3) throw new Error(`unknown version of SPDY: ${version}`);
  return { kind: 'control', type: first & 0xffff, flags, payload };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}

export function dataFrame(streamId: number, payload: Uint8Array, isLast: boolean): Uint8Array {
  const frame = new Uint8Array(8 + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, streamId);
  view.setUint32(4, payload.byteLength);
  view.setUint8(4, isLast ? finFlag : 0);
  frame.set(payload, 8);
  return frame;
}

export function controlFrame(type: number, flags: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, (0x80030000 | type) >>> 0);
  view.setUint32(4, payload.byteLength);
  view.setUint8(4, flags);
  frame.set(payload, 8);
  return frame;
}

/** Payload of frames that carry 32-bit numbers (RST_STREAM, PING, GOAWAY, WINDOW_UPDATE). */
export function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value >>> 0);
  return bytes;
}

export function numberAt(payload: Uint8Array, offset: number): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(offset);
}

/** Header blocks of one direction of one connection. */
export class HeaderReader {
  readonly #inflate = new Inflate(headerDictionary);
  readonly #decoder = new TextDecoder();

  read(block: Uint8Array): SpdyHeaders {
    const bytes = this.#inflate.next(block);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 4;
    const text = (): string => {
      const length = view.getUint32(offset);
      if (offset + 4 + length > bytes.byteLength) throw new Error('a header reaches beyond its block');
      offset += 4 + length;
      return this.#decoder.decode(bytes.subarray(offset - length, offset));
    };
    const headers = new Map<string, string[]>();
    for (let left = view.getUint32(0); left > 0; left--) {
      const name = text().toLowerCase();
      headers.set(name, text().split('\0'));
    }
    return headers;
  }
}

/**
 * Writes header blocks as stored (uncompressed) deflate blocks: they are few and short. An empty block follows each, as a
 * flush writes it: Go hands out what it has read only then.
 */
export class HeaderWriter {
  #hasHeader = false;

  write(headers: SpdyHeaders): Uint8Array {
    const encoder = new TextEncoder();
    const parts = [numbers(headers.size)];
    for (const [name, values] of headers) {
      for (const bytes of [encoder.encode(name), encoder.encode(values.join('\0'))])
        parts.push(numbers(bytes.byteLength), bytes);
    }
    const body = parts.reduce(join);
    const start = this.#hasHeader ? [] : [0x78, 0x01];
    this.#hasHeader = true;
    const length = body.byteLength;
    const head = Uint8Array.from([...start, 0, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff]);
    return join(join(head, body), flushMark);
  }
}

const flushMark = Uint8Array.from([0, 0, 0, 0xff, 0xff]);
