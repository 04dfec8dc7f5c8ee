/**
 * The patch of `apply`: from the object as it was applied last (original), as it is wanted (modified) and as it is on the
 * server (current). What is wanted and differs is set, what was applied before and is wanted no more is taken away, and
 * what others set stays.
 *
 *   original { replicas: 1, paused: true }   modified { replicas: 2 }   current { replicas: 1, paused: true, hash: 'x' }
 *   → { replicas: 2, paused: null }
 *
 * With a schema it is a strategic merge patch (lists by their merge key), without one a merge patch. It is made as upstream
 * makes it: the changes from current to modified laid over the deletions from original to modified.
 */
import type { TypeSchema } from '#api/schema/type-schema.ts';
import { normalizeOrder } from '#api/patch/element-order.ts';
import type { FieldRules, Fields } from '#api/patch/strategic-diff.ts';
import { directives, isFields, jsonType, rulesOf, strategicDiff } from '#api/patch/strategic-diff.ts';

export interface Versions {
  readonly original: Fields;
  readonly modified: Fields;
  readonly current: Fields;
}

/** An empty object: nothing is to be changed. */
export function threeWayPatch({ original, modified, current }: Versions, type?: TypeSchema): Record<string, unknown> {
  const rules = { type, retainsKeys: false };
  const changes = strategicDiff(current, modified, 'changes', rules);
  const deletions = strategicDiff(original, modified, 'deletions', rules);
  return laidOver(deletions, type === undefined ? withoutNulls(changes) : changes, type);
}

/** A merge patch of changes cannot set null: that would delete. */
function withoutNulls(patch: Fields): Record<string, unknown> {
  const entries = Object.entries(patch).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, isFields(value) ? withoutNulls(value) : value]));
}

/** Two patches as one; where both say something, `changes` counts. */
function laidOver(deletions: Fields, changes: Fields, type: TypeSchema | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = { ...deletions };
  const done = new Set<string>();
  for (const [name, order] of Object.entries(changes)) {
    if (!name.startsWith(directives.order)) continue;
    result[name] = order;
    const list = name.slice(directives.order.length);
    done.add(name).add(list);
    orderList(result, { list, order: order as unknown[], change: changes[list] }, rulesOf(type, list));
  }
  for (const [name, value] of Object.entries(changes)) {
    if (done.has(name)) continue;
    const before = result[name];
    const isMerged = !name.startsWith('$') && Object.hasOwn(result, name) && jsonType(before) === jsonType(value);
    result[name] = isMerged ? merged(before, value, rulesOf(type, name)) : value;
  }
  return result;
}

function merged(before: unknown, value: unknown, rules: FieldRules): unknown {
  if (isFields(before) && isFields(value))
    return rules.strategy === 'replace' ? value : laidOver(before, value, rules.type);
  if (Array.isArray(before) && Array.isArray(value) && rules.strategy === 'merge')
    return mergedLists(before, value, rules);
  return value;
}

interface OrderedList {
  readonly list: string;
  readonly order: readonly unknown[];
  /** The changes' items, if there are any. */
  readonly change: unknown;
}

/** Merges a list of both patches and puts it into the order that the patch itself asks for. */
function orderList(result: Record<string, unknown>, { list, order, change }: OrderedList, rules: FieldRules): void {
  const before = result[list];
  const [left, right] = [Array.isArray(before) ? before : undefined, Array.isArray(change) ? change : undefined];
  if (left === undefined && right === undefined) return;
  const items = left === undefined ? right : right === undefined ? left : mergedLists(left, right, rules);
  result[list] = inOrder(items ?? [], { order, serverOrder: left ?? [], mergeKey: rules.mergeKey });
}

function mergedLists(before: readonly unknown[], change: readonly unknown[], rules: FieldRules): unknown[] {
  const key = rules.mergeKey;
  if (key === '')
    return inOrder([...new Set([...before, ...change])], { order: change, serverOrder: before, mergeKey: '' });
  const items = [...before];
  for (const item of change as readonly Fields[]) {
    const at = items.findIndex((other) => isFields(other) && other[key] === item[key]);
    if (at < 0) items.push(item);
    else items[at] = laidOver(items[at] as Fields, item, rules.type?.items);
  }
  return inOrder(items, { order: change, serverOrder: before, mergeKey: key });
}

interface Order {
  readonly order: readonly unknown[];
  readonly serverOrder: readonly unknown[];
  readonly mergeKey: string;
}

function inOrder(items: readonly unknown[], { order, serverOrder, mergeKey }: Order): unknown[] {
  const keyOf = (item: unknown): unknown => (mergeKey !== '' && isFields(item) ? item[mergeKey] : item);
  const named = new Set(order.map(keyOf));
  const patchItems = items.filter((item) => named.has(keyOf(item)));
  const otherItems = items.filter((item) => !named.has(keyOf(item)));
  return normalizeOrder(patchItems, otherItems, order, serverOrder, mergeKey);
}
