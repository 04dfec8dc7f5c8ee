/**
 * resourceVersion in and out of stored JSON without parsing it. On disk an object has none, because its revision is only
 * known once it is handed over; readers get it right behind the opening of metadata:
 *
 *     {"kind":"Pod","metadata":{"name":"a"}}  ->  {"kind":"Pod","metadata":{"resourceVersion":"7","name":"a"}}
 */
import { assert } from '#base/assert.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const METADATA = new TextEncoder().encode('"metadata"');
const OPENING = new TextEncoder().encode('"resourceVersion":"');

export interface Spliced {
  readonly bytes: Uint8Array;
  /** Where the digits of the revision begin. */
  readonly digitsAt: number;
}

/** A copy of `bytes` with resourceVersion. `bytes` is an object's JSON that has an object `metadata` without one. */
export function spliceRevision(bytes: Uint8Array, revision: number): Spliced {
  const at = metadataOffset(bytes);
  const digits = String(revision);
  const isEmpty = bytes[skipSpace(bytes, at)] === 0x7d;
  const added = OPENING.length + digits.length + (isEmpty ? 1 : 2);
  const result = new Uint8Array(bytes.length + added);
  result.set(bytes, added);
  result.copyWithin(0, added, added + at);
  result.set(OPENING, at);
  const digitsAt = at + OPENING.length;
  writeDigits(result, digitsAt, digits);
  result[digitsAt + digits.length] = QUOTE;
  if (!isEmpty) result[digitsAt + digits.length + 1] = 0x2c;
  return { bytes: result, digitsAt };
}

/** A copy of spliced bytes with another revision in it. */
export function replaceRevision(spliced: Spliced, from: number, to: number): Spliced {
  const { bytes, digitsAt } = spliced;
  const oldLength = String(from).length;
  const digits = String(to);
  const result = new Uint8Array(bytes.length + digits.length - oldLength);
  result.set(bytes.subarray(0, digitsAt));
  writeDigits(result, digitsAt, digits);
  result.set(bytes.subarray(digitsAt + oldLength), digitsAt + digits.length);
  return { bytes: result, digitsAt };
}

function writeDigits(into: Uint8Array, at: number, digits: string): void {
  for (let i = 0; i < digits.length; i++) into[at + i] = digits.charCodeAt(i);
}

/** The position behind the `{` of the top-level metadata. Skips what comes before it, however deep. */
function metadataOffset(bytes: Uint8Array): number {
  let at = skipSpace(bytes, 0) + 1;
  while (at < bytes.length) {
    at = skipSpace(bytes, at);
    const isMetadata = startsWith(bytes, at, METADATA);
    at = skipSpace(bytes, skipString(bytes, at));
    at = skipSpace(bytes, at + 1);
    if (isMetadata) {
      assert(bytes[at] === 0x7b, 'metadata is an object');
      return at + 1;
    }
    at = skipSpace(bytes, skipValue(bytes, at)) + 1;
  }
  throw new Error('a stored object has metadata');
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** The first byte from `from` on that is no white space. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] as number) <= 0x20) at++;
  return at;
}

/** From an opening quote to behind the closing one. */
export function skipString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** From the first byte of a value to behind it. */
export function skipValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = skipString(bytes, at);
    else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      at++;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      depth--;
      at++;
    } else if (byte === 0x2c && depth === 0) return at;
    else at++;
    if (depth === 0 && (byte === QUOTE || byte === 0x7d || byte === 0x5d)) return at;
  }
  return at;
}
