/**
 * Helm's values: what YAML, JSON and --set give to templates. Tables are Maps, so that a user's key never meets a prototype.
 *
 * Numbers of YAML and JSON are Go's float64 (`number`), whole numbers of --set are int64 (`bigint`).
 */
import { rawSource } from '#base/exact-json.ts';

/** One value of a values file or of a flag. */
export type Value = null | boolean | number | bigint | string | Value[] | Table;

/** Go's map[string]interface{}; order carries no meaning. */
export type Table = Map<string, Value>;

/** Whether a value is a table. */
export function isTable(value: unknown): value is Table {
  return value instanceof Map;
}

/** A copy that shares nothing with its source. */
export function copyTable(table: Table): Table {
  const copy: Table = new Map();
  for (const [key, value] of table) copy.set(key, copyValue(value));
  return copy;
}

function copyValue(value: Value): Value {
  if (isTable(value)) return copyTable(value);
  return Array.isArray(value) ? value.map(copyValue) : value;
}

/** The table at a dotted path, or undefined with the name of the step that is none. */
export function tableAt(table: Table, path: string): { table: Table } | { missing: string } {
  let current = table;
  for (const name of path.split('.')) {
    const next = current.get(name);
    if (!isTable(next)) return { missing: name };
    current = next;
  }
  return { table: current };
}

/** The value at a dotted path; undefined if it is absent or a table. */
export function leafAt(table: Table, path: string): Value | undefined {
  const steps = path.split('.');
  const key = steps.pop() ?? '';
  const parent = steps.length === 0 ? { table } : tableAt(table, steps.join('.'));
  if (!('table' in parent)) return undefined;
  const value = parent.table.get(key);
  return isTable(value) ? undefined : value;
}

/** Plain JSON values as values; a number's raw source (an integer beyond 2^53) becomes the nearest float64, as Go's JSON reader does. */
export function valueOf(plain: unknown): Value {
  if (plain === null || plain === undefined) return null;
  if (Array.isArray(plain)) return plain.map(valueOf);
  if (typeof plain !== 'object') return plain as Value;
  const source = rawSource(plain);
  if (source !== undefined) return Number(source);
  const table: Table = new Map();
  for (const [key, value] of Object.entries(plain)) table.set(key, valueOf(value));
  return table;
}

/** Values as plain JSON values, keys sorted as Go prints them. Whole numbers of --set beyond 2^53 lose digits. */
export function plainOf(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plainOf);
  if (!isTable(value)) return value;
  const keys = [...value.keys()].sort();
  return Object.fromEntries(keys.map((key) => [key, plainOf(value.get(key) ?? null)]));
}

/** The type's name as Go prints it in conversion errors. */
export function goTypeName(value: Value): string {
  if (value === null) return 'nil';
  if (isTable(value)) return 'map[string]interface {}';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int64';
    default:
      return 'string';
  }
}
