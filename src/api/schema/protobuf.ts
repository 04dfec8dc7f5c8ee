/**
 * Protobuf bodies of the built-in kinds: messages compiled lazily from the generated tables, objects as normalize.ts leaves them.
 */
import { assert } from '#base/assert.ts';
import { parseExact, rawJson, rawSource } from '#base/exact-json.ts';
import { decodeMessage } from '#wire/protobuf/decode.ts';
import { encodeMessage } from '#wire/protobuf/encode.ts';
import { openEnvelope, sealEnvelope } from '#wire/protobuf/envelope.ts';
import type { ProtoField, ProtoKind, ProtoMessage, ProtoUnion, ProtoValues } from '#wire/protobuf/message.ts';
import { protoMessage } from '#wire/protobuf/message.ts';
import { ProtobufError } from '#wire/protobuf/reader.ts';
import type { KubeObject } from '#api/object.ts';
import type { FieldRow } from '#api/schema/go-types.ts';
import { expandType, goTypeOf, packageOf, parseType, specialTypes, underlyingType } from '#api/schema/go-types.ts';
import type { GroupVersionKind } from '#api/schema/kinds.ts';
import { definitionOfKind, parseApiVersion } from '#api/schema/kinds.ts';
import { normalize } from '#api/schema/normalize.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';

/** How the codec makes large integers and embedded JSON. */
export const protoValues: ProtoValues = {
  largeInteger: rawJson,
  digitsOf: rawSource,
  parseJson: parseExact,
  normalize: (object, message) => normalize(object, builtinSchemas.type(message)),
};

const messages = new Map<string, ProtoMessage>();

/** The message of a built-in struct. Asserts that there is one. */
export function protoMessageOf(definition: string): ProtoMessage {
  let message = messages.get(definition);
  if (message === undefined) {
    const rows = goTypeOf(definition);
    assert(Array.isArray(rows), `${definition} is a struct`);
    const fields = (rows as readonly FieldRow[])
      .filter((row) => row[3] > 0)
      .map((row) => fieldOf(row, packageOf(definition)));
    message = protoMessage(
      definition,
      fields.toSorted((a, b) => a.number - b.number),
    );
    messages.set(definition, message);
  }
  return message;
}

function fieldOf([name, type, , number]: FieldRow, packageName: string): ProtoField {
  return typedField(number, name, expandType(type, packageName).replace(/^\*/, ''));
}

const elementary: Readonly<Record<string, ProtoKind>> = {
  string: 'string',
  bool: 'bool',
  float32: 'double',
  float64: 'double',
};
const specialKinds: Readonly<Record<string, ProtoKind>> = {
  quantity: 'quantity',
  'int-or-string': 'int-or-string',
  time: 'time',
  'micro-time': 'micro-time',
  any: 'json',
  string: 'duration',
};

function typedField(number: number, name: string, type: string): ProtoField {
  const base = { number, name, repeated: false };
  const special = specialTypes[type];
  if (special !== undefined) {
    const union = unionOf(type);
    return union === undefined
      ? { ...base, kind: specialKinds[special] as ProtoKind }
      : { ...base, kind: 'union', union };
  }
  if (/^[\w.-]+\.(ExtraValue|Verbs)$/.test(type)) return { ...base, kind: 'strings' };
  const expression = parseType(underlyingType(type));
  switch (expression.form) {
    case 'pointer':
      return typedField(number, name, expression.of);
    case 'list':
      if (expression.of === 'byte' || expression.of === 'uint8') return { ...base, kind: 'bytes' };
      return { ...typedField(number, name, expression.of.replace(/^\*/, '')), repeated: true };
    case 'map':
      return { ...base, kind: 'map', values: typedField(2, 'value', expression.of) };
    case 'name':
      if (Array.isArray(goTypeOf(expression.name)))
        return { ...base, kind: 'message', message: () => protoMessageOf(expression.name) };
      return { ...base, kind: elementary[expression.name] ?? 'int' };
  }
}

/** The three either-or types of CustomResourceDefinitions. */
function unionOf(type: string): ProtoUnion | undefined {
  const schema = `${packageOf(type)}.JSONSchemaProps`;
  const object = (number: number): ProtoField => ({
    number,
    name: 'schema',
    kind: 'message',
    repeated: false,
    message: () => protoMessageOf(schema),
  });
  switch (type.slice(type.lastIndexOf('.') + 1)) {
    case 'JSONSchemaPropsOrArray':
      return { object: object(1), other: { ...object(2), repeated: true } };
    case 'JSONSchemaPropsOrBool':
      return { object: object(2), other: { number: 1, name: 'allows', kind: 'bool', repeated: false } };
    case 'JSONSchemaPropsOrStringArray':
      return { object: object(1), other: { number: 2, name: 'property', kind: 'string', repeated: true } };
    default:
      return undefined;
  }
}

/**
 * Takes a body apart. `fail` makes the error to throw; its kind is undefined if the envelope could not be read. The object is
 * not normalised; it is empty if its kind is not built in (the caller refuses it).
 */
export function protobufToObject(
  bytes: Uint8Array,
  expected: GroupVersionKind,
  fail: (message: string, kind: GroupVersionKind | undefined) => Error,
): { object: KubeObject; kind: GroupVersionKind } {
  let kind: GroupVersionKind | undefined;
  try {
    const envelope = openEnvelope(bytes);
    const groupVersion = parseApiVersion(envelope.apiVersion) ?? { group: '', version: '' };
    kind = { ...groupVersion, kind: envelope.kind };
    const definition = definitionOfKind(kind.kind === '' ? expected : kind);
    const object = definition === undefined ? {} : decodeMessage(envelope.raw, protoMessageOf(definition), protoValues);
    return { object: object as KubeObject, kind };
  } catch (error) {
    throw error instanceof ProtobufError ? fail(error.message, kind) : error;
  }
}

/** The message of an object of a definition, without envelope: what lists are made of. */
export function encodeProtobuf(object: object, definition: string): Uint8Array {
  return encodeMessage(object as Record<string, unknown>, protoMessageOf(definition), protoValues);
}

/** An object in its envelope, which carries apiVersion and kind. */
export function objectToProtobuf(
  object: { readonly apiVersion?: string; readonly kind?: string },
  definition: string,
): Uint8Array {
  return sealEnvelope({
    apiVersion: object.apiVersion ?? '',
    kind: object.kind ?? '',
    raw: encodeProtobuf(object, definition),
  });
}

/** Any object of a built-in kind, a list, Status or discovery document in its envelope. Asserts that its kind is built in. */
export function encodeProtobufObject(value: object): Uint8Array {
  const object = value as { readonly apiVersion?: string; readonly kind?: string };
  const groupVersion = parseApiVersion(object.apiVersion ?? '') ?? { group: '', version: '' };
  const definition = definitionOfKind({ ...groupVersion, kind: object.kind ?? '' });
  assert(definition !== undefined, `${object.apiVersion} ${object.kind} has a protobuf form`);
  return objectToProtobuf(object, definition);
}
