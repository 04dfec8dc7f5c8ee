/** encoding/json for template values. */
import { NodeBudget, joinTexts } from '#lang/gotemplate/limits.ts';
import { numberOf, parseExact, rawSource } from '#base/exact-json.ts';
import { GoInt, GoObject, TypedList, isFunction, isMap, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { mapOf } from '#lang/gotemplate/sprig/deep.ts';
import { formatFloat } from '#lang/gotemplate/float.ts';
import { jsonSyntaxError } from '#lang/gotemplate/sprig/json-syntax.ts';
import { CallError } from '#lang/gotemplate/value.ts';

interface Style {
  readonly html: boolean;
  readonly indent?: string;
  readonly budget?: NodeBudget;
}

/** json.Marshal; with `html`, as Go does it by default, `<>&` are escaped. Throws {@link CallError}. */
export function toJson(value: GoValue, how: Style): string {
  return write(value, { ...how, budget: new NodeBudget() }, '\n');
}

/** A slice that was never made is null to JSON. */
export function isNilSlice(value: GoValue): boolean {
  return value instanceof TypedList && value.isNil === true;
}

const maxDepth = 1000;

function write(value: GoValue, how: Style, newline: string): string {
  how.budget?.take();
  if (value === null || value === undefined || isNilSlice(value)) return 'null';
  if (newline.length > maxDepth * 4) throw new CallError('json: unsupported value: encountered a cycle');
  if (typeof value === 'string') return jsonText(value, how.html);
  if (typeof value === 'number') return jsonNumber(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof Uint8Array) return `"${btoa(String.fromCharCode(...value))}"`;
  if (isFunction(value)) throw new CallError('json: unsupported type: func()');
  if (value instanceof GoObject) return writeObject(value, how, newline);
  return writeComposite(value, how, { newline, order: sortedKeys });
}

/** Structs keep the order of their fields. */
function writeObject(value: GoObject, how: Style, newline: string): string {
  const plain = value.plain();
  const isStruct = value.goKind === 'struct' || value.goKind === 'ptr';
  if (!isStruct || !isMap(plain)) return write(plain, how, newline);
  return writeComposite(plain, how, { newline, order: Object.keys });
}

interface Layout {
  readonly newline: string;
  readonly order: (map: GoMap) => string[];
}

function writeComposite(value: GoMap | readonly GoValue[], how: Style, { newline, order }: Layout): string {
  const inner = newline + (how.indent ?? ' ');
  const separator = how.indent === undefined ? ',' : `,${inner}`;
  const wrap = (open: string, items: readonly string[], close: string): string => {
    if (items.length === 0) return open + close;
    return how.indent === undefined
      ? open + joinTexts(items, separator) + close
      : open + inner + joinTexts(items, separator) + newline + close;
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
    order(map).map((key) => jsonText(key, how.html) + colon + write(map[key], how, inner)),
    '}',
  );
}

const loneSurrogate = /[\ud800-\udfff]/gu;
const escaped = /[<>&\u2028\u2029]/g;
const alwaysEscaped = /[\u2028\u2029]/g;

/** Bytes that are no UTF-8 become the six characters \ufffd. */
function jsonText(text: string, html: boolean): string {
  const result = text.isWellFormed()
    ? JSON.stringify(text)
    : `"${text
        .split(loneSurrogate)
        .map((part) => JSON.stringify(part).slice(1, -1))
        .join('\\ufffd')}"`;
  return result.replace(
    html ? escaped : alwaysEscaped,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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
  const problem = jsonSyntaxError(text);
  if (problem !== undefined) throw new CallError(problem);
  return floats(parseExact(text));
}

/** Values from YAML or JSON as a template has them: raw numbers become doubles. */
export function floats(value: unknown): GoValue {
  if (Array.isArray(value)) return value.map(floats);
  if (rawSource(value) !== undefined) return numberOf(value);
  if (!isMap(value)) return value as GoValue;
  return mapOf(Object.entries(value).map(([key, item]) => [key, floats(item)]));
}
