/**
 * Numbers that a double does not hold. They are kept as raw JSON (`JSON.rawJSON('9007199254740993')`), a frozen value that
 * JSON.stringify writes verbatim: code that only carries values need not know of them; code that reads a number gets it by
 * {@link numberOf}.
 */

interface RawJson {
  readonly rawJSON: string;
}
interface JsonWithRaw {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
}
const raw = JSON as unknown as JsonWithRaw;

/** A number or other primitive as it is written. */
export function rawJson(source: string): unknown {
  return raw.rawJSON(source);
}

/** The source text of a value made by {@link rawJson}; undefined for all other values. */
export function rawSource(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && raw.isRawJSON(value) ? value.rawJSON : undefined;
}

/** A number, rounded if it is a raw one. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const source = rawSource(value);
  return source === undefined ? undefined : Number(source);
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** The value of an int64 literal, undefined if it is no integer or too large. */
export function int64Of(source: string): number | unknown | undefined {
  if (!/^-?\d+$/.test(source) || source.length > 20) return undefined;
  const exact = Number(source);
  if (Number.isSafeInteger(exact)) return exact === 0 ? 0 : exact;
  const big = BigInt(source);
  return big < minInt64 || big > maxInt64 ? undefined : rawJson(source);
}

/**
 * The double next to an int64 literal that is an int64 itself. Code that computes with a field takes
 * numbers; messages about the field still show it as it was written ({@link writtenInt64}).
 */
export function roundedInt64(source: string): number {
  const nearest = Number(source);
  const value = nearest < 2 ** 63 ? nearest : largestBelow63;
  if (written.size >= maxWritten) written.clear();
  written.set(value, source);
  return value;
}

/** The literal that was last rounded to this number, or the number's own text. */
export function writtenInt64(value: number): string {
  return (Number.isSafeInteger(value) ? undefined : written.get(value)) ?? String(value);
}

const largestBelow63 = 2 ** 63 - 1024;
const written = new Map<number, string>();
const maxWritten = 64;

/**
 * How an untyped number is kept: integers of 64 bits exactly, all others as doubles (what upstream does with custom resources).
 */
export function untypedNumber(source: string): unknown {
  return int64Of(source) ?? Number(source);
}

/** A number of 16 digits or more where a value stands; digits in strings rarely look so, and only cost time. */
const largeNumber = /[:[,]\s*-?\d{16}/;

/** JSON.parse that keeps integers of up to 64 bits exact, as fast as JSON.parse where there are none. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return largeNumber.test(text) ? (JSON.parse(text, reviveNumber) as unknown) : (JSON.parse(text) as unknown);
}

function reviveNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return untypedNumber(context.source);
}
