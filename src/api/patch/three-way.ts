/**
 * The patch of `apply`: from the object as it was applied last (original), as it is wanted (modified) and as it is on the
 * server (current). What is wanted and differs is set, what was applied before and is wanted no more is taken away, and
 * what others set stays.
 *
 *   original { replicas: 1, paused: true }   modified { replicas: 2 }   current { replicas: 1, paused: true, hash: 'x' }
 *   → { replicas: 2, paused: null }
 *
 * With a schema it is a strategic merge patch (lists by their merge key), without one a merge patch.
 */
import { jsonEqual } from '#api/meta/equality.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Versions {
  readonly original: Fields;
  readonly modified: Fields;
  readonly current: Fields;
}

/** An empty object: nothing is to be changed. */
export function threeWayPatch({ original, modified, current }: Versions, type?: TypeSchema): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const [name, wanted] of Object.entries(modified)) {
    if (jsonEqual(wanted, original[name]) && jsonEqual(wanted, current[name])) continue;
    const part = { name, wanted, before: original[name], now: current[name] };
    Object.assign(
      patch,
      fieldPatch(part, type?.kind === 'map' ? undefined : type?.fields.get(name), valuesOf(type, name)),
    );
  }
  for (const name of Object.keys(original)) if (!Object.hasOwn(modified, name)) patch[name] = null;
  return patch;
}

function valuesOf(type: TypeSchema | undefined, name: string): TypeSchema | undefined {
  return type?.kind === 'map' ? type.values : type?.fields.get(name)?.type;
}

interface Part {
  readonly name: string;
  readonly wanted: unknown;
  readonly before: unknown;
  readonly now: unknown;
}

function fieldPatch(part: Part, field: FieldSchema | undefined, type: TypeSchema | undefined): Fields {
  const { name, wanted, before, now } = part;
  if (wanted === null && now === undefined) return {};
  if (isFields(wanted) && isFields(now)) {
    if (field?.patchStrategy.includes('replace') === true)
      return jsonEqual(wanted, now) ? {} : { [name]: { ...wanted, $patch: 'replace' } };
    const inner = threeWayPatch({ original: isFields(before) ? before : {}, modified: wanted, current: now }, type);
    if (Object.keys(inner).length === 0) return {};
    return { [name]: field?.patchStrategy.includes('retainKeys') === true ? retaining(inner, wanted) : inner };
  }
  if (Array.isArray(wanted) && Array.isArray(now) && field?.patchStrategy.includes('merge') === true) {
    const lists = { name, wanted, now, before: Array.isArray(before) ? before : [] };
    return field.patchMergeKey === '' ? primitiveListPatch(lists) : keyedListPatch(lists, field, type?.items);
  }
  return jsonEqual(wanted, now) ? {} : { [name]: wanted };
}

const retaining = (inner: Fields, wanted: Fields): Fields => ({ ...inner, $retainKeys: Object.keys(wanted).sort() });

interface Lists {
  readonly name: string;
  readonly wanted: readonly unknown[];
  readonly now: readonly unknown[];
  readonly before: readonly unknown[];
}

function keyedListPatch(
  { name, wanted, now, before }: Lists,
  field: FieldSchema,
  items: TypeSchema | undefined,
): Fields {
  const key = field.patchMergeKey;
  const keyOf = (item: unknown): unknown => (isFields(item) ? item[key] : undefined);
  const find = (list: readonly unknown[], item: unknown): Fields | undefined =>
    list.find((other) => keyOf(other) === keyOf(item)) as Fields | undefined;
  const changes: Fields[] = [];
  for (const item of wanted as readonly Fields[]) {
    const current = find(now, item);
    if (current === undefined) {
      changes.push(item);
      continue;
    }
    const inner = threeWayPatch({ original: find(before, item) ?? {}, modified: item, current }, items);
    if (Object.keys(inner).length === 0) continue;
    const isRetaining = field.patchStrategy.includes('retainKeys');
    changes.push({ ...(isRetaining ? retaining(inner, item) : inner), [key]: keyOf(item) });
  }
  for (const item of before)
    if (find(wanted, item) === undefined) changes.push({ $patch: 'delete', [key]: keyOf(item) });
  const kept = now.map(keyOf).filter((value) => wanted.some((item) => keyOf(item) === value));
  const order = wanted.map(keyOf);
  const isInOrder = jsonEqual(
    kept,
    order.filter((value) => kept.includes(value)),
  );
  if (changes.length === 0 && isInOrder) return {};
  const asItems = order.map((value) => ({ [key]: value }));
  return { [`$setElementOrder/${name}`]: asItems, ...(changes.length === 0 ? {} : { [name]: changes }) };
}

function primitiveListPatch({ name, wanted, now, before }: Lists): Fields {
  const added = wanted.filter((item) => !now.includes(item));
  const removed = before.filter((item) => !wanted.includes(item));
  if (added.length === 0 && removed.length === 0) return {};
  return {
    [`$setElementOrder/${name}`]: wanted,
    ...(added.length === 0 ? {} : { [name]: added }),
    ...(removed.length === 0 ? {} : { [`$deleteFromPrimitiveList/${name}`]: removed }),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
