/** Objects in the order in which Go prints them, for error texts that show one. */
import type { TypeSchema } from '#api/schema/type-schema.ts';

/** Fields of structs in the order of the Go type, keys of maps sorted. */
export function inGoOrder(value: unknown, type: TypeSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => inGoOrder(item, type?.items));
  if (typeof value !== 'object' || value === null || type === undefined) return value;
  if (type.kind === 'struct') return orderedStruct(value as Record<string, unknown>, type);
  if (type.kind !== 'map') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, inGoOrder(item, type.values)]));
}

function orderedStruct(value: Record<string, unknown>, type: TypeSchema): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of type.fields.values())
    if (value[field.name] !== undefined) result[field.name] = inGoOrder(value[field.name], field.type);
  for (const key of Object.keys(value)) if (!Object.hasOwn(result, key)) result[key] = value[key];
  return result;
}
