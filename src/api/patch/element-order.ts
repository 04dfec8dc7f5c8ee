/**
 * The order of merged lists in a strategic merge patch: the patch's order first, and what only the server knows is put
 * where it stood before, as far as that is possible.
 */
import { isObject } from '#api/patch/merge-patch.ts';

/** Items the patch names, then the others, each in its own order, woven together by the order they had on the server. */
export function normalizeOrder(
  patchItems: readonly unknown[],
  serverItems: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const position = (order: readonly unknown[], item: unknown): number => positionOf(order, item, mergeKey);
  const patch = sortedBy(patchItems, (item) => position(patchOrder, item));
  const server = sortedBy(serverItems, (item) => position(serverOrder, item));
  return woven(server, patch, (item) => position(serverOrder, item));
}

function positionOf(order: readonly unknown[], item: unknown, mergeKey: string): number {
  if (mergeKey === '') return order.indexOf(item);
  const value = isObject(item) ? item[mergeKey] : undefined;
  return order.findIndex((other) => isObject(other) && other[mergeKey] === value);
}

/** Insertion sort whose comparison holds for items without a position, as upstream's stable sort does. */
function sortedBy(items: readonly unknown[], position: (item: unknown) => number): unknown[] {
  const list = items.map((item) => ({ item, at: position(item) }));
  for (let i = 1; i < list.length; i++) {
    for (let j = i; j > 0; j--) {
      const left = list[j - 1] as { item: unknown; at: number };
      const right = list[j] as { item: unknown; at: number };
      const isLess = right.at < 0 || left.at < 0 || right.at < left.at;
      if (!isLess) break;
      list[j - 1] = right;
      list[j] = left;
    }
  }
  return list.map(({ item }) => item);
}

/** Each item of `left` goes before the first item of `right` that stood behind it on the server. */
function woven(left: readonly unknown[], right: readonly unknown[], position: (item: unknown) => number): unknown[] {
  const result: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i >= left.length) result.push(right[j++]);
    else if (j >= right.length) result.push(left[i++]);
    else {
      const leftAt = position(left[i]);
      const rightAt = position(right[j]);
      if (leftAt >= 0 && rightAt >= 0 && leftAt < rightAt) result.push(left[i++]);
      else result.push(right[j++]);
    }
  }
  return result;
}
