/**
 * A chart's defaults laid under the user's values, and `global` handed down to every subchart.
 *
 *   chart {image: {tag: 1}, debug: true}   user {image: {tag: 2}, debug: null}   =>   {image: {tag: 2}}
 *
 * Coalescing removes what the user set to null; merging keeps the null, so that a later coalescing still sees it.
 */
import { floatText } from '#lang/gotemplate/float.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Table, Value } from '#platform/charts/values/table.ts';
import { copyTable, isTable } from '#platform/charts/values/table.ts';

/** How nulls are treated, and where warnings go (Go's log.Printf). */
export interface CoalesceOptions {
  readonly mode: 'coalesce' | 'merge';
  warn(message: string): void;
}

/** The values of a chart and all its subcharts; the user's table is not changed. Throws {@link ChartError}. */
export function coalesceValues(chart: Chart, values: Table, options: CoalesceOptions): Table {
  const result = copyTable(values);
  coalesceChart(chart, result, '', options);
  return result;
}

function coalesceChart(chart: Chart, into: Table, prefix: string, options: CoalesceOptions): void {
  coalesceDefaults(chart, into, prefix, options);
  const path = join(prefix, chart.metadata.name);
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata;
    const existing = into.get(name);
    if (existing !== undefined && !isTable(existing))
      throw new ChartError(`type mismatch on ${name}: ${shownAsBool(existing)}`);
    const scope: Table = existing ?? new Map<string, Value>();
    into.set(name, scope);
    coalesceGlobals(scope, into, path, options);
    coalesceChart(subchart, scope, path, options);
  }
}

/** Helm prints the offending value with `%t`. */
function shownAsBool(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'number':
      return `%!t(float64=${floatText(value)})`;
    case 'bigint':
      return `%!t(int64=${value})`;
    case 'string':
      return `%!t(string=${value})`;
    default:
      return value === null ? '%!t(<nil>)' : `[${(value as Value[]).map(shownAsBool).join(' ')}]`;
  }
}

function coalesceDefaults(chart: Chart, into: Table, prefix: string, options: CoalesceOptions): void {
  const path = join(prefix, chart.metadata.name);
  for (const [key, fallback] of copyTable(chart.values)) {
    const value = into.get(key);
    if (value === undefined) into.set(key, fallback);
    else if (value === null && options.mode === 'coalesce') into.delete(key);
    else if (isTable(value)) coalesceDefault(chart, { key, path, value, fallback }, options);
  }
}

interface Entry {
  readonly key: string;
  readonly path: string;
  readonly value: Table;
  readonly fallback: Value;
}

function coalesceDefault(chart: Chart, entry: Entry, options: CoalesceOptions): void {
  const { key, path, value, fallback } = entry;
  if (!isTable(fallback)) {
    if (fallback !== null) options.warn(`warning: skipped value for ${path}.${key}: Not a table.`);
    return;
  }
  const isSubchart = chart.dependencies.some(({ metadata }) => metadata.name === key);
  coalesceTables(value, fallback, { ...options, mode: isSubchart ? 'merge' : options.mode }, join(path, key));
}

function coalesceGlobals(scope: Table, parent: Table, prefix: string, options: CoalesceOptions): void {
  const target = scope.get('global') ?? (scope.has('global') ? null : new Map<string, Value>());
  if (!isTable(target)) {
    options.warn('warning: skipping globals because destination global is not a table.');
    return;
  }
  const source = parent.has('global') ? parent.get('global') : new Map<string, Value>();
  if (!isTable(source)) {
    options.warn('warning: skipping globals because source global is not a table.');
    return;
  }
  for (const [key, value] of source) coalesceGlobal(target, key, value, { prefix, options });
  scope.set('global', target);
}

function coalesceGlobal(
  target: Table,
  key: string,
  value: Value,
  place: { readonly prefix: string; readonly options: CoalesceOptions },
): void {
  const existing = target.get(key);
  if (!isTable(value)) {
    if (isTable(existing)) place.options.warn(`key ${key} is table. Skipping`);
    else target.set(key, value);
    return;
  }
  const copy: Table = new Map(value);
  if (existing === undefined) target.set(key, copy);
  else if (!isTable(existing))
    place.options.warn(`Conflict: cannot merge map onto non-map for ${JSON.stringify(key)}. Skipping.`);
  else {
    coalesceTables(copy, existing, { ...place.options, mode: 'merge' }, join(place.prefix, key));
    target.set(key, copy);
  }
}

/** Lays `under` below `over` and returns `over`, changed; `under` takes over's nulls, as in Helm. */
export function coalesceTables(over: Table, under: Table, options: CoalesceOptions, prefix = ''): Table {
  const given = new Set<string>();
  for (const [key, value] of under) if (value !== null) given.add(key);
  for (const [key, value] of over) if (value === null) under.set(key, null);
  for (const [key, value] of under) {
    const existing = over.get(key);
    if (existing === undefined) over.set(key, value);
    else if (existing === null && options.mode === 'coalesce' && given.has(key)) over.delete(key);
    else if (isTable(value) && isTable(existing)) coalesceTables(existing, value, options, join(prefix, key));
    else if (isTable(value))
      options.warn(`warning: cannot overwrite table with non table for ${join(prefix, key)} (${goText(value)})`);
    else if (isTable(existing) && value !== null)
      options.warn(
        `warning: destination for ${join(prefix, key)} is a table. Ignoring non-table value (${goText(value)})`,
      );
  }
  return over;
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

/** A value as Go's `%v` prints it. */
export function goText(value: Value): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isTable(value)) {
    const keys = [...value.keys()].sort();
    return `map[${keys.map((key) => `${key}:${goText(value.get(key) ?? null)}`).join(' ')}]`;
  }
  return typeof value === 'number' ? floatText(value) : String(value);
}
