/**
 * Which subcharts take part: aliases give copies, tags and conditions switch off, import-values carries a child's values up.
 * Works on a copy made by copyChart: names, lists and values of the tree are changed in place, in Helm's order.
 */
import { isCompatibleRange } from '#lang/semver/constraint.ts';
import type { Chart, Dependency } from '#platform/charts/chart.ts';
import { ChartError, setDependencies } from '#platform/charts/chart.ts';
import { coalesceTables, coalesceValues } from '#platform/charts/values/coalesce.ts';
import type { Table, Value } from '#platform/charts/values/table.ts';
import { copyTable, isTable, leafAt, tableAt, valueOf } from '#platform/charts/values/table.ts';

type Warn = (message: string) => void;

/** Settles the tree for the user's values; afterwards `chart.values` of each chart hold what was imported. Throws ChartError. */
export function processDependencies(chart: Chart, values: Table, warn: Warn): void {
  enableDependencies(chart, values, { path: '', warn });
  importAll(chart, warn);
}

/** Fails if Chart.yaml names a dependency that charts/ lacks. Throws {@link ChartError}. */
export function checkDependencies(chart: Chart): void {
  const missing = missingDependencies(chart);
  if (missing === undefined) return;
  throw new ChartError(
    'An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch ' +
      `missing dependencies: ${missing}`,
  );
}

/** What Helm says of dependencies that Chart.yaml names and charts/ lacks; undefined if all are there. */
export function missingDependencies(chart: Chart): string | undefined {
  const present = new Set(chart.dependencies.map(({ metadata }) => metadata.name));
  const missing = (chart.metadata.dependencies ?? []).map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length === 0) return undefined;
  return `found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`;
}

function enableDependencies(chart: Chart, values: Table, scope: { readonly path: string; readonly warn: Warn }): void {
  const required = chart.metadata.dependencies;
  if (required === undefined) return;
  setDependencies(chart, aliasedDependencies(chart, required));
  for (const dependency of required) dependency.enabled = true;
  const coalesced = coalesceValues(chart, values, { mode: 'coalesce', warn: scope.warn });
  applyTags(required, coalesced, scope.warn);
  applyConditions(required, coalesced, scope);
  const disabled = new Set(required.filter(({ enabled }) => !enabled).map(({ name }) => name));
  const kept = chart.dependencies.filter(({ metadata }) => !disabled.has(metadata.name));
  for (const subchart of kept)
    enableDependencies(subchart, coalesced, { path: `${scope.path}${subchart.metadata.name}.`, warn: scope.warn });
  const keptNames = required.filter(({ name }) => !disabled.has(name));
  chart.metadata.dependencies = keptNames.length === 0 ? undefined : keptNames;
  setDependencies(chart, kept);
}

/** First the subcharts that Chart.yaml does not name, then one copy per entry; entries take their alias as name. */
function aliasedDependencies(chart: Chart, required: readonly Dependency[]): Chart[] {
  const result = chart.dependencies.filter(
    ({ metadata }) =>
      !required.some(({ name, version }) => name === metadata.name && isCompatibleRange(version, metadata.version)),
  );
  for (const dependency of required) {
    const found = chart.dependencies.find(
      ({ metadata }) => metadata.name === dependency.name && isCompatibleRange(dependency.version, metadata.version),
    );
    if (found !== undefined)
      result.push({ ...found, metadata: { ...found.metadata, name: dependency.alias || found.metadata.name } });
    if (dependency.alias !== '') dependency.name = dependency.alias;
  }
  return result;
}

/** A dependency is off if some tag of it is false and none is true. */
function applyTags(required: readonly Dependency[], values: Table, warn: Warn): void {
  const tags = values.get('tags');
  if (!isTable(tags)) return;
  for (const dependency of required) {
    let isOn = false;
    let isOff = false;
    for (const tag of dependency.tags) {
      const value = tags.get(tag);
      if (value === true) isOn = true;
      else if (value === false) isOff = true;
      else if (tags.has(tag)) warn(`Warning: Tag '${tag}' for chart ${dependency.name} returned non-bool value`);
    }
    dependency.enabled = isOn || !isOff;
  }
}

/** The first path of the list that leads to a boolean decides. */
function applyConditions(
  required: readonly Dependency[],
  values: Table,
  scope: { readonly path: string; readonly warn: Warn },
): void {
  for (const dependency of required) {
    for (const condition of dependency.condition.trim().split(',')) {
      if (condition === '') continue;
      const value = leafAt(values, scope.path + condition);
      if (typeof value === 'boolean') {
        dependency.enabled = value;
        break;
      }
      if (value !== undefined)
        scope.warn(`Warning: Condition path '${condition}' for chart ${dependency.name} returned non-bool value`);
    }
  }
}

function importAll(chart: Chart, warn: Warn): void {
  for (const subchart of chart.dependencies) importAll(subchart, warn);
  importValues(chart, warn);
}

function importValues(chart: Chart, warn: Warn): void {
  const required = chart.metadata.dependencies;
  if (required === undefined) return;
  const options = { mode: 'merge', warn } as const;
  const values = coalesceValues(chart, new Map(), options);
  let imported: Table = new Map();
  for (const dependency of required) {
    const routes = dependency.importValues.map(importRoute).filter((route) => route !== undefined);
    for (const route of routes) {
      const found = tableAt(values, `${dependency.name}.${route.child}`);
      if ('table' in found) imported = coalesceTables(imported, nestTable(route.parent, found.table), options);
      else warn(missingTable(dependency.name, route, found.missing));
    }
    dependency.importValues = routes;
  }
  chart.values = coalesceTables(copyTable(values), imported, options);
}

/**
 * An entry that was settled. Two aliases of one chart share the entries of its dependencies, and Helm does not read a settled
 * entry again: the second alias imports nothing.
 */
class Route {
  readonly child: string;
  readonly parent: string;
  constructor(child: string, parent: string) {
    this.child = child;
    this.parent = parent;
  }
}

/** A string names a table of `exports` that goes to the root; a map names both ends. */
function importRoute(entry: unknown): Route | undefined {
  if (entry instanceof Route) return undefined;
  if (typeof entry === 'string') return new Route(`exports.${entry}`, '.');
  const table = valueOf(entry);
  return isTable(table) ? new Route(goString(table.get('child')), goString(table.get('parent'))) : undefined;
}

function goString(value: Value | undefined): string {
  return value === undefined || value === null ? '<nil>' : String(value);
}

function missingTable(chart: string, route: Route, missing: string): string {
  const reason = `${JSON.stringify(missing)} is not a table`;
  return route.parent === '.'
    ? `Warning: ImportValues missing table: ${reason}`
    : `Warning: ImportValues missing table from chart ${chart}: ${reason}`;
}

function nestTable(path: string, table: Table): Table {
  if (path === '.') return table;
  return path
    .split('.')
    .reverse()
    .reduce<Table>((inner, step) => new Map<string, Value>([[step, inner]]), table);
}
