/** repositories.yaml and the cached indexes on this machine. */
import { join } from 'node:path';
import { connect } from '#cmd/helm/repository/network.ts';
import { makeFolder, makeFolderOf, readBytes, readOptional, writeWhole } from '#cmd/helm/repository/files.ts';
import type { RepositoryContext } from '#cmd/helm/repository/locate.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { RepositoryEntry, RepositoryFile } from '#platform/charts/repositories/config.ts';
import {
  cacheChartsName,
  cacheIndexName,
  emptyRepositoryFile,
  parseRepositoryFile,
  printRepositoryFile,
} from '#platform/charts/repositories/config.ts';
import { checkRepositoryUrl, download, indexUrl } from '#platform/charts/repositories/download.ts';
import type { IndexFile } from '#platform/charts/repositories/index-file.ts';
import { readIndex } from '#platform/charts/repositories/index-file.ts';

/** The user's repositories; undefined if there is no file. Throws {@link ChartError}. */
export function readRepositories({ settings }: Pick<RepositoryContext, 'settings'>): RepositoryFile | undefined {
  const text = readOptional(settings.repositoryConfig);
  return text === undefined ? undefined : parseRepositoryFile(text);
}

/** The user's repositories, none if there is no file. Throws {@link ChartError}. */
export function repositoriesOf(context: Pick<RepositoryContext, 'settings'>): readonly RepositoryEntry[] {
  return (readRepositories(context) ?? emptyRepositoryFile).repositories;
}

/** Writes repositories.yaml; only its owner may read it. */
export function writeRepositories(file: RepositoryFile, { settings }: Pick<RepositoryContext, 'settings'>): void {
  makeFolderOf(settings.repositoryConfig);
  writeWhole(settings.repositoryConfig, printRepositoryFile(file), 0o600);
}

/** Where the index of a repository is kept. */
export function cachedIndexPath(name: string, { settings }: Pick<RepositoryContext, 'settings'>): string {
  return join(settings.repositoryCache, cacheIndexName(name));
}

/** Where the chart names of a repository are kept. */
export function cachedChartsPath(name: string, { settings }: Pick<RepositoryContext, 'settings'>): string {
  return join(settings.repositoryCache, cacheChartsName(name));
}

/** Reads an index file. Throws {@link ChartError}: `open …: no such file or directory`, `error loading …: …`. */
export function loadIndexFile(path: string, warn: (message: string) => void): IndexFile {
  const text = new TextDecoder().decode(readBytes(path));
  try {
    return readIndex(text, path, warn);
  } catch (error) {
    throw new ChartError(`error loading ${path}: ${(error as Error).message}`);
  }
}

/** The index that was cached last. Throws {@link ChartError}. */
export function cachedIndex(name: string, context: RepositoryContext): IndexFile {
  return loadIndexFile(cachedIndexPath(name, context), context.warn);
}

/** Fetches an index. Rejects with {@link ChartError} or FetchError. */
export async function fetchIndex(
  entry: RepositoryEntry,
  context: RepositoryContext,
  timeoutMs?: number,
): Promise<{ readonly index: IndexFile; readonly bytes: Uint8Array }> {
  checkRepositoryUrl(entry.url);
  const bytes = await download(connect(entry, context.environment, timeoutMs), indexUrl(entry.url), {
    credentials: {
      username: entry.username,
      password: entry.password,
      owner: entry.url,
      passToAll: entry.passCredentialsAll,
    },
  });
  return { index: readIndex(new TextDecoder().decode(bytes), entry.url, context.warn), bytes };
}

/** Fetches an index into the cache. Rejects with {@link ChartError} or FetchError. */
export async function updateIndex(
  entry: RepositoryEntry,
  context: RepositoryContext,
  timeoutMs?: number,
): Promise<void> {
  const { index, bytes } = await fetchIndex(entry, context, timeoutMs);
  makeFolder(context.settings.repositoryCache);
  writeWhole(cachedChartsPath(entry.name, context), [...index.entries.keys()].map((name) => `${name}\n`).join(''));
  writeWhole(cachedIndexPath(entry.name, context), bytes);
}
