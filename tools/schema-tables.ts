/**
 * The compact module src/api/generated/schema-tables.json: what schemas.ts and the protobuf codec compile from. It joins the
 * OpenAPI definitions (list types, merge keys, enums, defaults) with the facts of the Go types (field order, pointers, what
 * is omitted when empty, protobuf numbers). One JSON text per Go package,
 * parsed at its first use, in a JSON module: loading it costs a millisecond, as a TypeScript module it was 40.
 *
 * A struct is a list of fields `[name, type, flags, protobuf number, extras?]`; any other type is the Go type behind it.
 * Types of the same package are written `.Name`, others by definition name.
 */

export type GoTypes = Record<string, string | [string, string, string, number][]>;

interface Property {
  $ref?: string;
  allOf?: Property[];
  type?: string;
  format?: string;
  enum?: string[];
  default?: unknown;
  items?: Property;
  properties?: Record<string, Property>;
  additionalProperties?: Property;
  required?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
}

/** `k8s.io/api/core/v1.Pod` -> `io.k8s.api.core.v1.Pod`. */
export function definitionOf(goName: string): string {
  const dot = goName.lastIndexOf('.');
  const [host, ...rest] = goName.slice(0, dot).split('/');
  return [...(host as string).split('.').reverse(), ...rest].join('.') + goName.slice(dot);
}

function shortType(type: string, packageName: string): string {
  return type.replaceAll(/[a-z0-9.-]+\.io\/[\w./-]+\.\w+/g, (goName) => {
    const definition = definitionOf(goName);
    return definition.startsWith(`${packageName}.`) && !definition.slice(packageName.length + 1).includes('.')
      ? definition.slice(packageName.length)
      : definition;
  });
}

/** In OpenAPI the zero values of Go fields that are no pointers look like defaults; only what differs from zero is one. */
function realDefault(value: unknown): unknown {
  const zero = value === undefined || value === '' || value === 0 || value === false || value === null;
  return zero || (typeof value === 'object' && Object.keys(value).length === 0) ? undefined : value;
}

function extrasOf(property: Property, required: boolean): Record<string, unknown> | undefined {
  const extras: Record<string, unknown> = {
    r: required ? 1 : undefined,
    d: realDefault(property.default),
    f: property.format ?? property.items?.format ?? property.additionalProperties?.format,
    e: property.enum ?? property.items?.enum,
    lt: property['x-kubernetes-list-type'] === 'atomic' ? undefined : property['x-kubernetes-list-type'],
    lk: property['x-kubernetes-list-map-keys'],
    mt: property['x-kubernetes-map-type'],
    ps: property['x-kubernetes-patch-strategy'],
    pk: property['x-kubernetes-patch-merge-key'],
  };
  const given = Object.entries(extras).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function structTable(
  fields: [string, string, string, number][],
  schema: Property | undefined,
  packageName: string,
): unknown[] {
  return fields.map(([name, type, flags, number]) => {
    const property = schema?.properties?.[name];
    const extras = property === undefined ? undefined : extrasOf(property, schema?.required?.includes(name) === true);
    return [name, shortType(type, packageName), flags, number, ...(extras === undefined ? [] : [extras])];
  });
}

/** The module's text: `{ packages: {name: table}, atomic: [definition] }`; `atomic` are owned and replaced as a whole. */
export function schemaTablesModule(goTypes: GoTypes, schemas: Record<string, Property>): string {
  const packages = new Map<string, Record<string, unknown>>();
  for (const [goName, type] of Object.entries(goTypes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const definition = definitionOf(goName);
    const packageName = definition.slice(0, definition.lastIndexOf('.'));
    const table = packages.get(packageName) ?? {};
    packages.set(packageName, table);
    const name = definition.slice(packageName.length + 1);
    table[name] =
      typeof type === 'string' ? shortType(type, packageName) : structTable(type, schemas[definition], packageName);
  }
  const texts = Object.fromEntries([...packages].map(([name, table]) => [name, JSON.stringify(table)]));
  const atomic = Object.keys(schemas).filter((name) => schemas[name]?.['x-kubernetes-map-type'] === 'atomic');
  return `${JSON.stringify({ packages: texts, atomic }, undefined, 1)}\n`;
}
