/**
 * What JSON.parse does not tell, found in one pass over the bytes: how many keys there are (more than the parsed objects
 * hold: some key is given twice) and whether something in the text is lost by parsing, in which case the caller parses again
 * exactly (parse.ts): integers of more than 15 digits, numbers written with a fraction or an exponent, lone surrogates, and
 * nesting beyond what is allowed.
 */
export interface JsonScan {
  readonly keys: number;
  readonly inexact: boolean;
}

/**
 * Deviation: upstream allows 10,000 levels; everything here that walks a value by recursion would need a stack for them.
 */
export const maxJsonDepth = 2000;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Scans valid JSON; of other texts it says something meaningless. */
export function scanJson(bytes: Uint8Array): JsonScan {
  const length = bytes.length;
  let keys = 0;
  let inexact = false;
  let depth = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte === quote) {
      for (i++; i < length; i++) {
        const inner = bytes[i] as number;
        if (inner === quote) break;
        if (inner === backslash) {
          i++;
          if (bytes[i] === 0x75 && isSurrogate(bytes, i + 1)) inexact = true;
        }
      }
    } else if (byte === colon) {
      keys++;
    } else if (byte >= 0x30 && byte <= 0x39) {
      const end = endOfNumber(bytes, i);
      if (end < 0) inexact = true;
      i = (end < 0 ? ~end : end) - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxJsonDepth) inexact = true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return { keys, inexact };
}

/** The index behind a number, complemented if a double may not hold it as written. */
function endOfNumber(bytes: Uint8Array, start: number): number {
  let exact = true;
  let i = start;
  for (; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x30 && byte <= 0x39) continue;
    if (byte !== 0x2e && byte !== 0x65 && byte !== 0x45 && byte !== 0x2b && byte !== 0x2d) break;
    exact = false;
  }
  return exact && i - start <= 15 ? i : ~i;
}

/** Is `\uXXXX` half of a surrogate pair? Real pairs are rare enough to take the exact path as well. */
function isSurrogate(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  return (first === 0x64 || first === 0x44) && (second === 0x38 || second === 0x39 || (second | 0x20) >= 0x61);
}
