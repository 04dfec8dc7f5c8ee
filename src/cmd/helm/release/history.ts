/** `helm history`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { ansicTime, yamlOf } from '#cmd/helm/output.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { chartName } from '#cmd/helm/release/list.ts';
import type { HistoryFlags } from '#cmd/helm/release/read-commands.ts';
import { tableText } from '#cmd/helm/table.ts';
import type { Release } from '#platform/charts/release.ts';
import { goJsonString, goStruct } from '#platform/charts/go-json.ts';
import { historyOfRelease } from '#platform/charts/releases/actions/get.ts';

/** Prints the newest revisions, oldest first. Rejects if there is no such release. */
export async function history(
  flags: HistoryFlags,
  [name = '']: readonly string[],
  context: HelmContext,
): Promise<void> {
  const all = await withReleases(context, (releases) => historyOfRelease(releases, name));
  const shown = flags.max <= 0 ? [] : all.slice(-flags.max);
  if (flags.output === 'table') {
    const head = ['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION', 'DESCRIPTION'];
    return context.write(tableText([head, ...shown.map(cells)]));
  }
  const json = `[${shown.map(encode).join(',')}]`;
  context.write(flags.output === 'json' ? `${json}\n` : yamlOf(json));
}

function cells(release: Release): string[] {
  const { info, version, chart } = release;
  return [
    String(version),
    ansicTime(info.lastDeployed),
    info.status,
    chartName(release),
    chart.metadata.appVersion,
    info.description,
  ];
}

function encode(release: Release): string {
  const { info, version, chart } = release;
  return goStruct([
    ['revision', String(version)],
    ['updated', goJsonString(info.lastDeployed)],
    ['status', goJsonString(info.status)],
    ['chart', goJsonString(chartName(release))],
    ['app_version', goJsonString(chart.metadata.appVersion)],
    ['description', goJsonString(info.description)],
  ]);
}
