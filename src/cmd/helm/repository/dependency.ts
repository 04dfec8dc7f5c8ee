/** `helm dependency list|update|build [CHART]`. */
import { globSync, statSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import type { DependencyFlags } from '#cmd/helm/repository/dependency-manager.ts';
import { buildChart, updateChart } from '#cmd/helm/repository/dependency-manager.ts';
import { fileMessage } from '#cmd/helm/repository/files.ts';
import { tableText } from '#cmd/helm/table.ts';
import { matchesConstraint, parseConstraint } from '#lang/semver/constraint.ts';
import { parseVersion } from '#lang/semver/version.ts';
import type { Chart, Dependency } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';

type VerbFlags = Omit<DependencyFlags, 'verify'> & { readonly verify: boolean };

function chartPathOf(args: readonly string[]): string {
  return args[0] === undefined ? '.' : normalize(args[0]).replace(/(?<=.)\/$/, '');
}

/** Fetches what Chart.yaml asks for and writes the lock. */
export function dependencyUpdate(flags: VerbFlags, args: readonly string[], context: HelmContext): Promise<void> {
  return updateChart(chartPathOf(args), { ...flags, verify: flags.verify ? 'always' : 'never' }, context);
}

/** Fetches what the lock says. */
export function dependencyBuild(flags: VerbFlags, args: readonly string[], context: HelmContext): Promise<void> {
  return buildChart(chartPathOf(args), { ...flags, verify: flags.verify ? 'possibly' : 'never' }, context);
}

/** Prints a chart's dependencies and whether charts/ has them. */
export async function dependencyList(
  flags: { readonly maxColWidth: number },
  args: readonly string[],
  context: HelmContext,
): Promise<void> {
  const path = chartPathOf(args);
  const quiet = { ...context, warn: () => undefined };
  const chart = await loadLocal(path, context);
  const { dependencies } = chart.metadata;
  if (dependencies === undefined) return context.write(`WARNING: no dependencies at ${join(path, 'charts')}\n`);
  const rows: string[][] = [['NAME', 'VERSION', 'REPOSITORY', 'STATUS']];
  for (const dependency of dependencies) {
    const { name, version, repository } = dependency;
    rows.push([name, version, repository, await statusOf(path, dependency, chart, quiet)]);
  }
  context.write(`${tableText(rows, { maxWidth: flags.maxColWidth })}\n`);
  await reportOthers(path, dependencies, quiet);
}

/** Loads a chart; what is not there is Go's error of the file system. */
function loadLocal(path: string, { warn }: Pick<HelmContext, 'warn'>): Promise<Chart> {
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new ChartError(fileMessage('stat', path, { code: 'ENOENT' }));
  return loadChartAt(path, warn);
}

async function statusOf(path: string, dependency: Dependency, parent: Chart, context: HelmContext): Promise<string> {
  const { name } = dependency;
  let archives = globSync(`${name}-*.tgz`, { cwd: join(path, 'charts') });
  if (archives.length > 1) {
    archives = archives.filter((file) => isStrictVersion(file.slice(name.length + 1, -'.tgz'.length)));
    if (archives.length > 1) return 'too many matches';
  }
  const [archive] = archives;
  if (archive !== undefined) return archiveStatus(join(path, 'charts', archive), dependency, context);
  const found = parent.dependencies.findLast(({ metadata }) => metadata.name === name);
  if (found === undefined) return 'missing';
  return versionStatus(found, dependency) ?? 'unpacked';
}

function isStrictVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/.test(text);
}

async function archiveStatus(path: string, dependency: Dependency, context: HelmContext): Promise<string> {
  let chart: Chart;
  try {
    chart = await loadChartAt(path, context.warn);
  } catch {
    return 'corrupt';
  }
  if (chart.metadata.name !== dependency.name) return 'misnamed';
  return versionStatus(chart, dependency) ?? 'ok';
}

/** Undefined if the version fits. */
function versionStatus({ metadata }: Chart, dependency: Dependency): string | undefined {
  if (metadata.version === dependency.version) return undefined;
  try {
    const range = parseConstraint(dependency.version);
    return matchesConstraint(range, parseVersion(metadata.version)) ? undefined : 'wrong version';
  } catch {
    return 'invalid version';
  }
}

/** Names what lies in charts/ and is no dependency. */
async function reportOthers(path: string, dependencies: readonly Dependency[], context: HelmContext): Promise<void> {
  const entries = globSync('*', { cwd: join(path, 'charts') }).sort();
  for (const entry of entries) {
    const place = join(path, 'charts', basename(entry));
    if (!statSync(place).isDirectory() && !entry.endsWith('.tgz')) continue;
    try {
      const { metadata } = await loadChartAt(place, context.warn);
      if (!dependencies.some(({ name }) => name === metadata.name))
        context.write(`WARNING: ${JSON.stringify(place)} is not in Chart.yaml.\n`);
    } catch {
      context.write(`WARNING: ${JSON.stringify(place)} is not a chart.\n`);
    }
  }
}
