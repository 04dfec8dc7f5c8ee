/** Values files one over another. */
import type { Table } from '#platform/charts/values/table.ts';
import { isTable } from '#platform/charts/values/table.ts';

/** A new table: tables are merged key by key, everything else (lists and nulls, too) is replaced by what lies above. */
export function mergeTables(under: Table, over: Table): Table {
  const merged: Table = new Map(under);
  for (const [key, value] of over) {
    const existing = merged.get(key);
    merged.set(key, isTable(value) && isTable(existing) ? mergeTables(existing, value) : value);
  }
  return merged;
}
