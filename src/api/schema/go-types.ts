/**
 * The generated tables of Go types, parsed one package at a time at first use. Schemas and the protobuf codec compile from them.
 * A type expression is Go's with definition names: `[]io.k8s.api.core.v1.Container`, `map[string]string`, `*int32`.
 */
import { assert } from '#base/assert.ts';
import tables from '#api/generated/schema-tables.json' with { type: 'json' };

/** What OpenAPI adds to a field: required, default, format, enum, list type, list keys, map type, patch strategy, merge key. */
export interface FieldExtras {
  readonly r?: 1;
  readonly d?: unknown;
  readonly f?: string;
  readonly e?: readonly string[];
  readonly lt?: 'set' | 'map';
  readonly lk?: readonly string[];
  readonly mt?: 'granular' | 'atomic';
  readonly ps?: string;
  readonly pk?: string;
}

/** JSON name, type, flags (e omitempty, z omitzero, i inlined), protobuf number. */
export type FieldRow = readonly [name: string, type: string, flags: string, number: number, extras?: FieldExtras];
export type StructTable = readonly FieldRow[];

/** Package of definitions to its table, a JSON text; the shape is explained in tools/schema-tables.ts. */
const schemaTables: Readonly<Record<string, string>> = tables.packages;

/** Definitions that are owned and replaced as a whole. */
export const atomicDefinitions: readonly string[] = tables.atomic;

const parsed = new Map<string, Record<string, StructTable | string>>();

/** The package of a definition: `io.k8s.api.core.v1.Pod` → `io.k8s.api.core.v1`. */
export function packageOf(definition: string): string {
  return definition.slice(0, definition.lastIndexOf('.'));
}

/** The rows of a struct, the type behind a named type, or undefined. */
export function goTypeOf(definition: string): StructTable | string | undefined {
  const packageName = packageOf(definition);
  let table = parsed.get(packageName);
  if (table === undefined) {
    const text = Object.hasOwn(schemaTables, packageName) ? schemaTables[packageName] : undefined;
    if (text === undefined) return undefined;
    table = JSON.parse(text) as Record<string, StructTable | string>;
    parsed.set(packageName, table);
  }
  const name = definition.slice(packageName.length + 1);
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Replaces the short names (`.Container`) of an expression by definition names. */
export function expandType(type: string, packageName: string): string {
  return type.replaceAll(/(^|[[\]*])\./g, `$1${packageName}.`);
}

/** A type expression taken apart by one step. */
export type GoExpression =
  | { readonly form: 'pointer' | 'list'; readonly of: string }
  | { readonly form: 'map'; readonly key: string; readonly of: string }
  | { readonly form: 'name'; readonly name: string };

export function parseType(type: string): GoExpression {
  if (type.startsWith('*')) return { form: 'pointer', of: type.slice(1) };
  if (type.startsWith('[]')) return { form: 'list', of: type.slice(2) };
  if (type.startsWith('map[')) {
    const end = type.indexOf(']');
    return { form: 'map', key: type.slice(4, end), of: type.slice(end + 1) };
  }
  return { form: 'name', name: type };
}

/** How Go prints a type: `[]v1.Container`, `map[string]string`, `types.UID`. */
export function goName(type: string): string {
  const short = type.replaceAll(/[\w-]+(?:\.[\w-]+)+/g, (definition) => definition.split('.').slice(-2).join('.'));
  return short.replaceAll('[]byte', '[]uint8');
}

const elementary = new Set([
  'string',
  'bool',
  'int',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'uint8',
  'int8',
  'byte',
  'float32',
  'float64',
  'interface {}',
]);

/** The elementary or composed type behind named ones: `io.k8s.api.core.v1.RestartPolicy` → `string`. Structs and elementary types stay. */
export function underlyingType(type: string): string {
  let current = type;
  for (let depth = 0; depth < 10; depth++) {
    const expression = parseType(current);
    if (expression.form !== 'name' || elementary.has(expression.name) || specialTypes[expression.name] !== undefined)
      return current;
    const behind = goTypeOf(expression.name);
    if (behind === undefined || typeof behind !== 'string') return current;
    current = expandType(behind, packageOf(expression.name));
  }
  assert(false, `the type ${type} has an end`);
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const crd = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
/** Types that Go reads and prints by hand-written methods. */
export const specialTypes: Readonly<
  Record<string, 'quantity' | 'int-or-string' | 'time' | 'micro-time' | 'any' | 'string'>
> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
  [`${meta}.Time`]: 'time',
  [`${meta}.MicroTime`]: 'micro-time',
  [`${meta}.Duration`]: 'string',
  [`${meta}.FieldsV1`]: 'any',
  [`${crd}.JSON`]: 'any',
  [`${crd}.JSONSchemaPropsOrArray`]: 'any',
  [`${crd}.JSONSchemaPropsOrBool`]: 'any',
  [`${crd}.JSONSchemaPropsOrStringArray`]: 'any',
};
