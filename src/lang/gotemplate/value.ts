/**
 * Go's values as templates see them. Values that come out of YAML and JSON are used as they are:
 *
 *   null = nil in an interface, undefined = no value at all, boolean, number = float64, bigint = int64, string = string,
 *   array = []interface {}, plain object = map[string]interface {}, Uint8Array = []uint8,
 *   GoInt = every other integer type (literals and `len` are `int`), TypedList = []string and the like, typedMap() = map[string]string,
 *   GoObject = a struct, pointer or named type with methods, GoFunction = a func.
 *
 * Strings are JavaScript strings; bytes that are no UTF-8 stand as U+DC80…U+DCFF (see bytes.ts).
 */
export type GoValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | GoInt
  | readonly GoValue[]
  | GoMap
  | Uint8Array
  | GoObject
  | GoFunction;

/** A map with string keys; iteration order has no meaning, templates see the keys sorted. */
export interface GoMap {
  [key: string]: GoValue;
}

export type IntType = 'int' | 'int8' | 'int16' | 'int32' | 'uint' | 'uint8' | 'uint16' | 'uint32' | 'uint64';

/** An integer of another type than int64. */
export class GoInt {
  readonly goType: IntType;
  readonly value: bigint;
  constructor(goType: IntType, value: bigint) {
    this.goType = goType;
    this.value = value;
  }
}

const smallInts: GoInt[] = [];

/** A Go `int`. */
export function int(value: number | bigint): GoInt {
  if (typeof value === 'number' && value >= 0 && value < 256) {
    return (smallInts[value] ??= new GoInt('int', BigInt(value)));
  }
  return new GoInt('int', BigInt(value));
}

/** What a template may call: `params` are Go's type names, the last one repeats if `variadic`. */
export interface GoFunction {
  readonly goFunction: true;
  readonly params: readonly string[];
  readonly variadic: boolean;
  /** Arguments are checked and converted: `int`, `int64`, `uint32` and `float64` arrive as numbers (int64 as bigint), `any` as GoValue, never undefined. */
  invoke(args: readonly unknown[], run: CallScope): GoValue;
}

/** Where a call happens; what `include` and `tpl` need. The engine's Run implements it. */
export interface CallScope {
  include(name: string, data: GoValue): string;
  tpl(text: string, data: GoValue): string;
  /** Counts work against the limits of the run. Throws LimitError. */
  spend(steps: number): void;
}

/** A Go value with fields or methods: `.Files`, `.Capabilities`, times, versions. */
export abstract class GoObject {
  /** As %T prints it, for instance `*chartutil.Capabilities`. */
  abstract readonly goType: string;
  abstract readonly goKind: 'struct' | 'ptr' | 'map' | 'slice';
  /** Undefined = there is no such field. Not asked of maps. */
  field(_name: string): GoValue {
    return undefined;
  }
  method(_name: string): GoFunction | undefined {
    return undefined;
  }
  /** For maps: key and value, in the order of the keys. For slices: the elements under their numbers. */
  entries(): readonly (readonly [string, GoValue])[] {
    return [];
  }
  /** For types with a String method; undefined = printed by its parts. */
  text(): string | undefined {
    return undefined;
  }
  /** Fields in the order of their declaration, for %v. */
  fields(): readonly (readonly [string, GoValue])[] {
    return [];
  }
  /** As {@link fields}, with those of embedded structs in their place. */
  flatFields(): readonly (readonly [string, GoValue])[] {
    return this.fields();
  }
  /** What a parameter of type interface {} gets: pointer methods are lost with the address. */
  asInterface(): GoObject {
    return this;
  }
  /** What JSON and YAML make of it; for structs, in the order of the fields. */
  plain(): GoValue {
    return Object.fromEntries(this.goKind === 'map' ? this.entries() : this.fields());
  }
}

/** A slice of another element type than interface {}: `new TypedList('[]string', items)`. */
export class TypedList extends Array<GoValue> {
  declare readonly goType: string;
  declare readonly isNil?: true;
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  /** A slice that was never made: printed as an empty one, `null` in JSON and YAML. */
  static nil(goType: string): TypedList {
    const list = TypedList.of2(goType, []);
    Object.defineProperty(list, 'isNil', { value: true, enumerable: false });
    return list;
  }
  static of2(goType: string, items: Iterable<GoValue>): TypedList {
    const list = new TypedList();
    Object.defineProperty(list, 'goType', { value: goType, enumerable: false });
    for (const item of items) list.push(item);
    return list;
  }
}

/** A []string. */
export function stringList(items: Iterable<string>): TypedList {
  return TypedList.of2('[]string', items);
}

const mapType = Symbol('Go type of a map');
const prototypes = new Map<string, object>();

/** A map of another type than map[string]interface {}: `typedMap('map[string]string', {a: 'b'})`. */
export function typedMap(goType: string, fields: GoMap): GoMap {
  let prototype = prototypes.get(goType);
  if (prototype === undefined) {
    prototype = Object.create(null, { [mapType]: { value: goType } }) as object;
    prototypes.set(goType, prototype);
  }
  return Object.assign(Object.create(prototype) as GoMap, fields);
}

/** An empty map[string]interface {}. */
export function newMap(): GoMap {
  return Object.create(null) as GoMap;
}

export function isMap(value: unknown): value is GoMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof GoInt) &&
    !(value instanceof GoObject) &&
    !(value instanceof Uint8Array) &&
    (value as { goFunction?: unknown }).goFunction !== true
  );
}

export function isFunction(value: unknown): value is GoFunction {
  return typeof value === 'object' && value !== null && (value as { goFunction?: unknown }).goFunction === true;
}

/** The type as %T prints it; `<nil>` for nil. */
export function typeName(value: GoValue): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int64';
    case 'undefined':
      return '<nil>';
  }
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return value instanceof TypedList ? value.goType : '[]interface {}';
  if (value instanceof GoInt || value instanceof GoObject) return value.goType;
  if (value instanceof Uint8Array) return '[]uint8';
  if (isFunction(value)) return functionType(value);
  return (value as { [mapType]?: string })[mapType] ?? 'map[string]interface {}';
}

function functionType(value: GoFunction): string {
  const params = value.params.map((type, i) => {
    const name = type === 'any' ? 'interface {}' : type;
    return value.variadic && i === value.params.length - 1 ? `...${name}` : name;
  });
  return `func(${params.join(', ')}) interface {}`;
}

/** reflect.Kind, as its String method prints it. */
export function kindOf(value: GoValue): string {
  if (value === null || value === undefined) return 'invalid';
  if (typeof value !== 'object') return typeName(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return 'slice';
  if (value instanceof GoInt) return value.goType;
  if (value instanceof GoObject) return value.goKind;
  return isFunction(value) ? 'func' : 'map';
}

/** Whether `if` takes the value for true. */
export function isTrue(value: GoValue): boolean {
  switch (typeof value) {
    case 'string':
      return value !== '';
    case 'boolean':
      return value;
    case 'number':
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    case 'undefined':
      return false;
  }
  if (value === null) return false;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof GoInt) return value.value !== 0n;
  if (value instanceof GoObject) {
    return value.goKind === 'struct' || value.goKind === 'ptr' || value.entries().length > 0;
  }
  if (isFunction(value)) return true;
  for (const key in value as GoMap) if (Object.hasOwn(value as GoMap, key)) return true;
  return false;
}

/** The value of any integer type, undefined for all else. */
export function intOf(value: GoValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof GoInt ? value.value : undefined;
}

/** The keys of a map, in Go's order: by their UTF-8 bytes. */
export function sortedKeys(map: GoMap): string[] {
  return Object.keys(map).sort(compareStrings);
}

/** Go's string order (bytes), which differs from UTF-16's only beyond the basic plane. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh) return xHigh ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/** The elements of a slice; undefined for all else. */
export function listOf(value: GoValue): readonly GoValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Uint8Array) return Array.from(value, (byte) => new GoInt('uint8', BigInt(byte)));
  if (value instanceof GoObject && value.goKind === 'slice') return value.entries().map((entry) => entry[1]);
  return undefined;
}

/** Builds a function for templates: `fn('int,string', (count: number, text: string) => …)`; `...any` as the last type is variadic. */
export function fn(signature: string, body: (...args: never[]) => GoValue): GoFunction {
  const call = body as (...args: unknown[]) => GoValue;
  return { ...parseSignature(signature), invoke: (args) => call(...args) };
}

/** As {@link fn}, for functions that run templates themselves. */
export function scopedFn(signature: string, body: (scope: CallScope, ...args: never[]) => GoValue): GoFunction {
  const call = body as (scope: CallScope, ...args: unknown[]) => GoValue;
  return { ...parseSignature(signature), invoke: (args, scope) => call(scope, ...args) };
}

function parseSignature(signature: string): Pick<GoFunction, 'goFunction' | 'params' | 'variadic'> {
  const types = signature === '' ? [] : signature.split(',').map((type) => type.trim());
  const last = types.at(-1);
  const variadic = last?.startsWith('...') === true;
  if (last !== undefined && variadic) types[types.length - 1] = last.slice(3);
  return { goFunction: true, params: types, variadic };
}

/** Thrown by functions: becomes `error calling NAME: MESSAGE`. */
export class CallError extends Error {
  override name = 'CallError';
}

/** Functions by name; `now` is the clock, in milliseconds, that limits of time are measured with. */
export type FunctionTable = ReadonlyMap<string, GoFunction> & { readonly now?: () => number };
