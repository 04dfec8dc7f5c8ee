/**
 * Defaults that a schema can say: the few of the built-in kinds (a port's protocol) and all those of custom resources.
 * Anything that depends on other fields is the business of a kind's `defaults`.
 *
 *   {"ports":[{"containerPort":80}]}  →  {"ports":[{"containerPort":80,"protocol":"TCP"}]}
 */
import { cloneJson } from '#base/immutable.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';

type Fields = Record<string, unknown>;

/**
 * Sets defaults in place, everywhere in the value. A default is set where the field is absent, and where it is null and the
 * type is not nullable; built-in fields that are no pointers also count as absent when they are empty.
 */
export function applySchemaDefaults(value: unknown, type: TypeSchema): void {
  if (value === null || value === undefined || !hasDefaults(type)) return;
  switch (type.kind) {
    case 'struct':
      return applyToStruct(value as Fields, type);
    case 'map':
      for (const item of Object.values(value)) applySchemaDefaults(item, type.values as TypeSchema);
      return;
    case 'list':
      for (const item of value as unknown[]) applySchemaDefaults(item, type.items as TypeSchema);
      return;
    default:
  }
}

function applyToStruct(object: Fields, type: TypeSchema): void {
  for (const field of planOf(type)) {
    if (field.default !== undefined && isUnset(object[field.name], field))
      object[field.name] = cloneJson(field.default);
    applySchemaDefaults(object[field.name], field.type);
  }
}

function isUnset(value: unknown, field: FieldSchema): boolean {
  if (value === undefined || value === null) return true;
  return field.go !== undefined && !field.go.pointer && (value === '' || value === 0);
}

const plans = new WeakMap<TypeSchema, readonly FieldSchema[]>();

/** The fields that have a default or contain one. */
function planOf(type: TypeSchema): readonly FieldSchema[] {
  let plan = plans.get(type);
  if (plan === undefined) {
    plan = [...type.fields.values()].filter((field) => field.default !== undefined || hasDefaults(field.type));
    plans.set(type, plan);
  }
  return plan;
}

const known = new WeakMap<TypeSchema, boolean>();

/** Does a default occur anywhere in the type? A type that contains itself is taken not to, while it is being looked at. */
function hasDefaults(type: TypeSchema): boolean {
  const before = known.get(type);
  if (before !== undefined) return before;
  known.set(type, false);
  const inner = type.kind === 'map' ? type.values : type.kind === 'list' ? type.items : undefined;
  const result =
    inner !== undefined
      ? hasDefaults(inner)
      : [...type.fields.values()].some((field) => field.default !== undefined || hasDefaults(field.type));
  known.set(type, result);
  return result;
}
