/** `helm repo update`, and the same before dependencies are chosen. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { readRepositories, updateIndex } from '#cmd/helm/repository/cache.ts';
import type { RepositoryContext } from '#cmd/helm/repository/locate.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { RepositoryEntry, RepositoryFile } from '#platform/charts/repositories/config.ts';
import { checkRepositoryUrl } from '#platform/charts/repositories/download.ts';

/** Flags of `helm repo update`. */
export interface RepoUpdateFlags {
  /** Milliseconds. */
  readonly timeout: number;
  readonly failOnRepoUpdateFail: boolean;
}

const nothing = 'no repositories found. You must add one before updating';

/** The names of repositories that are made for one run: `helm-manager-` and the URL's hash. */
export const unmanagedPrefix = 'helm-manager-';

/** Fetches the indexes of all repositories, or of those that are named. */
export async function repoUpdate(
  flags: RepoUpdateFlags,
  names: readonly string[],
  context: HelmContext,
): Promise<void> {
  const { repositories } = repositoryFile(context);
  for (const name of names)
    if (!repositories.some((entry) => entry.name === name))
      throw new ChartError(`no repositories found matching '${name}'.  Nothing will be updated`);
  const chosen = names.length === 0 ? repositories : repositories.filter(({ name }) => names.includes(name));
  for (const { url } of chosen) checkRepositoryUrl(url);
  context.write('Hang tight while we grab the latest from your chart repositories...\n');
  const failed = await updateAll(chosen, context, { timeoutMs: flags.timeout, write: (text) => context.write(text) });
  if (failed.length > 0 && flags.failOnRepoUpdateFail)
    throw new ChartError(`Failed to update the following repositories: [${failed.join(' ')}]`);
  context.write('Update Complete. ⎈Happy Helming!⎈\n');
}

function repositoryFile(context: HelmContext): RepositoryFile {
  let file: RepositoryFile | undefined;
  try {
    file = readRepositories(context);
  } catch (error) {
    throw new ChartError(`failed loading file: ${context.settings.repositoryConfig}: ${(error as Error).message}`);
  }
  if (file === undefined || file.repositories.length === 0) throw new ChartError(nothing);
  return file;
}

/** Fetches indexes at the same time and says how each went; answers the URLs of those that failed. Never rejects. */
export async function updateAll(
  entries: readonly RepositoryEntry[],
  context: RepositoryContext,
  options: { readonly timeoutMs?: number; write(text: string): void },
): Promise<string[]> {
  const failed: string[] = [];
  await Promise.all(
    entries.map(async (entry) => {
      const isUnmanaged = entry.name.startsWith(unmanagedPrefix);
      const shown = JSON.stringify(isUnmanaged ? entry.url : entry.name);
      try {
        await updateIndex(entry, context, options.timeoutMs);
        options.write(`...Successfully got an update from the ${shown} chart repository\n`);
      } catch (error) {
        const place = isUnmanaged ? '' : ` (${entry.url})`;
        const { message } = error as Error;
        options.write(`...Unable to get an update from the ${shown} chart repository${place}:\n\t${message}\n`);
        failed.push(entry.url);
      }
    }),
  );
  return failed;
}
