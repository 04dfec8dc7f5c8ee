/**
 * Strings and bytes. A byte that is no part of valid UTF-8 stands in a string as U+DC00 plus its value, so that cutting and
 * decoding loses nothing: `fromBytes(toBytes(s)) === s`, whatever the bytes.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ascii = /^[\p{ASCII}]*$/u;
const loneSurrogate = /[\ud800-\udfff]/u;

export function isAscii(text: string): boolean {
  return ascii.test(text);
}

/** The bytes of a Go string. */
export function toBytes(text: string): Uint8Array {
  if (!loneSurrogate.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(char));
  }
  return Uint8Array.from(bytes);
}

/** The Go string of some bytes. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeLossless(bytes);
  }
}

function decodeLossless(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i] as number);
    const part = bytes.subarray(i, i + length);
    const decoded = part.length === length ? tryDecode(part) : undefined;
    if (decoded === undefined) {
      text += String.fromCharCode(0xdc00 + (bytes[i] as number));
      i++;
    } else {
      text += decoded;
      i += length;
    }
  }
  return text;
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function tryDecode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** `len(s)`. */
export function byteLength(text: string): number {
  return isAscii(text) ? text.length : toBytes(text).length;
}

/** `s[start:end]` of a Go string, by bytes. */
export function sliceBytes(text: string, start: number, end: number): string {
  return isAscii(text) ? text.slice(start, end) : fromBytes(toBytes(text).subarray(start, end));
}
