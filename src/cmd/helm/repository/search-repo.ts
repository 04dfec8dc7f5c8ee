/** `helm search repo [keyword]`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import type { OutputFormat } from '#cmd/helm/flags.ts';
import { cachedIndex, readRepositories } from '#cmd/helm/repository/cache.ts';
import type { Row } from '#cmd/helm/repository/print.ts';
import { jsonList, yamlList } from '#cmd/helm/repository/print.ts';
import { tableText } from '#cmd/helm/table.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { IndexFile } from '#platform/charts/repositories/index-file.ts';
import type { SearchResult } from '#platform/charts/repositories/search.ts';
import { searchCharts } from '#platform/charts/repositories/search.ts';

/** Flags of `helm search repo`. */
export interface SearchRepoFlags {
  readonly regexp: boolean;
  readonly versions: boolean;
  readonly devel: boolean;
  readonly version: string;
  readonly maxColWidth: number;
  readonly failOnNoResult: boolean;
  readonly output: OutputFormat;
}

/** Prints the charts of the cached indexes that a keyword fits; all of them without one. */
export function searchRepo(flags: SearchRepoFlags, words: readonly string[], context: HelmContext): Promise<void> {
  const range = flags.version || (flags.devel ? '>0.0.0-0' : '>0.0.0');
  const found = searchCharts(indexesOf(context), {
    text: words.join(' '),
    style: flags.regexp ? 'regexp' : 'text',
    range,
    versions: flags.versions ? 'all' : 'newest',
  });
  if (found.length === 0 && flags.failOnNoResult) throw new ChartError('no results found');
  context.write(resultText(found, flags));
  return Promise.resolve();
}

function indexesOf(context: HelmContext): ReadonlyMap<string, IndexFile> {
  const file = readRepositories(context);
  if (file === undefined || file.repositories.length === 0) throw new ChartError('no repositories configured');
  const indexes = new Map<string, IndexFile>();
  for (const { name } of file.repositories) {
    try {
      indexes.set(name, cachedIndex(name, context));
    } catch (error) {
      context.warn(`WARNING: Repo ${JSON.stringify(name)} is corrupt or missing. Try 'helm repo update'.`);
      context.warn(`WARNING: ${(error as Error).message}`);
    }
  }
  return indexes;
}

function resultText(found: readonly SearchResult[], flags: SearchRepoFlags): string {
  const rows = found.map(
    ({ name, chart: { metadata } }): Row => [
      ['name', name],
      ['version', metadata.version],
      ['app_version', metadata.appVersion],
      ['description', metadata.description],
    ],
  );
  if (flags.output === 'json') return jsonList(rows);
  if (flags.output === 'yaml') return yamlList(rows);
  if (rows.length === 0) return 'No results found\n';
  const heads = ['NAME', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION'];
  return tableText([heads, ...rows.map((row) => row.map(([, value]) => String(value)))], {
    maxWidth: flags.maxColWidth,
  });
}
