/**
 * The compiled form of a definition: what decoding, defaulting, pruning, patching, managed fields and protobuf walk.
 * Built-in kinds get it from generated/ (api/schema/schemas.ts), CRDs from their structural schema.
 */
export type TypeKind =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  /** Known fields. */
  | 'struct'
  /** Any keys, one type of value. */
  | 'map'
  | 'list'
  /** Base64 in JSON. */
  | 'bytes'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'micro-time'
  /** Any JSON, kept as it is (RawExtension, FieldsV1, JSON). */
  | 'any';

export interface TypeSchema {
  readonly kind: TypeKind;
  /** Definition name; inline types have ''. */
  readonly name: string;
  /** 'int32' | 'int64' | 'double' | 'date-time' | … as in OpenAPI. */
  readonly format: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** Of a map. */
  readonly values?: TypeSchema;
  /** Of a list. */
  readonly items?: TypeSchema;
  readonly enum?: readonly string[];
  /** struct and map: 'atomic' is owned and replaced as a whole. */
  readonly mapType: 'granular' | 'atomic';
  /** list only. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listMapKeys: readonly string[];
  /** Go's name of the type, for upstream's error texts: `v1.PodSpec`, `int32`, `[]v1.Container`. Absent in custom resources. */
  readonly goType?: string;
}

export interface FieldSchema {
  readonly name: string;
  readonly type: TypeSchema;
  readonly required: boolean;
  /** As in OpenAPI; undefined: none. */
  readonly default?: unknown;
  /** Strategic merge patch. */
  readonly patchStrategy: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey: string;
  /** How Go reads and prints the field; absent in custom resources, whose fields are kept as they are. */
  readonly go?: GoField;
}

export interface GoField {
  /** An explicit zero value differs from an absent one. */
  readonly pointer: boolean;
  /** Empty strings, lists and maps, zero numbers, false and nil are not printed. */
  readonly omitEmpty: boolean;
  /** The zero value, of a struct as well, is not printed. */
  readonly omitZero: boolean;
  /** Path in error texts: the Go names of inlined structs, then the field's name: `VolumeSource.hostPath`. */
  readonly errorPath: string;
}

/** Finds definitions by name (`io.k8s.api.core.v1.Pod`); compiles each at its first use. */
export interface Schemas {
  type(definition: string): TypeSchema;
}
