/**
 * The patch between two versions of an object, as strategic merge patches write it: lists by their merge key, order and
 * retained keys as directives. A three-way patch needs two halves of it: what is to be changed, and what is to be deleted.
 *
 *   before { containers: [{ name: 'a' }] }   after { containers: [{ name: 'b' }] }
 *   changes   → { containers: [{ name: 'b' }], $setElementOrder/containers: [{ name: 'b' }] }
 *   deletions → { containers: [{ name: 'a', $patch: 'delete' }], $setElementOrder/containers: [{ name: 'b' }] }
 */
import { rawSource } from '#base/exact-json.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What a difference tells: what is new or another value, or what is gone. */
export type DiffPart = 'changes' | 'deletions';

/** Directives of strategic merge patches. */
export const directives = {
  patch: '$patch',
  retainKeys: '$retainKeys',
  deleteFromList: '$deleteFromPrimitiveList/',
  order: '$setElementOrder/',
} as const;

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && rawSource(value) === undefined;
}

/** A type of JSON; two values of different types are never merged. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return rawSource(value) === undefined ? typeof value : 'number';
}

/** A field's type and how it is patched; without a schema objects are merged and lists replaced. */
export interface FieldRules {
  readonly type: TypeSchema | undefined;
  readonly strategy: 'merge' | 'replace' | '';
  readonly retainsKeys: boolean;
  readonly mergeKey: string;
}

const noRules: FieldRules = { type: undefined, strategy: '', retainsKeys: false, mergeKey: '' };

/** How a field of a type is patched. */
export function rulesOf(type: TypeSchema | undefined, name: string): FieldRules {
  if (type === undefined) return noRules;
  if (type.kind === 'map') return { ...noRules, type: type.values };
  const field: FieldSchema | undefined = type.fields.get(name);
  if (field === undefined) return noRules;
  const strategy = field.patchStrategy.find((one) => one !== 'retainKeys') ?? '';
  return {
    type: field.type,
    strategy,
    retainsKeys: field.patchStrategy.includes('retainKeys'),
    mergeKey: field.patchMergeKey,
  };
}

/** One half of the difference; empty if there is none. Neither version is changed, but parts of `after` are shared. */
export function strategicDiff(
  before: Fields,
  after: Fields,
  part: DiffPart,
  { type, retainsKeys }: Pick<FieldRules, 'type' | 'retainsKeys'>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const [name, wanted] of Object.entries(after)) {
    const isNew = !Object.hasOwn(before, name) || jsonType(before[name]) !== jsonType(wanted);
    if (isNew) {
      if (part === 'changes') patch[name] = wanted;
    } else fieldDiff(patch, { name, old: before[name], wanted, part }, rulesOf(type, name));
  }
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  if (part === 'deletions') for (const name of gone) patch[name] = null;
  const isChanged = Object.keys(patch).length > 0 || gone.some((name) => before[name] !== null);
  const kept = Object.keys(after).filter((name) => after[name] !== null);
  if (retainsKeys && isChanged && kept.length > 0) patch[directives.retainKeys] = kept.sort();
  return patch;
}

interface FieldChange {
  readonly name: string;
  readonly old: unknown;
  readonly wanted: unknown;
  readonly part: DiffPart;
}

function fieldDiff(patch: Record<string, unknown>, change: FieldChange, rules: FieldRules): void {
  const { name, old, wanted, part } = change;
  if (isFields(old) && isFields(wanted) && rules.strategy !== 'replace') {
    const inner = strategicDiff(old, wanted, part, rules);
    if (Object.keys(inner).length > 0) patch[name] = inner;
  } else if (isFields(wanted)) {
    if (part === 'changes') patch[name] = wanted;
  } else if (Array.isArray(old) && Array.isArray(wanted) && rules.strategy === 'merge') {
    listDiff(patch, { name, old, wanted, part }, rules);
  } else if (part === 'changes' && !jsonEqual(old, wanted)) patch[name] = wanted;
}

interface ListChange {
  readonly name: string;
  readonly old: readonly unknown[];
  readonly wanted: readonly unknown[];
  readonly part: DiffPart;
}

function listDiff(patch: Record<string, unknown>, change: ListChange, rules: FieldRules): void {
  const { name, old, wanted, part } = change;
  if (old.length === 0) {
    if (wanted.length > 0 && part === 'changes') patch[name] = wanted;
    return;
  }
  if (isFields(old[0] ?? wanted[0])) keyedDiff(patch, change, rules);
  else scalarDiff(patch, change);
}

function keyedDiff(patch: Record<string, unknown>, { name, old, wanted, part }: ListChange, rules: FieldRules): void {
  const key = rules.mergeKey;
  const keyOf = (item: unknown): unknown => (isFields(item) ? item[key] : undefined);
  const { both, added, gone } = paired(old, wanted, keyOf);
  const items: unknown[] = [];
  for (const { before, after } of both) {
    const inner = strategicDiff(before as Fields, after as Fields, part, {
      type: rules.type?.items,
      retainsKeys: rules.retainsKeys,
    });
    if (Object.keys(inner).length > 0) items.push({ ...inner, [key]: keyOf(after) });
  }
  if (part === 'changes') items.push(...added);
  const position = (item: unknown): number => wanted.findIndex((other) => keyOf(other) === keyOf(item));
  items.sort((a, b) => position(a) - position(b));
  if (part === 'deletions') for (const item of gone) items.push({ [key]: keyOf(item), [directives.patch]: 'delete' });
  if (items.length > 0) patch[name] = items;
  const isSameOrder = old.length === wanted.length && old.every((item, at) => keyOf(item) === keyOf(wanted[at]));
  if (items.length > 0 || (part === 'changes' && !isSameOrder))
    setOrder(
      patch,
      name,
      wanted.map((item) => ({ [key]: keyOf(item) })),
    );
}

/** An empty order says nothing. */
function setOrder(patch: Record<string, unknown>, name: string, order: readonly unknown[]): void {
  if (order.length > 0) patch[`${directives.order}${name}`] = order;
}

interface Pairs {
  readonly both: readonly { readonly before: unknown; readonly after: unknown }[];
  readonly added: readonly unknown[];
  readonly gone: readonly unknown[];
}

/** Items by their keys in sorted order; of several with one key the first meets the first, and so on. */
function paired(old: readonly unknown[], wanted: readonly unknown[], keyOf: (item: unknown) => unknown): Pairs {
  const textOf = (item: unknown): string => String(rawSource(keyOf(item)) ?? keyOf(item));
  const byText = (a: unknown, b: unknown): number => compare(textOf(a), textOf(b));
  const [left, right] = [[...old].sort(byText), [...wanted].sort(byText)];
  const both: { before: unknown; after: unknown }[] = [];
  const [added, gone]: [unknown[], unknown[]] = [[], []];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const order = i >= left.length ? 1 : j >= right.length ? -1 : byText(left[i], right[j]);
    if (order === 0) both.push({ before: left[i++], after: right[j++] });
    else if (order > 0) added.push(right[j++]);
    else gone.push(left[i++]);
  }
  return { both, added, gone };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function scalarDiff(patch: Record<string, unknown>, { name, old, wanted, part }: ListChange): void {
  const { added, gone } = paired(old, wanted, (item) => item);
  if (part === 'changes') {
    const items = [...added].sort((a, b) => wanted.indexOf(a) - wanted.indexOf(b));
    if (items.length > 0) patch[name] = items;
    // Upstream compares with the sorted list: an unsorted one is put in order again and again.
    const sorted = [...old].sort((a, b) => compare(String(a), String(b)));
    if (!jsonEqual(sorted, wanted)) setOrder(patch, name, wanted);
    return;
  }
  if (gone.length === 0) return;
  patch[`${directives.deleteFromList}${name}`] = [...new Set(gone)];
  setOrder(patch, name, wanted);
}
