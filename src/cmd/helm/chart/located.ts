/** From what the user calls a chart to the loaded chart. */
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import type { ChartPathFlags } from '#cmd/helm/repository/locate.ts';
import { locateChart } from '#cmd/helm/repository/locate.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { checkDependencies, missingDependencies } from '#platform/charts/dependencies.ts';

/** The path of a chart; what is not on this machine is fetched. Rejects with the reason. */
export function chartPath(
  reference: string,
  flags: ChartPathFlags & { readonly devel?: boolean },
  context: HelmContext,
): Promise<string> {
  const version = (flags.version ?? '') === '' && flags.devel === true ? '>0.0.0-0' : flags.version;
  return locateChart(reference, { ...flags, version }, context);
}

interface LoadFlags extends ChartPathFlags {
  readonly dependencyUpdate?: boolean;
  readonly allowRemoteSchemas?: boolean;
}

/** Without `settings`, dependencies are not fetched. */
type LoadContext = Pick<HelmContext, 'warn'> & Partial<Pick<HelmContext, 'settings' | 'environment' | 'write'>>;

/** A chart that can be installed, its dependencies there; warns of a deprecated one. Rejects with the reason. */
export async function loadInstallable(path: string, flags: LoadFlags, context: LoadContext): Promise<Chart> {
  const chart = await loadChartAt(path, (message) => context.warn(message));
  const { type, deprecated } = chart.metadata;
  if (type !== '' && type !== 'application') throw new ChartError(`${type} charts are not installable`);
  if (deprecated) context.warn('WARNING: This chart is deprecated');
  return withRemoteSchemas(await withDependencies(chart, path, { flags, context }), flags, context);
}

/** A chart for an upgrade: Helm does not ask for its type then. Rejects with the reason. */
export async function loadUpgradable(path: string, flags: LoadFlags, context: LoadContext): Promise<Chart> {
  const loaded = await loadChartAt(path, (message) => context.warn(message));
  const complete = await withDependencies(loaded, path, { flags, context });
  const chart = await withRemoteSchemas(complete, flags, context);
  if (chart.metadata.deprecated) context.warn('WARNING: This chart is deprecated');
  return chart;
}

/** The same chart, with what its schemas refer to over HTTP if the flags allow that. */
async function withRemoteSchemas(chart: Chart, flags: LoadFlags, { environment }: LoadContext): Promise<Chart> {
  if (flags.allowRemoteSchemas !== true) return chart;
  const { connect } = await import('#cmd/helm/repository/network.ts');
  const { fetchRemoteSchemas } = await import('#platform/charts/schema-documents.ts');
  await fetchRemoteSchemas(chart, connect({}, environment ?? {}));
  return chart;
}

/** The chart, or what it is after `--dependency-update` fetched what it lacks. */
async function withDependencies(
  chart: Chart,
  path: string,
  { flags, context }: { readonly flags: LoadFlags; readonly context: LoadContext },
): Promise<Chart> {
  const { settings, environment, write } = context;
  const isLacking = missingDependencies(chart) !== undefined;
  if (!isLacking || flags.dependencyUpdate !== true || !settings || !environment || !write) {
    checkDependencies(chart);
    return chart;
  }
  const { updateChart } = await import('#cmd/helm/repository/dependency-manager.ts');
  const how = { ...flags, verify: 'never', keyring: flags.keyring ?? '', skipRefresh: false } as const;
  await updateChart(path, how, { settings, environment, write, warn: (line) => context.warn(line) });
  return loadChartAt(path, (message) => context.warn(message)).catch((error: Error) => {
    throw new ChartError(`failed reloading chart after repo update: ${error.message}`);
  });
}
