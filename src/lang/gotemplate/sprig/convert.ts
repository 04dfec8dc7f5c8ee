/** spf13/cast's conversions and sprig's strval. */
import { fromBytes } from '#lang/gotemplate/bytes.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import { parseGoFloat, parseIntLiteral, truncateToInt64 } from '#lang/gotemplate/number.ts';
import { GoObject, intOf, listOf } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** strval */
export function toText(value: GoValue): string {
  return value instanceof Uint8Array ? fromBytes(value) : goPrint(value);
}

/** cast.ToInt64; 0 for what is no number. */
export function toInt64(value: GoValue): bigint {
  if (typeof value === 'number') return truncateToInt64(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return textToInt(value);
  const int = intOf(value);
  return int === undefined ? 0n : BigInt.asIntN(64, int);
}

/** As strconv.ParseInt with base 0 after cast has cut `.0`-like tails and leading zeros stand for octal. */
function textToInt(text: string): bigint {
  const cut = trimZeroDecimal(text);
  const value = parseIntLiteral(cut);
  if (value === undefined || value > 2n ** 63n - 1n || value < -(2n ** 63n)) return 0n;
  return value;
}

function trimZeroDecimal(text: string): string {
  const match = /^(.*)\.0*$/s.exec(text);
  return match === null ? text : (match[1] as string);
}

/** cast.ToInt as a number. */
export function toInt(value: GoValue): number {
  return Number(toInt64(value));
}

/** cast.ToFloat64 */
export function toFloat64(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return finite(parseGoFloat(value.replace(/(?<=\d)_(?=\d)/g, '')), value);
  const int = intOf(value);
  return int === undefined ? 0 : Number(int);
}

/** A number that is too large is an error to strconv, and 0 to sprig; written-out infinity is not. */
function finite(parsed: number | undefined, text: string): number {
  if (parsed === undefined) return 0;
  return Math.abs(parsed) === Infinity && !/inf/i.test(text) ? 0 : parsed;
}

/** strslice: the elements as text, nil ones left out. */
export function toTexts(value: GoValue): string[] {
  const list = listOf(value);
  if (list !== undefined) return list.filter((item) => item !== null && item !== undefined).map(toText);
  return value === null || value === undefined ? [] : [toText(value)];
}

/** Whether sprig takes a value for empty. */
export function isEmpty(value: GoValue): boolean {
  switch (typeof value) {
    case 'string':
      return value === '';
    case 'number':
      return value === 0;
    case 'boolean':
      return !value;
    case 'bigint':
      return value === 0n;
    case 'undefined':
      return true;
  }
  if (value === null) return true;
  const int = intOf(value);
  if (int !== undefined) return int === 0n;
  if (value instanceof GoObject) {
    return (value.goKind === 'map' || value.goKind === 'slice') && value.entries().length === 0;
  }
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return Object.keys(value as object).length === 0;
}
