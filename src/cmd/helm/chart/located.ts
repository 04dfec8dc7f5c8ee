/** From what the user calls a chart to the loaded chart. */
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import type { ChartPathFlags } from '#cmd/helm/repository/locate.ts';
import { locateChart } from '#cmd/helm/repository/locate.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { checkDependencies } from '#platform/charts/dependencies.ts';

/** The path of a chart; what is not on this machine is fetched. Rejects with the reason. */
export function chartPath(
  reference: string,
  flags: ChartPathFlags & { readonly devel?: boolean },
  context: HelmContext,
): Promise<string> {
  const version = (flags.version ?? '') === '' && flags.devel === true ? '>0.0.0-0' : flags.version;
  return locateChart(reference, { ...flags, version }, context);
}

interface LoadFlags {
  readonly dependencyUpdate?: boolean;
}

/** A chart that can be installed, its dependencies there; warns of a deprecated one. Rejects with the reason. */
export async function loadInstallable(
  path: string,
  _flags: LoadFlags,
  context: Pick<HelmContext, 'warn'>,
): Promise<Chart> {
  const chart = await loadChartAt(path, (message) => context.warn(message));
  const { type, deprecated } = chart.metadata;
  if (type !== '' && type !== 'application') throw new ChartError(`${type} charts are not installable`);
  if (deprecated) context.warn('WARNING: This chart is deprecated');
  checkDependencies(chart);
  return chart;
}

/** A chart for an upgrade: Helm does not ask for its type then. Rejects with the reason. */
export async function loadUpgradable(
  path: string,
  _flags: LoadFlags,
  context: Pick<HelmContext, 'warn'>,
): Promise<Chart> {
  const chart = await loadChartAt(path, (message) => context.warn(message));
  checkDependencies(chart);
  if (chart.metadata.deprecated) context.warn('WARNING: This chart is deprecated');
  return chart;
}
