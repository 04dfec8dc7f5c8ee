/** Which repository a dependency means, and which of its versions. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { statSync } from 'node:fs';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import { cachedIndex, repositoriesOf } from '#cmd/helm/repository/cache.ts';
import type { DependencyContext, DependencyFlags } from '#cmd/helm/repository/dependency-manager.ts';
import { registryClient } from '#cmd/helm/repository/registry.ts';
import { unmanagedPrefix } from '#cmd/helm/repository/repo-update.ts';
import { isValidVersion } from '#lang/semver/version.ts';
import type { Dependency } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { listVersions } from '#platform/charts/oci/chart-registry.ts';
import { isOci, parseChartReference } from '#platform/charts/oci/reference.ts';
import type { RepositoryEntry } from '#platform/charts/repositories/config.ts';
import { repositoryEntry } from '#platform/charts/repositories/config.ts';
import type { IndexFile } from '#platform/charts/repositories/index-file.ts';
import { dependencyRange, firstInRange, lockedDependency } from '#platform/charts/repositories/lock.ts';
import { sameUrl, splitUrl } from '#platform/charts/repositories/url.ts';

/**
 * The repository of each dependency, by the dependency's name. Aliases (`@name`, `alias:name`) become URLs in the dependencies
 * themselves. Throws {@link ChartError} for one that is no URL and not known.
 */
export function nameRepositories(
  dependencies: readonly Dependency[],
  path: string,
  context: DependencyContext,
): Map<string, string> {
  const repositories = repositoriesOf(context);
  const names = new Map<string, string>();
  const missing: string[] = [];
  for (const dependency of dependencies) {
    const { name, repository } = dependency;
    if (repository === '') continue;
    if (repository.startsWith('file://')) {
      localFolder(repository, path);
      if (context.settings.debug) context.write(`Repository from local path: ${repository}\n`);
      names.set(name, repository);
    } else if (isOci(repository)) names.set(name, repository);
    else {
      const known = repositories.find((entry) => isMeant(repository, entry));
      if (known !== undefined) {
        if (/^(?:@|alias:)/.test(repository)) dependency.repository = known.url;
        names.set(name, known.name);
      } else if (isRequestUri(repository)) names.set(repository, repository);
      else missing.push(repository);
    }
  }
  if (missing.length > 0) throw unknownRepositories(missing);
  return names;
}

function isMeant(repository: string, entry: RepositoryEntry): boolean {
  const alias = /^(?:@|alias:)(.*)$/s.exec(repository)?.[1];
  return alias === entry.name || sameUrl(entry.url, repository);
}

/** Go's url.ParseRequestURI: anything with a scheme, or a rooted path. */
function isRequestUri(text: string): boolean {
  const parts = splitUrl(text);
  if (parts === undefined || text === '') return false;
  return parts.scheme !== '' || text.startsWith('/');
}

function unknownRepositories(missing: readonly string[]): ChartError {
  const isBareName = missing.some((name) => !name.includes('//') && !/^(?:@|alias:)/.test(name));
  const note = `
Note that repositories must be URLs or aliases. For example, to refer to the "example"
repository, use "https://charts.example.com/" or "@example" instead of
"example". Don't forget to add the repo, too ('helm repo add').`;
  return new ChartError(
    `no repository definition for ${missing.join(', ')}. Please add them via 'helm repo add'${isBareName ? note : ''}`,
  );
}

/** Gives the repositories that are not the user's a name for this run, and answers them. */
export function nameMissing(dependencies: readonly Dependency[], names: Map<string, string>): RepositoryEntry[] {
  const unmanaged: RepositoryEntry[] = [];
  for (const { name, repository } of dependencies) {
    if (repository === '' || names.has(name)) continue;
    const own = unmanagedPrefix + createHash('sha256').update(repository).digest('hex');
    names.set(name, own);
    unmanaged.push(repositoryEntry(own, repository));
  }
  return unmanaged;
}

/** The folder that a `file://` repository, or one below the chart, means. Throws {@link ChartError} if it is not there. */
export function localFolder(repository: string, chartPath: string): string {
  const given = repository.replace(/^file:\/\//, '');
  const folder = given.startsWith('/') ? resolve(given) : join(chartPath, given);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) throw new ChartError(`directory ${folder} not found`);
  return folder;
}

/** What choosing needs. */
export interface ResolveScope {
  /** The chart's folder. */
  readonly path: string;
  readonly names: ReadonlyMap<string, string>;
  readonly flags: DependencyFlags;
  readonly context: DependencyContext;
}

/** The entries of the lock, in the order of the dependencies. Rejects with {@link ChartError}. */
export async function resolveVersions(dependencies: readonly Dependency[], scope: ResolveScope): Promise<Dependency[]> {
  const locked: Dependency[] = [];
  const missing: string[] = [];
  for (const dependency of dependencies) {
    const { name, repository, version } = dependency;
    const found = await chooseFor(dependency, scope);
    if (found === undefined)
      missing.push(
        `${JSON.stringify(name)} (repository ${JSON.stringify(repository)}, version ${JSON.stringify(version)})`,
      );
    else locked.push(lockedDependency(name, repository, found));
  }
  if (missing.length > 0)
    throw new ChartError(
      `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. Make sure a matching chart ` +
        'version exists in the repo, or change the version constraint in Chart.yaml',
    );
  return locked;
}

/** Undefined if no version fits. */
async function chooseFor(dependency: Dependency, scope: ResolveScope): Promise<string | undefined> {
  const range = dependencyRange(dependency);
  const { name, repository, version } = dependency;
  const { path, names, context } = scope;
  if (repository === '') {
    localFolder(join('charts', name), path);
    return version;
  }
  if (repository.startsWith('file://')) {
    const { metadata } = await loadChartAt(localFolder(repository, path), context.warn);
    return firstInRange([metadata.version], range);
  }
  if (isOci(repository)) {
    if (isValidVersion(version)) return version;
    return firstInRange(await tagsOf(dependency, scope), range) ?? version;
  }
  const owner = names.get(name) ?? '';
  const versions = cachedFor(owner, context).entries.get(name);
  if (versions === undefined) throw new ChartError(`${name} chart not found in repo ${repository}`);
  const fetchable = versions.filter(({ urls = [] }) => urls.length > 0).map(({ metadata }) => metadata.version);
  return firstInRange(fetchable, range);
}

function cachedFor(owner: string, context: DependencyContext): IndexFile {
  try {
    return cachedIndex(owner, context);
  } catch (error) {
    throw new ChartError(
      `no cached repository for ${owner} found. (try 'helm repo update'): ${(error as Error).message}`,
    );
  }
}

async function tagsOf({ name, repository }: Dependency, { flags, context }: ResolveScope): Promise<string[]> {
  try {
    const reference = parseChartReference(`${repository}/${name}`);
    return await listVersions(registryClient(reference.registry, flags, context), reference.repository);
  } catch (error) {
    throw new ChartError(`could not retrieve list of tags for repository ${repository}: ${(error as Error).message}`);
  }
}
