/** encoding/json for template values. */
import { numberOf, parseExact, rawSource } from '#base/exact-json.ts';
import { GoInt, GoObject, isFunction, isMap, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { mapOf } from '#lang/gotemplate/sprig/deep.ts';
import { formatFloat } from '#lang/gotemplate/float.ts';
import { CallError } from '#lang/gotemplate/value.ts';

/** json.Marshal; with `html`, as Go does it by default, `<>&` are escaped. Throws {@link CallError}. */
export function toJson(value: GoValue, how: { html: boolean; indent?: string }): string {
  return write(value, how, '\n');
}

const maxDepth = 1000;

function write(value: GoValue, how: { html: boolean; indent?: string }, newline: string): string {
  if (value === null || value === undefined) return 'null';
  if (newline.length > maxDepth * 4) throw new CallError('json: unsupported value: encountered a cycle');
  if (typeof value === 'string') return jsonText(value, how.html);
  if (typeof value === 'number') return jsonNumber(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof Uint8Array) return `"${btoa(String.fromCharCode(...value))}"`;
  if (isFunction(value)) throw new CallError('json: unsupported type: func()');
  if (value instanceof GoObject) return write(value.plain(), how, newline);
  const inner = newline + (how.indent ?? ' ');
  const separator = how.indent === undefined ? ',' : `,${inner}`;
  const wrap = (open: string, items: readonly string[], close: string): string => {
    if (items.length === 0) return open + close;
    return how.indent === undefined
      ? open + items.join(separator) + close
      : open + inner + items.join(separator) + newline + close;
  };
  if (Array.isArray(value))
    return wrap(
      '[',
      value.map((item) => write(item as GoValue, how, inner)),
      ']',
    );
  const map = value as GoMap;
  const colon = how.indent === undefined ? ':' : ': ';
  return wrap(
    '{',
    sortedKeys(map).map((key) => jsonText(key, how.html) + colon + write(map[key], how, inner)),
    '}',
  );
}

function jsonText(text: string, html: boolean): string {
  let result = JSON.stringify(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(
    /[\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16)}`,
  );
  result = result.replaceAll('\u007f', '\u007f');
  return html ? result.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`) : result;
}

/** Go's rule is ES6's, with exponents of two digits at least below zero cut to one. */
function jsonNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new CallError(`json: unsupported value: ${formatFloat(value, { format: 'g', precision: -1 })}`);
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

/** What a text holds, numbers as float64. Throws {@link CallError} with Go's message. */
export function fromJson(text: string): GoValue {
  try {
    return floats(parseExact(text));
  } catch {
    throw new CallError(text.trim() === '' ? 'unexpected end of JSON input' : syntaxError(text));
  }
}

function syntaxError(text: string): string {
  const trimmed = text.trimStart();
  const char = trimmed[0] as string;
  if (!/[{["\-0-9tfn]/.test(char)) return `invalid character ${quoted(char)} looking for beginning of value`;
  try {
    JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    if (position === undefined) return 'unexpected end of JSON input';
    return `invalid character ${quoted(text[Number(position)] ?? '')} looking for beginning of value`;
  }
  return 'unexpected end of JSON input';
}

function quoted(char: string): string {
  return char === "'" ? `'\\''` : char === '"' ? `'"'` : `'${JSON.stringify(char).slice(1, -1)}'`;
}

/** Values from YAML or JSON as a template has them: raw numbers become doubles. */
export function floats(value: unknown): GoValue {
  if (Array.isArray(value)) return value.map(floats);
  if (rawSource(value) !== undefined) return numberOf(value);
  if (!isMap(value)) return value as GoValue;
  return mapOf(Object.entries(value).map(([key, item]) => [key, floats(item)]));
}
