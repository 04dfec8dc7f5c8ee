/** Equality of API values: absent, null and empty are the same, as in upstream's semantic comparison. */

import type { TypeSchema } from '#api/schema/type-schema.ts';

/** Deep equality of JSON in which undefined, null, [] and {} are equal. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a)) return isEmpty(b);
  if (isEmpty(b) || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  if (Array.isArray(b)) return false;
  return equalObjects(a as Record<string, unknown>, b as Record<string, unknown>);
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!semanticEqual(a[i], b[i])) return false;
  return true;
}

function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  for (const key of Object.keys(a)) if (!semanticEqual(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (!(key in a) && !isEmpty(b[key])) return false;
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _key in value) return false;
  return true;
}

/**
 * Equality of two values of a Go type: as {@link semanticEqual}, but a pointer to an empty struct differs from nil
 * (`emptyDir: {}`, `namespaceSelector: {}`), which JSON alone does not tell from an empty map.
 */
export function equalOfType(a: unknown, b: unknown, type: TypeSchema): boolean {
  if (a === b) return true;
  if (type.kind === 'struct') return equalStructs(a, b, type);
  const item = type.kind === 'list' ? type.items : type.kind === 'map' ? type.values : undefined;
  if (item === undefined || isEmpty(a) || isEmpty(b)) return semanticEqual(a, b);
  const [left, right] = [a as Fields, b as Fields];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => key in right && equalOfType(left[key], right[key], item));
}

type Fields = Readonly<Record<string, unknown>>;

function equalStructs(a: unknown, b: unknown, type: TypeSchema): boolean {
  const [left, right] = [(a ?? {}) as Fields, (b ?? {}) as Fields];
  for (const field of type.fields.values()) {
    const [one, other] = [left[field.name], right[field.name]];
    if (one === other) continue;
    const isOneNil = (one ?? undefined) === undefined || (other ?? undefined) === undefined;
    if (
      isOneNil &&
      field.go?.pointer === true &&
      field.type.kind === 'struct' &&
      (one ?? other ?? undefined) !== undefined
    )
      return false;
    if (!equalOfType(one, other, field.type)) return false;
  }
  return true;
}

/** Exact deep equality of JSON; undefined counts as absent. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) {
    const other = b as readonly unknown[];
    return a.length === other.length && a.every((item, i) => jsonEqual(item, other[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) if (!jsonEqual(left[key], right[key])) return false;
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}
