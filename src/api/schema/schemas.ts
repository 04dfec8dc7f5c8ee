/**
 * Schemas of the built-in kinds, compiled lazily from the generated tables: asking for `io.k8s.api.core.v1.Pod` parses the
 * table of core/v1 and compiles Pod; PodSpec is compiled when a walk first reaches `fields` of it.
 */
import { assert } from '#base/assert.ts';
import type { FieldExtras, FieldRow } from '#api/schema/go-types.ts';
import {
  atomicDefinitions,
  expandType,
  goName,
  goTypeOf,
  packageOf,
  parseType,
  specialTypes,
  underlyingType,
} from '#api/schema/go-types.ts';
import type { FieldSchema, GoField, Schemas, TypeKind, TypeSchema } from '#api/schema/type-schema.ts';

const noFields: ReadonlyMap<string, FieldSchema> = new Map();
const noExtras: FieldExtras = {};
const structs = new Map<string, TypeSchema>();
const atomic = new Set(atomicDefinitions);

/** Schemas of every built-in definition. `type` asserts that the definition exists. */
export const builtinSchemas: Schemas = { type: structType };

/** True if there is a built-in definition of that name. */
export function isBuiltinDefinition(definition: string): boolean {
  return goTypeOf(definition) !== undefined;
}

function structType(definition: string): TypeSchema {
  let type = structs.get(definition);
  if (type === undefined) {
    type = compileStruct(definition);
    structs.set(definition, type);
  }
  return type;
}

function compileStruct(definition: string): TypeSchema {
  const rows = goTypeOf(definition);
  assert(rows !== undefined, `there is a definition ${definition}`);
  if (typeof rows === 'string' || specialTypes[definition] !== undefined) return compileType(definition, noExtras);
  let fields: ReadonlyMap<string, FieldSchema> | undefined;
  return {
    ...baseType('struct', definition),
    name: definition,
    mapType: atomic.has(definition) ? 'atomic' : 'granular',
    get fields() {
      fields ??= new Map(fieldsOf(definition, '').map((field) => [field.name, field]));
      return fields;
    },
  };
}

function baseType(
  kind: TypeKind,
  goType: string,
): Omit<TypeSchema, 'fields'> & { fields: ReadonlyMap<string, FieldSchema> } {
  return {
    kind,
    name: '',
    format: '',
    fields: noFields,
    mapType: 'granular',
    listType: 'atomic',
    listMapKeys: [],
    goType: goName(goType),
  };
}

/** Fields in Go's order, those of inlined structs in their place. */
function fieldsOf(definition: string, errorPrefix: string): FieldSchema[] {
  const rows = goTypeOf(definition);
  assert(Array.isArray(rows), `${definition} is a struct`);
  const packageName = packageOf(definition);
  return (rows as readonly FieldRow[]).flatMap((row) => {
    const [name, type, flags] = row;
    const full = expandType(type, packageName);
    if (name === '' && flags.includes('i'))
      return fieldsOf(full, `${errorPrefix}${full.slice(full.lastIndexOf('.') + 1)}.`);
    return [compileField(row, full, errorPrefix + name)];
  });
}

function compileField(row: FieldRow, type: string, errorPath: string): FieldSchema {
  const [name, , flags, , extras = noExtras] = row;
  const pointer = type.startsWith('*');
  const go: GoField = { pointer, omitEmpty: flags.includes('e'), omitZero: flags.includes('z'), errorPath };
  let compiled: TypeSchema | undefined;
  return {
    name,
    get type() {
      compiled ??= compileType(pointer ? type.slice(1) : type, extras);
      return compiled;
    },
    required: extras.r === 1,
    ...(extras.d === undefined ? {} : { default: extras.d }),
    patchStrategy: extras.ps === undefined ? [] : (extras.ps.split(',') as FieldSchema['patchStrategy']),
    patchMergeKey: extras.pk ?? '',
    go,
  };
}

const elementaryKinds: Readonly<Record<string, TypeKind>> = {
  string: 'string',
  bool: 'boolean',
  float32: 'number',
  float64: 'number',
  'interface {}': 'any',
};

/** The type of an expression without its pointer; `extras` are those of the field it belongs to. */
function compileType(type: string, extras: FieldExtras): TypeSchema {
  const special = specialTypes[type];
  if (special !== undefined)
    return {
      ...baseType(special, type),
      name: type,
      format: extras.f ?? '',
      mapType: extras.mt ?? (special === 'any' ? 'atomic' : 'granular'),
    };
  const underlying = underlyingType(type);
  const expression = parseType(underlying);
  switch (expression.form) {
    case 'pointer':
      return compileType(expression.of, extras);
    case 'list':
      return listType(type, expression.of, extras);
    case 'map':
      return {
        ...baseType('map', type),
        values: compileType(expression.of, valueExtras(extras)),
        mapType: extras.mt ?? 'granular',
      };
    case 'name':
      return namedType(type, expression.name, extras);
  }
}

function listType(type: string, of: string, extras: FieldExtras): TypeSchema {
  if (of === 'byte' || of === 'uint8') return { ...baseType('bytes', type), format: 'byte' };
  return {
    ...baseType('list', type),
    items: compileType(of, valueExtras(extras)),
    listType: extras.lt ?? 'atomic',
    listMapKeys: extras.lk ?? [],
  };
}

/** An enum and a format are said of the innermost values. */
function valueExtras(extras: FieldExtras): FieldExtras {
  return { ...(extras.e === undefined ? {} : { e: extras.e }), ...(extras.f === undefined ? {} : { f: extras.f }) };
}

function namedType(type: string, name: string, extras: FieldExtras): TypeSchema {
  if (Array.isArray(goTypeOf(name))) {
    const struct = structType(name);
    if (extras.mt === undefined || extras.mt === struct.mapType) return struct;
    return {
      ...baseType('struct', name),
      name,
      mapType: extras.mt,
      get fields() {
        return struct.fields;
      },
    };
  }
  const kind = elementaryKinds[name] ?? 'integer';
  const format =
    kind === 'integer' ? (name === 'int' ? 'int64' : name) : kind === 'number' ? 'double' : (extras.f ?? '');
  return { ...baseType(kind, type), format, ...(extras.e === undefined ? {} : { enum: extras.e }) };
}
