/** `helm list`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { layoutTime, timeText, yamlOf } from '#cmd/helm/output.ts';
import { tableText } from '#cmd/helm/table.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import type { ListFlags } from '#cmd/helm/release/read-commands.ts';
import type { Release, ReleaseStatus } from '#platform/charts/release.ts';
import { goJsonString, goStruct } from '#platform/charts/go-json.ts';
import { listReleases } from '#platform/charts/releases/actions/list.ts';

/** Prints the releases. Rejects with what the server refuses. */
export async function list(flags: ListFlags, _args: readonly string[], context: HelmContext): Promise<void> {
  const found = await withReleases(
    context,
    (releases) =>
      listReleases(releases, {
        states: statesOf(flags),
        filter: flags.filter,
        selector: flags.selector,
        sort: flags.date ? 'date' : 'name',
        reverse: flags.reverse,
        limit: flags.max,
        offset: flags.offset,
      }),
    flags.allNamespaces ? { namespace: '' } : {},
  );
  if (flags.short) return context.write(names(found, flags.output));
  const rows = found.map((release) => rowOf(release, flags));
  if (flags.output === 'table') {
    const head = ['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION'];
    return context.write(tableText([...(flags.noHeaders ? [] : [head]), ...rows.map((row) => Object.values(row))]));
  }
  const json = `[${rows.map((row) => goStruct(Object.entries(row).map(([key, text]) => [key, goJsonString(text)]))).join(',')}]`;
  context.write(flags.output === 'json' ? `${json}\n` : yamlOf(json));
}

function names(found: readonly Release[], form: ListFlags['output']): string {
  if (form === 'table') return found.map(({ name }) => `${name}\n`).join('');
  const json = `[${found.map(({ name }) => goJsonString(name)).join(',')}]`;
  return form === 'json' ? `${json}\n` : yamlOf(json);
}

/** In the order of the columns. */
interface ListRow extends Readonly<Record<string, string>> {
  readonly name: string;
  readonly namespace: string;
  readonly revision: string;
  readonly updated: string;
  readonly status: string;
  readonly chart: string;
  readonly app_version: string;
}

function rowOf(release: Release, { timeFormat }: ListFlags): ListRow {
  const { lastDeployed, status } = release.info;
  const updated =
    lastDeployed === '' ? '-' : timeFormat === '' ? timeText(lastDeployed) : layoutTime(lastDeployed, timeFormat);
  return {
    name: release.name,
    namespace: release.namespace,
    revision: String(release.version),
    updated,
    status,
    chart: chartName(release),
    app_version: release.chart.metadata.appVersion,
  };
}

/** `name-1.2.3`. */
export function chartName({ chart }: Release): string {
  return `${chart.metadata.name}-${chart.metadata.version}`;
}

/** The states that the flags ask for; undefined: the usual ones. */
function statesOf(flags: ListFlags): readonly ReleaseStatus[] | 'all' | undefined {
  if (flags.all) return 'all';
  const states: ReleaseStatus[] = [];
  if (flags.deployed) states.push('deployed');
  if (flags.uninstalled) states.push('uninstalled');
  if (flags.uninstalling) states.push('uninstalling');
  if (flags.pending) states.push('pending-install', 'pending-rollback', 'pending-upgrade');
  if (flags.failed) states.push('failed');
  if (flags.superseded) states.push('superseded');
  return states.length === 0 ? undefined : states;
}
