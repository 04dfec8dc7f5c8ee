/**
 * One pass over a parsed object that makes it what a round trip through Go's types would print: unknown fields dropped,
 * empty fields that Go omits dropped, those it prints added (`status: {}`, `resources: {}`), quantities, times and base64
 * canonical. Values of a wrong type are not judged here: the pass gives up, and the caller reads the body again with
 * read-exact.ts, which knows upstream's words.
 *
 * Walkers are closures, compiled once per type. They change the object in place and only copy where a field must go, since
 * `delete` would make V8 treat the object as a dictionary from then on.
 */
import { parseQuantity, quantityText } from '#lang/quantity/quantity.ts';
import { int64Of, rawSource, roundedInt64 } from '#base/exact-json.ts';
import { normalBase64 } from '#api/schema/base64.ts';
import { normalMicroTime, normalTime } from '#api/schema/time.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';

type Fields = Record<string, unknown>;

/** What one pass is told and finds. */
interface Pass {
  /** Keys met, to be compared with the count of the text: more there means that some are given twice. */
  keys: number;
  /** Something is not plain: read the text exactly. */
  irregular: boolean;
  readonly unknownIsIrregular: boolean;
  /** `[]` stays where Go would print it: field managers own it until the object is stored. */
  readonly keepsEmpty: boolean;
}

/** Returns the value as Go prints it; undefined where Go omits it. */
type Walker = (value: unknown, pass: Pass) => unknown;

export interface Normalized {
  readonly value: unknown;
  readonly keys: number;
  /** False: a value has a wrong type, or a field is unknown and that matters; `value` must not be used. */
  readonly regular: boolean;
}

/** Normalises freshly parsed JSON of a type; changes it. With `unknownIsIrregular`, unknown fields make it irregular instead of being dropped. */
export function normalizeParsed(value: unknown, type: TypeSchema, unknownIsIrregular: boolean): Normalized {
  const pass: Pass = { keys: 0, irregular: false, unknownIsIrregular, keepsEmpty: true };
  const result = walkerOf(type)(value, pass);
  return { value: result, keys: pass.keys, regular: !pass.irregular };
}

/** Normalises an object that is known to fit the type (built by code, read exactly, merged by a patch); changes and returns it. */
export function normalize<T>(object: T, type: TypeSchema): T {
  const pass: Pass = { keys: 0, irregular: false, unknownIsIrregular: false, keepsEmpty: false };
  return walkerOf(type)(object, pass) as T;
}

const walkers = new WeakMap<TypeSchema, Walker>();

function walkerOf(type: TypeSchema): Walker {
  let walker = walkers.get(type);
  if (walker === undefined) {
    walker = compile(type);
    walkers.set(type, walker);
  }
  return walker;
}

function irregular(value: unknown, pass: Pass): unknown {
  pass.irregular = true;
  return value;
}

const scalarWalkers: Readonly<Partial<Record<TypeSchema['kind'], Walker>>> = {
  string: (value, pass) => (typeof value === 'string' ? value : irregular(value, pass)),
  boolean: (value, pass) => (typeof value === 'boolean' ? value : irregular(value, pass)),
  number: (value, pass) => (typeof value === 'number' ? value : irregular(value, pass)),
  'int-or-string': (value, pass) => (typeof value === 'string' || isInt32(value) ? value : irregular(value, pass)),
  any: anyWalker,
  bytes: bytesWalker,
  quantity: quantityWalker,
  time: (value, pass) => timeWalker(value, pass, normalTime),
  'micro-time': (value, pass) => timeWalker(value, pass, normalMicroTime),
};

function compile(type: TypeSchema): Walker {
  switch (type.kind) {
    case 'struct':
      return structWalker(type);
    case 'map':
      return mapWalker(type);
    case 'list':
      return listWalker(type);
    case 'integer':
      return integerWalker(type);
    default:
      return scalarWalkers[type.kind] as Walker;
  }
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

function integerWalker({ format, goType }: TypeSchema): Walker {
  if (format === 'int32') return (value, pass) => (isInt32(value) ? value : irregular(value, pass));
  return (value, pass) => {
    if (Number.isSafeInteger(value)) return value;
    if (!isRawInteger(value)) return irregular(value, pass);
    return goType === undefined ? value : roundedInt64(rawSource(value) ?? '');
  };
}

function isRawInteger(value: unknown): boolean {
  const source = rawSource(value);
  return source !== undefined && int64Of(source) !== undefined;
}

function anyWalker(value: unknown, pass: Pass): unknown {
  // Keys are compared with those of a text only: what was built by code (field sets, mostly) is not looked into.
  if (pass.keepsEmpty) countKeys(value, pass);
  return value;
}

function countKeys(value: unknown, pass: Pass): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) countKeys(item, pass);
    return;
  }
  for (const key in value) {
    pass.keys++;
    countKeys((value as Fields)[key], pass);
  }
}

function bytesWalker(value: unknown, pass: Pass): unknown {
  if (typeof value !== 'string') return irregular(value, pass);
  const result = normalBase64(value);
  return 'text' in result ? result.text : irregular(value, pass);
}

const quantityTexts = new Map<string, string>();
const maxQuantityTexts = 4096;

function quantityWalker(value: unknown, pass: Pass): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return irregular(value, pass);
  const key = String(value);
  const known = quantityTexts.get(key);
  if (known !== undefined) return known;
  try {
    const text = quantityText(parseQuantity(key.trim()));
    if (quantityTexts.size >= maxQuantityTexts) quantityTexts.clear();
    quantityTexts.set(key, text);
    return text;
  } catch {
    return irregular(value, pass);
  }
}

function timeWalker(value: unknown, pass: Pass, normal: (text: string) => string | undefined): unknown {
  if (typeof value !== 'string') return irregular(value, pass);
  try {
    return normal(value);
  } catch {
    return irregular(value, pass);
  }
}

function listWalker(type: TypeSchema): Walker {
  const items = type.items as TypeSchema;
  let walk: Walker | undefined;
  return (value, pass) => {
    if (!Array.isArray(value)) return irregular(value, pass);
    walk ??= walkerOf(items);
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      const result = item === null ? undefined : walk(item, pass);
      if (result !== item) value[i] = result ?? zeroValue(items);
    }
    return value;
  };
}

function mapWalker(type: TypeSchema): Walker {
  const values = type.values as TypeSchema;
  let walk: Walker | undefined;
  let zeroEntry: unknown;
  return (value, pass) => {
    if (!isObject(value)) return irregular(value, pass);
    if (walk === undefined) {
      walk = walkerOf(values);
      // No bytes come back from protobuf as empty ones.
      zeroEntry = values.kind === 'bytes' ? '' : zeroValue(values);
    }
    for (const key in value) {
      pass.keys++;
      const item = value[key];
      const result = item === null ? undefined : walk(item, pass);
      if (result !== item) setField(value, key, result ?? zeroEntry);
    }
    return value;
  };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setField(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

interface StructPlan {
  readonly fields: ReadonlyMap<string, Walker>;
  /** What Go prints even if it is not there. */
  readonly printed: readonly { readonly name: string; readonly type: TypeSchema }[];
}

function structWalker(type: TypeSchema): Walker {
  let plan: StructPlan | undefined;
  return (value, pass) => {
    if (!isObject(value)) return irregular(value, pass);
    plan ??= planOf(type);
    let dropped: string[] | undefined;
    let emptied: Fields | undefined;
    for (const key in value) {
      pass.keys++;
      const walk = plan.fields.get(key);
      const before = value[key];
      if (walk === undefined) {
        if (pass.unknownIsIrregular) pass.irregular = true;
        else countKeys(before, pass);
        (dropped ??= []).push(key);
        continue;
      }
      const after = walk(before, pass);
      if (after === undefined) {
        (dropped ??= []).push(key);
        if (typeof before === 'object' && before !== null) (emptied ??= {})[key] = before;
      } else if (after !== before) value[key] = after;
    }
    const result = dropped === undefined ? value : without(value, dropped);
    if (emptied !== undefined) emptiedFields.set(result, emptied);
    else if (result !== value) copyEmptied(value, result);
    for (const field of plan.printed) if (result[field.name] === undefined) result[field.name] = zeroValue(field.type);
    return result;
  };
}

/**
 * The `[]` and `{}` that a pass has dropped from a struct: what Go does not print, its types still tell from nil, and
 * messages that show a part of a request show them.
 */
const emptiedFields = new WeakMap<object, Fields>();

/** The field as Go's type holds it: the value, the empty list or map that was given, or null. */
export function fieldOrEmptied(parent: object | null | undefined, field: string): unknown {
  if (parent === undefined || parent === null) return null;
  return (parent as Fields)[field] ?? emptiedFields.get(parent)?.[field] ?? null;
}

/** For a copy of a struct whose fields will be shown with {@link fieldOrEmptied}. */
export function copyEmptied<T extends object>(from: object, to: T): T {
  const emptied = emptiedFields.get(from);
  if (emptied !== undefined) emptiedFields.set(to, emptied);
  return to;
}

function without(value: Fields, dropped: readonly string[]): Fields {
  const result: Fields = {};
  for (const key in value) if (!dropped.includes(key)) result[key] = value[key];
  return result;
}

function planOf(type: TypeSchema): StructPlan {
  const fields = new Map<string, Walker>();
  const printed: { name: string; type: TypeSchema }[] = [];
  for (const field of type.fields.values()) {
    fields.set(field.name, fieldWalker(field));
    if (isPrintedWhenAbsent(field))
      printed.push({ name: field.name, type: field.go?.pointer === true ? nullType : field.type });
  }
  return { fields, printed };
}

const structLike: ReadonlySet<string> = new Set(['struct', 'time', 'micro-time', 'quantity', 'int-or-string', 'any']);

/** Go has no empty struct: `omitempty` does not apply to one that is no pointer. */
function isPrintedWhenAbsent(field: FieldSchema): boolean {
  if (field.go === undefined || field.go.omitZero) return false;
  if (!field.go.omitEmpty) return true;
  return !field.go.pointer && structLike.has(field.type.kind);
}

const nullType: TypeSchema = {
  kind: 'any',
  name: '',
  format: '',
  fields: new Map(),
  mapType: 'atomic',
  listType: 'atomic',
  listMapKeys: [],
};

/** The value of a field, or undefined where Go prints nothing (or its zero value, which the struct adds). */
function fieldWalker(field: FieldSchema): Walker {
  const { type, go } = field;
  let walk: Walker | undefined;
  const omitsEmpty = go !== undefined && (go.omitEmpty || go.omitZero) && !go.pointer;
  const isCollection = type.kind === 'list' || type.kind === 'map';
  return (value, pass) => {
    if (value === null || value === undefined) return undefined;
    walk ??= walkerOf(type);
    const result = walk(value, pass);
    if (omitsEmpty && (result === '' || result === 0 || result === false) && !structLike.has(type.kind))
      return undefined;
    if (isCollection && (omitsEmpty || !pass.keepsEmpty) && isEmptyCollection(result)) return undefined;
    return result;
  };
}

/** Also where Go would print `[]`: a stored object has passed through protobuf, which does not tell empty from absent. */
function isEmptyCollection(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as Fields) return false;
  return true;
}

const zeros: Readonly<Partial<Record<TypeSchema['kind'], unknown>>> = {
  string: '',
  boolean: false,
  integer: 0,
  number: 0,
  quantity: '0',
  'int-or-string': 0,
};

/** What Go prints for the zero value: `""`, `{}` with its own printed fields, null for nil lists and maps. */
function zeroValue(type: TypeSchema): unknown {
  if (type.kind === 'struct')
    return walkerOf(type)({}, { keys: 0, irregular: false, unknownIsIrregular: false, keepsEmpty: false });
  return zeros[type.kind] ?? null;
}
