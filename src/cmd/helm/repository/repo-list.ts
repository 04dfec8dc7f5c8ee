/** `helm repo list` and `helm repo remove`. */
import { rmSync } from 'node:fs';
import type { HelmContext } from '#cmd/helm/context.ts';
import type { OutputFormat } from '#cmd/helm/flags.ts';
import { cachedChartsPath, cachedIndexPath, readRepositories, writeRepositories } from '#cmd/helm/repository/cache.ts';
import type { Row } from '#cmd/helm/repository/print.ts';
import { jsonList, yamlList } from '#cmd/helm/repository/print.ts';
import { tableText } from '#cmd/helm/table.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { RepositoryFile } from '#platform/charts/repositories/config.ts';

/** Prints names and URLs. A file that cannot be read counts as empty, as in Helm. */
export function repoList(
  flags: { readonly output: OutputFormat },
  _args: readonly string[],
  context: HelmContext,
): Promise<void> {
  const entries = readable(context)?.repositories ?? [];
  if (entries.length === 0 && flags.output === 'table') throw new ChartError('no repositories to show');
  const rows: Row[] = entries.map(({ name, url }) => [
    ['name', name],
    ['url', url],
  ]);
  if (flags.output === 'json') context.write(jsonList(rows));
  else if (flags.output === 'yaml') context.write(yamlList(rows));
  else context.write(tableText([['NAME', 'URL'], ...entries.map(({ name, url }) => [name, url])]));
  return Promise.resolve();
}

function readable(context: HelmContext): RepositoryFile | undefined {
  try {
    return readRepositories(context);
  } catch {
    return undefined;
  }
}

/** Forgets repositories and what is cached of them. */
export function repoRemove(_flags: unknown, names: readonly string[], context: HelmContext): Promise<void> {
  const found = readable(context);
  if (found === undefined || found.repositories.length === 0) throw new ChartError('no repositories configured');
  let file: RepositoryFile = found;
  for (const name of names) {
    const repositories: RepositoryFile['repositories'] = file.repositories.filter((entry) => entry.name !== name);
    if (repositories.length === file.repositories.length)
      throw new ChartError(`no repo named ${JSON.stringify(name)} found`);
    file = { ...file, repositories };
    writeRepositories(file, context);
    rmSync(cachedChartsPath(name, context), { force: true });
    rmSync(cachedIndexPath(name, context), { force: true });
    context.write(`${JSON.stringify(name)} has been removed from your repositories\n`);
  }
  return Promise.resolve();
}
