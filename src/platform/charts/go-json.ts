/** JSON as Go's encoding/json writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped, control characters as `\u0001`, map keys sorted. */
import type { Value } from '#platform/charts/values/table.ts';
import { isTable } from '#platform/charts/values/table.ts';

/** A string with Go's escapes. */
export function goJsonString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value of charts; keys in the order of their UTF-8 bytes. */
export function goJson(value: Value): string {
  if (typeof value === 'string') return goJsonString(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (!isTable(value)) return Object.is(value, -0) ? '-0' : String(value);
  const keys = [...value.keys()].sort(compareCodePoints);
  return `{${keys.map((key) => `${goJsonString(key)}:${goJson(value.get(key) ?? null)}`).join(',')}}`;
}

/** The order of UTF-8 bytes, which differs from JavaScript's own for characters beyond the basic plane. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const isLeftHigh = left >= 0xd800 && left <= 0xdfff;
    const isRightHigh = right >= 0xd800 && right <= 0xdfff;
    return isLeftHigh === isRightHigh ? left - right : isLeftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** An object from ready JSON texts in struct order; entries that are undefined are left out (Go's omitempty). */
export function goStruct(entries: readonly (readonly [name: string, json: string | undefined])[]): string {
  const shown = entries.filter(([, json]) => json !== undefined);
  return `{${shown.map(([name, json]) => `"${name}":${json ?? ''}`).join(',')}}`;
}

/** A text, or undefined if it is empty. */
export function optionalText(text: string): string | undefined {
  return text === '' ? undefined : goJsonString(text);
}

/** A list, or undefined if there is none or it is empty. */
export function optionalList<T>(list: readonly T[] | undefined, print: (item: T) => string): string | undefined {
  return list === undefined || list.length === 0 ? undefined : `[${list.map(print).join(',')}]`;
}
