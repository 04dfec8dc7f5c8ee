/** Lists as Helm prints them with `-o json` and `-o yaml`. */
import { goJson } from '#platform/charts/go-json.ts';
import { valueOf } from '#platform/charts/values/table.ts';
import { printYaml } from '#lang/yaml/print.ts';

/** Fields in the order of Go's struct. */
export type Row = readonly (readonly [name: string, value: unknown])[];

/** JSON on one line: keys in the given order. */
export function jsonList(rows: readonly Row[]): string {
  const shown = rows.map((row) => `{${row.map(([name, value]) => `"${name}":${json(value)}`).join(',')}}`);
  return `[${shown.join(',')}]\n`;
}

function json(value: unknown): string {
  if (Array.isArray(value)) return `{${(value as Row).map(([name, field]) => `"${name}":${json(field)}`).join(',')}}`;
  return goJson(valueOf(value));
}

/** YAML: keys sorted. */
export function yamlList(rows: readonly Row[]): string {
  return printYaml(rows.map(plain));
}

function plain(row: Row): unknown {
  return Object.fromEntries(row.map(([name, value]) => [name, Array.isArray(value) ? plain(value as Row) : value]));
}
