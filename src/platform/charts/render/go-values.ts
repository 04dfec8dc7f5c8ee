/** Values of charts as templates take them: tables become objects without a prototype, all else stays. */
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { newMap } from '#lang/gotemplate/value.ts';
import type { Table, Value } from '#platform/charts/values/table.ts';
import { isTable } from '#platform/charts/values/table.ts';

/** One value; nothing of a table or list is shared with the source, for templates may change what they are given. */
export function goValueOf(value: Value): GoValue {
  if (isTable(value)) return goMapOf(value);
  return Array.isArray(value) ? value.map(goValueOf) : value;
}

/** A table. */
export function goMapOf(table: Table): GoMap {
  const map = newMap();
  for (const [key, value] of table) map[key] = goValueOf(value);
  return map;
}
