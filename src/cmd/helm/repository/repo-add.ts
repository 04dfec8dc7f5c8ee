/** `helm repo add NAME URL`. */
import { readFileSync } from 'node:fs';
import type { HelmContext } from '#cmd/helm/context.ts';
import { readRepositories, updateIndex, writeRepositories } from '#cmd/helm/repository/cache.ts';
import { makeFolderOf } from '#cmd/helm/repository/files.ts';
import { withFileLock } from '#cmd/helm/repository/lock.ts';
import { askSecret } from '#cmd/helm/repository/prompt.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { RepositoryEntry } from '#platform/charts/repositories/config.ts';
import {
  emptyRepositoryFile,
  repositoryEntry,
  sameRepository,
  withRepository,
} from '#platform/charts/repositories/config.ts';
import { checkRepositoryUrl } from '#platform/charts/repositories/download.ts';

/** Flags of `helm repo add`. */
export interface RepoAddFlags {
  readonly username: string;
  readonly password: string;
  readonly passwordStdin: boolean;
  readonly forceUpdate: boolean;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly allowDeprecatedRepos: boolean;
  readonly passCredentials: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

const goneRepositories: readonly (readonly [part: string, successor: string])[] = [
  ['//kubernetes-charts.storage.googleapis.com', 'https://charts.helm.sh/stable'],
  ['//kubernetes-charts-incubator.storage.googleapis.com', 'https://charts.helm.sh/incubator'],
];

/** Adds a repository after its index was fetched. */
export async function repoAdd(flags: RepoAddFlags, args: readonly string[], context: HelmContext): Promise<void> {
  const [name = '', url = ''] = args;
  if (!flags.allowDeprecatedRepos) refuseGone(url);
  makeFolderOf(context.settings.repositoryConfig);
  await withFileLock(lockPath(context.settings.repositoryConfig), async () => {
    const file = readRepositories(context) ?? emptyRepositoryFile;
    const entry = repositoryEntry(name, url, {
      ...flags,
      password: await passwordOf(flags, context),
      passCredentialsAll: flags.passCredentials,
    });
    if (name.includes('/'))
      throw new ChartError(`repository name (${name}) contains '/', please specify a different name without '/'`);
    const existing = file.repositories.find((candidate) => candidate.name === name);
    if (!flags.forceUpdate && existing !== undefined) return context.write(existingText(existing, entry));
    await fetchFirstIndex(entry, flags.timeout, context);
    writeRepositories(withRepository(file, entry), context);
    context.write(`${JSON.stringify(name)} has been added to your repositories\n`);
  });
}

function refuseGone(url: string): void {
  const gone = goneRepositories.find(([part]) => url.includes(part));
  if (gone !== undefined)
    throw new ChartError(`repo ${JSON.stringify(url)} is no longer available; try ${JSON.stringify(gone[1])} instead`);
}

/** `repositories.yaml` is locked by `repositories.lock`, as Helm does. */
function lockPath(file: string): string {
  const ending = /\.[^./]*$/.exec(file)?.[0] ?? '';
  return `${ending === '' || ending === file ? file : file.slice(0, -ending.length)}.lock`;
}

async function passwordOf(flags: RepoAddFlags, context: HelmContext): Promise<string> {
  if (flags.username === '' || flags.password !== '') return flags.password;
  if (flags.passwordStdin) return readFileSync(0, 'utf8').replace(/\n$/, '').replace(/\r$/, '');
  return askSecret('Password: ', context);
}

function existingText(existing: RepositoryEntry, wanted: RepositoryEntry): string {
  if (sameRepository(existing, wanted))
    return `${JSON.stringify(wanted.name)} already exists with the same configuration, skipping\n`;
  throw new ChartError(`repository name (${wanted.name}) already exists, please specify a different name`);
}

async function fetchFirstIndex(entry: RepositoryEntry, timeoutMs: number, context: HelmContext): Promise<void> {
  checkRepositoryUrl(entry.url);
  try {
    await updateIndex(entry, context, timeoutMs);
  } catch (error) {
    throw new ChartError(
      `looks like ${JSON.stringify(entry.url)} is not a valid chart repository or cannot be reached: ${(error as Error).message}`,
    );
  }
}
