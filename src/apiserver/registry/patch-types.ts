/** Values of a wrong type in a strategically merged object: the words of upstream's converter, which reads no JSON. */
import { rawJson } from '#base/exact-json.ts';
import { jsonKind } from '#api/patch/go-print.ts';
import { normalBase64 } from '#api/schema/base64.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What upstream says of the first value that does not fit; undefined if all do. */
export function conversionError(value: unknown, type: TypeSchema): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (type.kind) {
    case 'struct':
      return structError(value, type);
    case 'map':
      return mapError(value, type);
    case 'list':
      return listError(value, type);
    case 'integer':
      return integerError(value, type);
    case 'string':
    case 'boolean':
    case 'number':
      return scalarError(value, type);
    case 'bytes':
      return bytesError(value);
    case 'time':
    case 'micro-time':
      return typeof value === 'string' ? undefined : unmarshalError(value, 'string');
    case 'int-or-string':
      return typeof value === 'string' || isInt32(value) ? undefined : unmarshalError(value, 'int32');
    default:
      return undefined;
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return 'string';
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function structError(value: unknown, type: TypeSchema): string | undefined {
  if (!isMap(value)) return `cannot restore struct from: ${goKind(value)}`;
  for (const field of type.fields.values()) {
    const error = conversionError(value[field.name], field.type);
    if (error !== undefined) return error;
  }
  return undefined;
}

function mapError(value: unknown, type: TypeSchema): string | undefined {
  if (!isMap(value)) return `cannot restore map from ${goKind(value)}`;
  for (const item of Object.values(value)) {
    const error = type.values && conversionError(item, type.values);
    if (error !== undefined) return error;
  }
  return undefined;
}

function listError(value: unknown, type: TypeSchema): string | undefined {
  if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`;
  for (const item of value) {
    const error = type.items && conversionError(item, type.items);
    if (error !== undefined) return error;
  }
  return undefined;
}

function bytesError(value: unknown): string | undefined {
  if (typeof value !== 'string') return `cannot restore slice from ${goKind(value)}`;
  const result = normalBase64(value);
  return 'text' in result ? undefined : `error decoding from json: ${result.error}`;
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

/** Of a type that reads its own JSON. */
function unmarshalError(value: unknown, goType: string): string {
  const shown = typeof value === 'number' && goType === 'int32' ? `number ${value}` : jsonKind(value);
  return `json: cannot unmarshal ${shown} into Go value of type ${goType}`;
}

function integerError(value: unknown, type: TypeSchema): string | undefined {
  if (typeof value !== 'number') return `unrecognized type: ${type.goType ?? 'int64'}`;
  return Number.isInteger(value) ? undefined : `cannot convert float64 to ${type.goType ?? 'int64'}`;
}

const goKinds: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', number: 'float64' };

function scalarError(value: unknown, type: TypeSchema): string | undefined {
  if (typeof value === type.kind) return undefined;
  // Go converts whole numbers to strings by rune, and so refuses to do it here.
  if (type.kind === 'string' && typeof value === 'number')
    return `cannot convert ${goKind(value)} to ${type.goType ?? 'string'}`;
  return `unrecognized type: ${goKinds[type.kind] ?? type.kind}`;
}

/** A copy in which integers of 32 bits are wrapped around, which upstream's converter does without a word. */
export function wrappedIntegers(value: unknown, type: TypeSchema | undefined): unknown {
  if (type === undefined) return value;
  if (type.kind === 'integer' && typeof value === 'number') return wrapped(value, type.format);
  if (Array.isArray(value)) return value.map((item) => wrappedIntegers(item, type.items));
  if (!isMap(value) || (type.kind !== 'struct' && type.kind !== 'map')) return value;
  const fields = Object.entries(value).map(([name, item]) => {
    const of = type.kind === 'map' ? type.values : type.fields.get(name)?.type;
    return [name, wrappedIntegers(item, of)] as const;
  });
  return Object.fromEntries(fields);
}

/** What is too large for 64 bits becomes their smallest number first. */
function wrapped(value: number, format: string): unknown {
  const isTooLarge = Math.abs(value) >= 2 ** 63;
  if (format !== 'int32') return isTooLarge ? rawJson('-9223372036854775808') : value;
  return isTooLarge ? 0 : Number(BigInt.asIntN(32, BigInt(value)));
}
