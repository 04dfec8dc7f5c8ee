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
}

/** Finds definitions by name (`io.k8s.api.core.v1.Pod`); compiles each at its first use. */
export interface Schemas {
  type(definition: string): TypeSchema;
}
