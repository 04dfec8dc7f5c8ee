/**
 * The templates of a chart and its subcharts to texts. All are parsed into one set, deepest paths first, so that a parent's
 * `define` wins over a subchart's; then each file that is no partial is executed with its own chart's values.
 */
import { fromBytes } from '#lang/gotemplate/bytes.ts';
import { TemplateError } from '#lang/gotemplate/error.ts';
import { TemplateSet, defaultLimits } from '#lang/gotemplate/template.ts';
import type { TemplateLimits } from '#lang/gotemplate/template.ts';
import { ParseCache } from '#lang/gotemplate/parse-cache.ts';
import type { FunctionTable, GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { compareStrings, int, isMap, newMap, typedMap } from '#lang/gotemplate/value.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError, chartFullPath, isLibrary } from '#platform/charts/chart.ts';
import { capabilitiesObject } from '#platform/charts/render/capabilities-object.ts';
import { chartObject } from '#platform/charts/render/chart-object.ts';
import { FilesObject } from '#platform/charts/render/files-object.ts';
import { goMapOf } from '#platform/charts/render/go-values.ts';
import type { FunctionOptions } from '#platform/charts/render/helm-functions.ts';
import { authorsMessage, helmFunctions } from '#platform/charts/render/helm-functions.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** `.Release` of the templates. */
export interface ReleaseFacts {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** 'none' while a chart is only looked at. */
  readonly action: 'install' | 'upgrade' | 'none';
}

/** What templates are rendered with. */
export interface EngineInput {
  /** Dependencies are processed. */
  readonly chart: Chart;
  /** Coalesced values. */
  readonly values: Table;
  readonly release: ReleaseFacts;
  readonly capabilities: Capabilities;
  readonly functions: FunctionOptions;
  /** A missing key is an error. */
  readonly strict: boolean;
  /** What differs from the usual limits (gotemplate/run.ts); the time is counted from the start of the rendering. */
  readonly limits?: (Partial<TemplateLimits> & { readonly timeoutMs?: number }) | undefined;
}

interface Renderable {
  readonly text: string;
  readonly scope: GoMap;
  readonly basePath: string;
}

/** Renders every file; path → text. Throws {@link ChartError} with Helm's message. */
export function renderTemplates(input: EngineInput): Map<string, string> {
  const templates = new Map<string, Renderable>();
  const top = newMap();
  Object.assign(top, {
    Values: typedMap('chartutil.Values', goMapOf(input.values)),
    Release: releaseMap(input.release),
    Capabilities: capabilitiesObject(input.capabilities),
  });
  collect(input.chart, top, templates);
  const paths = [...templates.keys()].sort(deepestFirst);
  const set = new TemplateSet(helmFunctions(input.functions), {
    missingKey: input.strict ? 'error' : 'zero',
    limits: limitsOf(input),
    cache: cacheOf(input.functions.base),
  });
  for (const path of paths) parseOne(set, path, templates.get(path)?.text ?? '');
  return executeAll(set, paths, templates);
}

const caches = new WeakMap<FunctionTable, ParseCache>();

function cacheOf(functions: FunctionTable): ParseCache {
  const cache = caches.get(functions) ?? new ParseCache();
  caches.set(functions, cache);
  return cache;
}

/** Real charts render in milliseconds; the largest takes a second or two. */
const defaultTimeoutMs = 30_000;

/** The clock is that of the functions (`now`); without one, only steps are counted. */
function limitsOf({ limits, functions }: EngineInput): TemplateLimits {
  const { timeoutMs = defaultTimeoutMs, ...own } = limits ?? {};
  const { now } = functions.base;
  return { ...defaultLimits, ...(now && { now, deadline: now() + timeoutMs }), ...own };
}

function releaseMap(release: ReleaseFacts): GoMap {
  const map = newMap();
  return Object.assign(map, {
    Name: release.name,
    Namespace: release.namespace,
    IsUpgrade: release.action === 'upgrade',
    IsInstall: release.action === 'install',
    Revision: int(release.revision),
    Service: 'Helm',
  });
}

/** The dot of a chart's templates; fills in what the tree holds. */
function collect(chart: Chart, parent: GoMap, templates: Map<string, Renderable>): GoMap {
  const subcharts = newMap();
  const scope = typedMap('chartutil.Values', {
    Chart: chartObject(chart),
    Files: FilesObject.ofChart(chart.files),
    Release: parent['Release'],
    Capabilities: parent['Capabilities'],
    Values: ownValues(chart, parent),
    Subcharts: subcharts,
  });
  for (const child of chart.dependencies) subcharts[child.metadata.name] = collect(child, scope, templates);
  const root = chartFullPath(chart);
  for (const { name, data } of chart.templates) {
    if (isLibrary(chart) && !baseName(name).startsWith('_')) continue;
    templates.set(`${root}/${name}`, { text: fromBytes(data), scope, basePath: `${root}/templates` });
  }
  return scope;
}

function ownValues(chart: Chart, parent: GoMap): GoValue {
  if (chart.parent === undefined) return parent['Values'];
  const values = parent['Values'];
  const own = isMap(values) ? values[chart.metadata.name] : undefined;
  return isMap(own) ? own : typedMap('chartutil.Values', {});
}

/** More slashes first; among equals the later name first. */
function deepestFirst(a: string, b: string): number {
  const depth = b.split('/').length - a.split('/').length;
  return depth === 0 ? compareStrings(b, a) : depth;
}

function parseOne(set: TemplateSet, path: string, text: string): void {
  try {
    set.parse(path, text);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const steps = error.message.split(': ');
    if (steps.length === 1) throw new ChartError(`parse error in (${path}): ${error.message}`);
    throw new ChartError(`parse error at (${steps[1]}): ${steps.at(-1)}`);
  }
}

function executeAll(
  set: TemplateSet,
  paths: readonly string[],
  templates: ReadonlyMap<string, Renderable>,
): Map<string, string> {
  const rendered = new Map<string, string>();
  for (const path of paths) {
    const template = templates.get(path);
    if (template === undefined || baseName(path).startsWith('_')) continue;
    template.scope['Template'] = typedMap('chartutil.Values', { Name: path, BasePath: template.basePath });
    rendered.set(path, executeOne(set, path, template.scope).replaceAll('<no value>', ''));
  }
  return rendered;
}

function executeOne(set: TemplateSet, path: string, scope: GoMap): string {
  try {
    return set.execute(path, scope);
  } catch (error) {
    if (!(error instanceof TemplateError) || error.phase !== 'exec') throw error;
    const [, location, ...rest] = error.message.split(': ');
    if (rest.length === 0) throw new ChartError(`execution error in (${path}): ${error.message}`);
    const message = authorsMessage(rest.join(': '));
    throw new ChartError(message === undefined ? error.message : `execution error at (${location}): ${message}`);
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
