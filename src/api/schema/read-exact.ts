/**
 * Reading JSON into a typed value exactly as Go's decoder does (sigs.k8s.io/json under upstream's serializers): the path for
 * everything that is not plain: wrong types, unknown and repeated fields, null, numbers that need care. Plain bodies never
 * come here; see normalize.ts.
 *
 *   {"kind":"Pod","spec":{"nodeName":7}}
 *     → json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string
 *
 * Names match case-sensitively. A repeated struct or map is merged into what was read before, as Go does. The first wrong
 * type is remembered and reading goes on; an error of a hand-written reader (times, quantities) ends it and wins.
 */
import { QuantityError, parseQuantity } from '#lang/quantity/quantity.ts';
import type { JsonNode } from '#lang/json/parse.ts';
import { int64Of, rawJson, untypedNumber } from '#base/exact-json.ts';
import { normalBase64 } from '#api/schema/base64.ts';
import { TimeError, normalMicroTime, normalTime } from '#api/schema/time.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';

/** The body does not fit the type; the message is Go's. */
export class ReadError extends Error {
  override name = 'ReadError';
}

export interface ExactReading {
  /** Undefined: the body was null. Fields that Go would leave at their zero value may be absent or null. */
  readonly value: unknown;
  /** `unknown field "spec.foo"`, `duplicate field "metadata.labels.a"`, in the order of the text, 100 at most. */
  readonly strictErrors: readonly string[];
}

/** Reads a value of a type; `text` are the bytes that `node` was parsed from. Throws {@link ReadError}. */
export function readExact(node: JsonNode, type: TypeSchema, text: Uint8Array): ExactReading {
  const reader = new Reader(text);
  const value = reader.value(node, type, undefined);
  if (reader.firstError !== undefined) throw new ReadError(reader.firstError);
  return { value, strictErrors: [...reader.strict] };
}

/** Reads any JSON as custom resources are read: nothing unknown, repeated keys reported, 64-bit integers exact. */
export function readUntyped(node: JsonNode, numbers: 'as values' | 'as written' = 'as values'): ExactReading {
  const reader = new Reader(new Uint8Array(), numbers === 'as written' ? writtenNumber : untypedNumber);
  return { value: reader.untyped(node), strictErrors: [...reader.strict] };
}

/** `1.0` and `1e2` stay what they are: an integer field refuses them. */
function writtenNumber(source: string): unknown {
  return int64Of(source) ?? rawJson(source);
}

type Fields = Record<string, unknown>;
const ascii = new TextDecoder();
const maxStrictErrors = 100;

/** One reading of one body. */
class Reader {
  readonly strict = new Set<string>();
  firstError: string | undefined;
  readonly #text: Uint8Array;
  readonly #untypedNumber: (source: string) => unknown;
  readonly #path: string[] = [];
  readonly #fieldStack: string[] = [];
  #struct = '';

  constructor(text: Uint8Array, number = untypedNumber) {
    this.#text = text;
    this.#untypedNumber = number;
  }

  value(node: JsonNode, type: TypeSchema, existing: unknown): unknown {
    switch (type.kind) {
      case 'struct':
        return this.#structValue(node, type, existing);
      case 'map':
        return this.#mapValue(node, type, existing);
      case 'list':
        return this.#listValue(node, type, existing);
      case 'bytes':
        return this.#bytes(node, type);
      case 'any':
        return node.type === 'null' ? existing : rawValue(node);
      case 'time':
      case 'micro-time':
        return this.#time(node, type);
      case 'quantity':
        return this.#quantity(node);
      case 'int-or-string':
        return this.#intOrString(node);
      default:
        return this.#scalar(node, type, existing);
    }
  }

  untyped(node: JsonNode): unknown {
    switch (node.type) {
      case 'object': {
        const result: Fields = {};
        for (const [key, child] of node.entries) {
          if (Object.hasOwn(result, key)) this.#report('duplicate', key);
          this.#path.push(key);
          setField(result, key, this.untyped(child));
          this.#path.pop();
        }
        return result;
      }
      case 'array':
        return node.items.map((child, i) => {
          this.#path.push(`[${i}]`);
          const value = this.untyped(child);
          this.#path.pop();
          return value;
        });
      case 'number':
        return this.#untypedNumber(node.source);
      case 'null':
        return null;
      default:
        return node.value;
    }
  }

  #report(what: 'unknown' | 'duplicate', name: string): void {
    if (this.strict.size >= maxStrictErrors) return;
    let path = '';
    for (const part of this.#path) path += part.startsWith('[') || path === '' ? part : `.${part}`;
    this.strict.add(`${what} field ${JSON.stringify(path === '' ? name : `${path}.${name}`)}`);
  }

  #typeErrorText(what: string, goType: string): string {
    if (this.#struct === '' && this.#fieldStack.length === 0)
      return `json: cannot unmarshal ${what} into Go value of type ${goType}`;
    return `json: cannot unmarshal ${what} into Go struct field ${this.#struct}.${this.#fieldStack.join('.')} of type ${goType}`;
  }

  #wrongType(node: JsonNode, type: TypeSchema): void {
    this.firstError ??= this.#typeErrorText(node.type, type.goType ?? type.kind);
  }

  #structValue(node: JsonNode, type: TypeSchema, existing: unknown): unknown {
    if (node.type === 'null') return existing;
    if (node.type !== 'object') {
      this.#wrongType(node, type);
      return existing;
    }
    const result = (existing ?? {}) as Fields;
    const outerStruct = this.#struct;
    const seen = new Set<string>();
    for (const [key, child] of node.entries) {
      const field = type.fields.get(key);
      if (field === undefined) {
        this.#report('unknown', key);
        continue;
      }
      if (seen.has(key)) this.#report('duplicate', key);
      seen.add(key);
      this.#struct = structName(type);
      this.#fieldStack.push(field.go?.errorPath ?? field.name);
      this.#path.push(key);
      this.#field(result, field, child);
      this.#path.pop();
      this.#fieldStack.pop();
      this.#struct = outerStruct;
    }
    return result;
  }

  #field(result: Fields, field: FieldSchema, node: JsonNode): void {
    const kind = field.type.kind;
    const nilable = field.go?.pointer === true || kind === 'list' || kind === 'map' || kind === 'bytes';
    if (node.type === 'null' && nilable) {
      delete result[field.name];
      return;
    }
    const value = this.value(node, field.type, result[field.name]);
    if (value === undefined) delete result[field.name];
    else result[field.name] = value;
  }

  #mapValue(node: JsonNode, type: TypeSchema, existing: unknown): unknown {
    if (node.type === 'null') return undefined;
    if (node.type !== 'object') {
      this.#wrongType(node, type);
      return existing;
    }
    const result = (existing ?? {}) as Fields;
    const values = type.values as TypeSchema;
    const seen = new Set<string>();
    for (const [key, child] of node.entries) {
      if (seen.has(key)) this.#report('duplicate', key);
      seen.add(key);
      this.#path.push(key);
      setField(result, key, this.value(child, values, undefined) ?? null);
      this.#path.pop();
    }
    return result;
  }

  #listValue(node: JsonNode, type: TypeSchema, existing: unknown): unknown {
    if (node.type === 'null') return undefined;
    if (node.type !== 'array') {
      this.#wrongType(node, type);
      return existing;
    }
    const before = Array.isArray(existing) ? existing : [];
    return node.items.map((child, i) => {
      this.#path.push(`[${i}]`);
      const value = this.value(child, type.items as TypeSchema, before[i] ?? undefined) ?? null;
      this.#path.pop();
      return value;
    });
  }

  #scalar(node: JsonNode, type: TypeSchema, existing: unknown): unknown {
    if (node.type === 'null') return existing;
    if (type.kind === 'string' && node.type === 'string') return node.value;
    if (type.kind === 'boolean' && node.type === 'bool') return node.value;
    if (node.type === 'number' && (type.kind === 'integer' || type.kind === 'number'))
      return this.#number(node.source, type);
    this.#wrongType(node, type);
    return existing;
  }

  #number(source: string, type: TypeSchema): unknown {
    const value = type.kind === 'integer' ? integerOf(source, type.format) : finite(source);
    if (value === undefined) this.firstError ??= this.#typeErrorText(`number ${source}`, type.goType ?? type.format);
    return value;
  }

  #bytes(node: JsonNode, type: TypeSchema): unknown {
    if (node.type === 'null') return undefined;
    if (node.type === 'string') {
      const result = normalBase64(node.value);
      if ('text' in result) return result.text;
      this.firstError ??= result.error;
    } else {
      this.#wrongType(node, type);
    }
    return undefined;
  }

  #fatal(node: JsonNode, goType: string, what: string = node.type): never {
    throw new ReadError(this.#typeErrorText(what, goType));
  }

  #time(node: JsonNode, type: TypeSchema): unknown {
    if (node.type === 'null') return undefined;
    if (node.type !== 'string') return this.#fatal(node, 'string');
    try {
      return type.kind === 'time' ? normalTime(node.value) : normalMicroTime(node.value);
    } catch (error) {
      throw error instanceof TimeError ? new ReadError(error.message) : error;
    }
  }

  #quantity(node: JsonNode): unknown {
    if (node.type === 'null') return undefined;
    const text =
      node.type === 'string'
        ? node.value
        : node.type === 'number'
          ? node.source
          : 'bool' in node
            ? 'true'
            : this.#source(node);
    try {
      parseQuantity(text.trim());
    } catch (error) {
      throw error instanceof QuantityError ? new ReadError(error.message) : error;
    }
    return text;
  }

  #source(node: JsonNode): string {
    return 'start' in node ? ascii.decode(this.#text.subarray(node.start, node.end)) : node.type;
  }

  #intOrString(node: JsonNode): unknown {
    if (node.type === 'null') return undefined;
    if (node.type === 'string') return node.value;
    if (node.type !== 'number') return this.#fatal(node, 'int32');
    return integerOf(node.source, 'int32') ?? this.#fatal(node, 'int32', `number ${node.source}`);
  }
}

function structName(type: TypeSchema): string {
  const name = type.goType ?? '';
  return name.slice(name.lastIndexOf('.') + 1);
}

function setField(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

function integerOf(source: string, format: string): unknown {
  const value = int64Of(source);
  const range = ranges[format];
  if (range === undefined || value === undefined) return value;
  return typeof value === 'number' && value >= range[0] && value <= range[1] ? value : undefined;
}

function finite(source: string): number | undefined {
  const value = Number(source);
  return Number.isFinite(value) ? value : undefined;
}

/** JSON that upstream keeps as text: numbers stay as they are written. */
function rawValue(node: JsonNode): unknown {
  switch (node.type) {
    case 'object': {
      const result: Fields = {};
      for (const [key, child] of node.entries) setField(result, key, rawValue(child));
      return result;
    }
    case 'array':
      return node.items.map(rawValue);
    case 'number':
      return String(Number(node.source)) === node.source ? Number(node.source) : rawJson(node.source);
    case 'null':
      return null;
    default:
      return node.value;
  }
}
