/** The functions of text/template itself. */
import { byteLength, fromBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { compareEqual, isLess } from '#lang/gotemplate/compare.ts';
import { goSprint, goSprintf, goSprintln } from '#lang/gotemplate/format.ts';
import { zeroElement } from '#lang/gotemplate/fields.ts';
import { isBarePointer } from '#lang/gotemplate/print.ts';
import { isPrint } from '#lang/gotemplate/quote.ts';
import { assign } from '#lang/gotemplate/arguments.ts';
import {
  CallError,
  GoInt,
  GoObject,
  TypedList,
  fn,
  int,
  intOf,
  isFunction,
  isMap,
  isTrue,
  listOf,
  scopedFn,
  typeName,
} from '#lang/gotemplate/value.ts';
import type { CallScope, FunctionTable, GoFunction, GoValue } from '#lang/gotemplate/value.ts';

const never = (): GoValue => undefined;

export const builtins: FunctionTable = new Map<string, GoFunction>([
  // `and` and `or` are built into the call; here they only have their signature.
  ['and', fn('value, ...value', never)],
  ['or', fn('value, ...value', never)],
  ['not', fn('value', (value: GoValue) => !isTrue(value))],
  ['len', fn('value', length)],
  ['index', fn('value, ...value', index)],
  ['slice', fn('value, ...value', slice)],
  ['call', scopedFn('value, ...value', callFunction)],
  ['print', fn('...any', (...args: GoValue[]) => goSprint(args))],
  ['println', fn('...any', (...args: GoValue[]) => goSprintln(args))],
  ['printf', fn('string, ...any', (format: string, ...args: GoValue[]) => goSprintf(format, args))],
  ['html', fn('...any', (...args: GoValue[]) => escapeHtml(joined(args)))],
  ['js', fn('...any', (...args: GoValue[]) => escapeJs(joined(args)))],
  ['urlquery', fn('...any', (...args: GoValue[]) => escapeQuery(joined(args)))],
  ['eq', fn('value, ...value', compareEqual)],
  ['ne', fn('value, value', (a: GoValue, b: GoValue) => !compareEqual(a, b))],
  ['lt', fn('value, value', isLess)],
  ['le', fn('value, value', isLessOrEqual)],
  ['gt', fn('value, value', (a: GoValue, b: GoValue) => !isLessOrEqual(a, b))],
  ['ge', fn('value, value', (a: GoValue, b: GoValue) => !isLess(a, b))],
]);

function isLessOrEqual(a: GoValue, b: GoValue): boolean {
  return isLess(a, b) || compareEqual(a, b);
}

function length(value: GoValue): GoValue {
  if (value === undefined) throw new CallError('reflect: call of reflect.Value.Type on zero Value');
  if (value === null) throw new CallError('len of nil pointer');
  if (typeof value === 'string') return int(byteLength(value));
  if (Array.isArray(value) || value instanceof Uint8Array) return int(value.length);
  if (isMap(value)) return int(Object.keys(value).length);
  if (value instanceof GoObject && (value.goKind === 'map' || value.goKind === 'slice'))
    return int(value.entries().length);
  throw new CallError(`len of type ${pointedType(value)}`);
}

function index(item: GoValue, ...keys: GoValue[]): GoValue {
  if (item === undefined || item === null) throw new CallError('index of untyped nil');
  let value: GoValue = item;
  for (const key of keys) {
    if (value === null || value === undefined) throw new CallError('index of nil pointer');
    value = elementAt(value, key);
  }
  return value;
}

function elementAt(value: GoValue, key: GoValue): GoValue {
  if (typeof value === 'string') {
    const bytes = toBytes(value);
    return new GoInt('uint8', BigInt(bytes[position(key, bytes.length)] ?? outOfRange('string')));
  }
  const list = listOf(value);
  if (list !== undefined) {
    const at = position(key, list.length);
    return at < list.length ? list[at] : outOfRange('slice');
  }
  const isObjectMap = value instanceof GoObject && value.goKind === 'map';
  if (!isObjectMap && !isMap(value)) throw new CallError(`can't index item of type ${pointedType(value)}`);
  if (key === undefined || key === null) throw new CallError('value is nil; should be of type string');
  if (typeof key !== 'string') throw new CallError(`value has type ${typeName(key)}; should be string`);
  if (value instanceof GoObject) return value.entries().find(([name]) => name === key)?.[1] ?? null;
  const map = value as { [key: string]: GoValue };
  return Object.hasOwn(map, key) ? map[key] : zeroElement(map);
}

/** `index` and `len` look through pointers. */
function pointedType(value: GoValue): string {
  return value instanceof GoObject && value.goKind === 'ptr' ? typeName(value).slice(1) : typeName(value);
}

function outOfRange(kind: 'string' | 'slice'): never {
  throw new CallError(`reflect: ${kind} index out of range`);
}

/** `max` itself is allowed, as Go's check allows it. */
function position(key: GoValue, max: number): number {
  if (key === undefined || key === null) throw new CallError('cannot index slice/array with nil');
  const at = intOf(key);
  if (at === undefined) throw new CallError(`cannot index slice/array with type ${typeName(key)}`);
  if (at < 0n || at > BigInt(max)) throw new CallError(`index out of range: ${at}`);
  return Number(at);
}

function slice(item: GoValue, ...keys: GoValue[]): GoValue {
  if (item === undefined || item === null) throw new CallError('slice of untyped nil');
  if (keys.length > 3) throw new CallError(`too many slice indexes: ${keys.length}`);
  const list = typeof item === 'string' ? toBytes(item) : listOf(item);
  if (list === undefined) throw new CallError(`can't slice item of type ${typeName(item)}`);
  if (typeof item === 'string' && keys.length === 3) throw new CallError('cannot 3-index slice a string');
  const bounds = [0, list.length, list.length];
  keys.forEach((key, i) => {
    bounds[i] = position(key, list.length);
  });
  const [start, end, cap] = bounds as [number, number, number];
  if (start > end) throw new CallError(`invalid slice index: ${start} > ${end}`);
  if (keys.length === 3 && end > cap) throw new CallError(`invalid slice index: ${end} > ${cap}`);
  return sliceOf(item, start, end);
}

function sliceOf(item: GoValue, start: number, end: number): GoValue {
  if (typeof item === 'string') return sliceText(item, start, end);
  if (item instanceof Uint8Array) return item.subarray(start, end);
  const part = (listOf(item) ?? []).slice(start, end);
  return item instanceof TypedList ? TypedList.of2(item.goType, part) : part;
}

function sliceText(text: string, start: number, end: number): string {
  return fromBytes(toBytes(text).subarray(start, end));
}

function callFunction(scope: CallScope, name: string, target: GoValue, ...args: GoValue[]): GoValue {
  if (target === undefined || target === null) throw new CallError('call of nil');
  if (!isFunction(target)) throw new CallError(`non-function ${name} of type ${typeName(target)}`);
  const { params, variadic } = target;
  const fixed = variadic ? params.length - 1 : params.length;
  if (variadic && args.length < fixed) {
    throw new CallError(`wrong number of args for ${name}: got ${args.length} want at least ${fixed}`);
  }
  if (!variadic && args.length !== fixed) {
    throw new CallError(`wrong number of args for ${name}: got ${args.length} want ${fixed}`);
  }
  const converted = args.map((arg, i) => {
    const type = params[Math.min(i, params.length - 1)] as string;
    const value = assign(arg, type);
    if (value !== undefined) return value;
    throw new CallError(`arg ${i}: value has type ${typeName(arg)}; should be ${type}`);
  });
  return target.invoke(converted, scope);
}

function joined(args: readonly GoValue[]): string {
  const [only] = args;
  if (args.length === 1 && typeof only === 'string') return only;
  return goSprint(
    args.map((arg) => (arg === null ? '<no value>' : isBarePointer(arg) ? new Pointed(arg as GoObject) : arg)),
  );
}

/** What a pointer points to, as print shows it. */
class Pointed extends GoObject {
  readonly goType: string;
  readonly goKind = 'struct';
  readonly #target: GoObject;

  constructor(target: GoObject) {
    super();
    this.goType = target.goType.replace(/^\*/, '');
    this.#target = target;
  }

  override fields(): readonly (readonly [string, GoValue])[] {
    return this.#target.fields();
  }
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (char) => htmlEscapes[char] as string);
}

const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

function escapeJs(text: string): string {
  let result = '';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (jsEscapes[char] !== undefined) result += jsEscapes[char];
    else if (code >= 0x20 && (code < 0x80 || isPrint(char) || isByte(code))) result += char;
    else result += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return result;
}

/** A byte that is no UTF-8 (bytes.ts): Go takes it for a printable replacement character, and copies it. */
function isByte(code: number): boolean {
  return code >= 0xdc80 && code <= 0xdcff;
}

/** url.QueryEscape */
export function escapeQuery(text: string): string {
  let result = '';
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(char)) result += char;
    else result += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}
