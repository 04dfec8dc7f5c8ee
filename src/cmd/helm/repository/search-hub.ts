/** `helm search hub [KEYWORD]`: asks the Artifact Hub, or another hub with the same interface. */
import type { HelmContext } from '#cmd/helm/context.ts';
import type { OutputFormat } from '#cmd/helm/flags.ts';
import { connect } from '#cmd/helm/repository/network.ts';
import type { Row } from '#cmd/helm/repository/print.ts';
import { jsonList, yamlList } from '#cmd/helm/repository/print.ts';
import { tableText } from '#cmd/helm/table.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { hostOf, splitUrl } from '#platform/charts/repositories/url.ts';

/** Flags of `helm search hub`. */
export interface SearchHubFlags {
  readonly endpoint: string;
  readonly maxColWidth: number;
  readonly listRepoUrl: boolean;
  readonly failOnNoResult: boolean;
  readonly output: OutputFormat;
}

/** Prints what the hub finds. One sentence if it cannot be asked. */
export async function searchHub(flags: SearchHubFlags, words: readonly string[], context: HelmContext): Promise<void> {
  const parts = splitUrl(flags.endpoint);
  if (parts === undefined || hostOf(parts) === '')
    throw new ChartError(`unable to create connection to ${JSON.stringify(flags.endpoint)}: no hostname provided`);
  const rows = await ask(flags.endpoint, words.join(' '), context).catch((error: Error) => {
    if (context.settings.debug) context.warn(error.message);
    throw new ChartError(`unable to perform search against ${JSON.stringify(flags.endpoint)}`);
  });
  if (rows.length === 0 && flags.failOnNoResult) throw new ChartError('no results found');
  context.write(resultText(rows, flags));
}

interface HubRow {
  readonly url: string;
  readonly version: string;
  readonly appVersion: string;
  readonly description: string;
  readonly repositoryUrl: string;
  readonly repositoryName: string;
}

interface HubResult {
  readonly id?: string;
  readonly artifactHub?: { readonly packageUrl?: string };
  readonly attributes?: {
    readonly description?: string;
    readonly repo?: { readonly name?: string; readonly url?: string };
  };
  readonly relationships?: {
    readonly latestChartVersion?: { readonly data?: { readonly version?: string; readonly app_version?: string } };
  };
}

async function ask(endpoint: string, words: string, context: HelmContext): Promise<HubRow[]> {
  const query = new URLSearchParams({ q: words }).toString();
  const url = `${endpoint.replace(/\/$/, '')}/api/chartsvc/v1/charts/search?${query}`;
  const answer = await connect({}, context.environment, 0)({ method: 'GET', url, headers: {} });
  if (answer.status !== 200) throw new Error(`failed to fetch ${url} : ${answer.statusText}`);
  return resultsOf(answer.body).map((result) => rowOf(result, endpoint));
}

/** A body that is no JSON counts as an empty answer, as in Helm. */
function resultsOf(body: Uint8Array): readonly HubResult[] {
  try {
    const { data } = JSON.parse(new TextDecoder().decode(body)) as { readonly data?: readonly HubResult[] };
    return data ?? [];
  } catch {
    return [];
  }
}

function rowOf(result: HubResult, endpoint: string): HubRow {
  const latest = result.relationships?.latestChartVersion?.data;
  return {
    url: result.artifactHub?.packageUrl || `${endpoint}/charts/${result.id ?? ''}`,
    version: latest?.version ?? '',
    appVersion: latest?.app_version ?? '',
    description: result.attributes?.description ?? '',
    repositoryUrl: result.attributes?.repo?.url ?? '',
    repositoryName: result.attributes?.repo?.name ?? '',
  };
}

function resultText(rows: readonly HubRow[], flags: SearchHubFlags): string {
  const listed = rows.map(
    (row): Row => [
      ['url', row.url],
      ['version', row.version],
      ['app_version', row.appVersion],
      ['description', row.description],
      [
        'repository',
        [
          ['url', row.repositoryUrl],
          ['name', row.repositoryName],
        ],
      ],
    ],
  );
  if (flags.output === 'json') return jsonList(listed);
  if (flags.output === 'yaml') return yamlList(listed);
  if (rows.length === 0) return 'No results found\n';
  const heads = ['URL', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION', ...(flags.listRepoUrl ? ['REPO URL'] : [])];
  const cells = rows.map(({ url, version, appVersion, description, repositoryUrl }) => [
    url,
    version,
    appVersion,
    description,
    ...(flags.listRepoUrl ? [repositoryUrl] : []),
  ]);
  return tableText([heads, ...cells], { maxWidth: flags.maxColWidth });
}
