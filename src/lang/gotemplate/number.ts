/** Numbers of template text, and strconv's integer and float syntax. */
import { floatText } from '#lang/gotemplate/float.ts';
import { GoObject } from '#lang/gotemplate/value.ts';
import { goQuote, unquote } from '#lang/gotemplate/quote.ts';

export interface NumberValue {
  readonly int?: bigint;
  readonly uint?: bigint;
  readonly float?: number;
  readonly complex?: GoComplex;
}

const minInt64 = -(2n ** 63n);
export const maxInt64 = 2n ** 63n - 1n;
const maxUint64 = 2n ** 64n - 1n;

/** A literal as every number type that can hold it; a string is the error message. */
export function parseNumber(text: string, type: 'charConstant' | 'complex' | 'number'): NumberValue | string {
  if (type === 'charConstant') return charValue(text);
  if (type === 'complex' || text.endsWith('i')) return complexValue(text);
  const int = parseIntLiteral(text);
  if (int !== undefined) {
    const result: { int?: bigint; uint?: bigint; float: number } = { float: Number(int) };
    if (int >= minInt64 && int <= maxInt64) result.int = int;
    if (int >= 0n && int <= maxUint64 && !/^[+-]/.test(text)) result.uint = int;
    if (result.int === undefined && result.uint === undefined) return `integer overflow: ${goQuote(text)}`;
    return result;
  }
  const float = parseFloatLiteral(text);
  if (float === undefined || !Number.isFinite(float)) return `illegal number syntax: ${goQuote(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${goQuote(text)}`;
  if (!Number.isInteger(float) || Math.abs(float) >= 2 ** 63) return { float };
  return float >= 0 ? { float, int: BigInt(float), uint: BigInt(float) } : { float, int: BigInt(float) };
}

/** A complex128; templates can write one, but do nothing with it. */
export class GoComplex extends GoObject {
  readonly goType = 'complex128';
  readonly goKind = 'struct';
  readonly real: number;
  readonly imaginary: number;

  constructor(real: number, imaginary: number) {
    super();
    this.real = real;
    this.imaginary = imaginary;
  }

  override text(): string {
    const sign = this.imaginary < 0 ? '' : '+';
    return `(${floatText(this.real)}${sign}${floatText(this.imaginary)}i)`;
  }
}

/** `1+2i`, `3i`; one without an imaginary part counts as a real number, too. */
function complexValue(text: string): NumberValue | string {
  const split = /^(.+?[^eEpP])?([+-]?[^+-]*(?:[eEpP][+-]?[^+-]*)?)i$/.exec(text);
  const real = split?.[1] === undefined ? 0 : parseFloatLiteral(split[1]);
  const imaginary = parseFloatLiteral(split?.[2] ?? '');
  if (real === undefined || imaginary === undefined) return `illegal number syntax: ${goQuote(text)}`;
  const complex = new GoComplex(real, imaginary);
  if (imaginary !== 0) return { complex };
  return Number.isInteger(real) ? { complex, float: real, int: BigInt(real) } : { complex, float: real };
}

function charValue(text: string): NumberValue | string {
  const char = unquote(text);
  if (char === undefined || text.length < 3) return 'invalid syntax';
  if ([...char].length !== 1) return `malformed character constant: ${text}`;
  let code = char.codePointAt(0) as number;
  if (code >= 0xdc80 && code <= 0xdcff) code -= 0xdc00;
  return { int: BigInt(code), uint: BigInt(code), float: code };
}

/** An integer literal of any size with Go's prefixes and underscores (base 0). */
export function parseIntLiteral(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX](?:_?[0-9a-fA-F]+)+|0[bB](?:_?[01]+)+|0[oO]?(?:_?[0-7]+)+|0|[1-9](?:_?[0-9]+)*)$/.exec(
    text,
  );
  if (match === null) return undefined;
  let digits = (match[2] as string).replaceAll('_', '');
  if (/^0[0-7]/.test(digits)) digits = `0o${digits.slice(1)}`;
  const value = BigInt(digits);
  return match[1] === '-' ? -value : value;
}

/** A floating-point literal, decimal or hexadecimal. */
export function parseFloatLiteral(text: string): number | undefined {
  const plain = text.replace(/([0-9a-fA-F])_(?=[0-9a-fA-F])/g, '$1');
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) return Number(plain);
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(plain);
  if (hex === null || `${hex[2]}${hex[3]}` === '') return undefined;
  const mantissa = Number.parseInt(`${hex[2]}${hex[3]}`, 16) * 2 ** (Number(hex[4]) - 4 * (hex[3] ?? '').length);
  return hex[1] === '-' ? -mantissa : mantissa;
}

/** strconv.ParseFloat: also inf and nan, no underscores. Undefined = invalid syntax. */
export function parseGoFloat(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  return text.includes('_') ? undefined : parseFloatLiteral(text);
}

/** Wraps to 64 bits, as Go's arithmetic does. */
export function wrapInt64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** A float's integer part as Go's conversion gives it on amd64. */
export function truncateToInt64(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return minInt64;
  return BigInt(Math.trunc(value));
}
