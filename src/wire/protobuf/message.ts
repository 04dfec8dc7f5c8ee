/**
 * What the codec walks: a message as it is on the wire, with the JSON names of its fields. Kubernetes' own scalars (times,
 * quantities, …) are messages on the wire and one value in JSON.
 */

export type ProtoKind =
  | 'string'
  | 'bool'
  /** int32, int64, uint32: varints; 64 bits are exact (see {@link ProtoNumbers}). */
  | 'int'
  | 'double'
  /** Base64 in JSON. */
  | 'bytes'
  | 'message'
  | 'map'
  /** { string = 1 } */
  | 'quantity'
  /** { seconds = 1, nanos = 2 } */
  | 'time'
  | 'micro-time'
  /** { type = 1, intVal = 2, strVal = 3 } */
  | 'int-or-string'
  /** { raw = 1 }: JSON text. */
  | 'json'
  /** { items = 1 }: strings. */
  | 'strings'
  /** { duration = 1 }: nanoseconds; `1m30s` in JSON. */
  | 'duration'
  /** Either of two shapes in JSON, told apart by what is there: { one = n } holds it. */
  | 'union';

export interface ProtoField {
  readonly number: number;
  /** In JSON; '' for an inlined message, whose fields are the parent's. */
  readonly name: string;
  readonly kind: ProtoKind;
  readonly repeated: boolean;
  /** Of a message. */
  readonly message?: () => ProtoMessage;
  /** Of a map: the type of its values (number 2); keys are strings (number 1). */
  readonly values?: ProtoField;
  /** Of a union. */
  readonly union?: ProtoUnion;
}

/** JSONSchemaPropsOrArray and its like: an object, or something else. */
export interface ProtoUnion {
  readonly object: ProtoField;
  readonly other: ProtoField;
}

export interface ProtoMessage {
  readonly name: string;
  readonly fields: readonly ProtoField[];
  /** By number; holes are undefined. */
  readonly byNumber: readonly (ProtoField | undefined)[];
}

export function protoMessage(name: string, fields: readonly ProtoField[]): ProtoMessage {
  const byNumber: (ProtoField | undefined)[] = [];
  for (const field of fields) byNumber[field.number] = field;
  return { name, fields, byNumber };
}

/** How integers beyond 2^53 and embedded JSON become values and back; api/ knows. */
export interface ProtoValues {
  /** An int64 that a double does not hold, from its digits. */
  largeInteger(digits: string): unknown;
  /** The digits of a value made by largeInteger; undefined for others. */
  digitsOf(value: unknown): string | undefined;
  parseJson(text: string): unknown;
  /** Drops what JSON would not show from an object that no schema reaches later (the object of a union). */
  normalize(object: Record<string, unknown>, message: string): unknown;
}
