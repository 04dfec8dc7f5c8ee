/** Locked dependencies to archives in charts/: fetched beside it first, moved when all of them are there. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import { cachedIndexPath, loadIndexFile, repositoriesOf } from '#cmd/helm/repository/cache.ts';
import type { DependencyContext, DependencyFlags } from '#cmd/helm/repository/dependency-manager.ts';
import { localFolder } from '#cmd/helm/repository/dependency-resolve.ts';
import type { FetchPlan } from '#cmd/helm/repository/fetch.ts';
import { chartUrlInRepository, downloadChart } from '#cmd/helm/repository/fetch.ts';
import { makeFolder } from '#cmd/helm/repository/files.ts';
import { saveChart } from '#cmd/helm/repository/save.ts';
import { matchesConstraint, parseConstraint } from '#lang/semver/constraint.ts';
import { parseVersion } from '#lang/semver/version.ts';
import type { RegistryAccess } from '#cmd/helm/repository/registry.ts';
import type { Chart, Dependency } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { isOci } from '#platform/charts/oci/reference.ts';
import type { RepositoryEntry } from '#platform/charts/repositories/config.ts';
import { checkOwner } from '#platform/charts/repositories/download.ts';
import type { IndexFile } from '#platform/charts/repositories/index-file.ts';
import { sameVersion } from '#platform/charts/repositories/lock.ts';
import { joinPath, joinUrl, sameUrl, splitUrl } from '#platform/charts/repositories/url.ts';

/** Whose dependencies, and how. */
export interface DownloadScope {
  /** The chart's folder. */
  readonly path: string;
  readonly flags: DependencyFlags;
  readonly context: DependencyContext;
}

interface KnownRepository {
  readonly entry: RepositoryEntry;
  readonly index: IndexFile;
}

/**
 * Fetches all dependencies, then moves them to charts/ and removes archives that are no dependencies any more. A dependency
 * in a folder gets that chart's version. Rejects with {@link ChartError}; charts/ is then as it was.
 */
export async function downloadDependencies(dependencies: readonly Dependency[], scope: DownloadScope): Promise<void> {
  const { path, context } = scope;
  const repositories = repositoriesOf(context).map(
    (entry): KnownRepository => ({ entry, index: loadIndexFile(cachedIndexPath(entry.name, context), context.warn) }),
  );
  const target = join(path, 'charts');
  const draft = join(path, `tmpcharts-${process.pid}`);
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new ChartError(`${JSON.stringify(target)} is not a directory`);
  makeFolder(target);
  mkdirSync(draft, { recursive: true, mode: 0o755 });
  try {
    context.write(`Saving ${dependencies.length} charts\n`);
    await fetchAll(dependencies, { scope, repositories, draft, target });
    await moveAll(dependencies, { draft, target, context });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

interface Work {
  readonly scope: DownloadScope;
  readonly repositories: readonly KnownRepository[];
  readonly draft: string;
  readonly target: string;
}

async function fetchAll(dependencies: readonly Dependency[], work: Work): Promise<void> {
  const { context } = work.scope;
  const fetched = new Set<string>();
  for (const dependency of dependencies) {
    const { name, repository } = dependency;
    if (repository === '') {
      context.write(`Dependency ${name} did not declare a repository. Assuming it exists in the charts directory\n`);
      await reported(context, await checkPresent(dependency, work));
      continue;
    }
    try {
      if (repository.startsWith('file://')) await packLocal(dependency, work);
      else await fetchOne(dependency, work, fetched);
    } catch (error) {
      await reported(context, error as Error);
    }
  }
}

/** What stops the fetching is told on standard output, too. */
function reported(context: DependencyContext, error: Error | undefined): Promise<void> {
  if (error === undefined) return Promise.resolve();
  context.write(`Save error occurred:  ${error.message}\n`);
  return Promise.reject(error);
}

/** Rejects if the chart cannot be read, resolves with the problem if it is of another version. */
async function checkPresent(dependency: Dependency, { target, scope }: Work): Promise<Error | undefined> {
  const path = join(target, dependency.name);
  const { name, version } = dependency;
  let chart: Chart;
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined)
      throw new ChartError(`stat ${path}: no such file or directory`);
    chart = await loadChartAt(path, scope.context.warn);
  } catch (error) {
    throw new ChartError(`unable to load chart '${path}': ${(error as Error).message}`);
  }
  const own = chart.metadata.version;
  if (fits(version, own, `dependency ${name} has an invalid version/constraint format`)) return undefined;
  return new ChartError(`dependency ${name} at version ${own} does not satisfy the constraint ${version}`);
}

function fits(range: string, version: string, invalid: string): boolean {
  let constraint: ReturnType<typeof parseConstraint>;
  try {
    constraint = parseConstraint(range);
  } catch (error) {
    throw new ChartError(`${invalid}: ${(error as Error).message}`);
  }
  return matchesConstraint(constraint, parseVersion(version));
}

async function packLocal(dependency: Dependency, { scope, draft }: Work): Promise<void> {
  const { name, repository, version } = dependency;
  const { context, path } = scope;
  if (context.settings.debug) context.write(`Archiving ${name} from repo ${repository}\n`);
  const chart = await loadChartAt(localFolder(repository, path), context.warn);
  const own = chart.metadata.version;
  if (!fits(version, own, `dependency ${name} has an invalid version/constraint format`))
    throw new ChartError(`can't get a valid version for dependency ${name}`);
  await saveChart(chart, draft);
  dependency.version = own;
}

async function fetchOne(dependency: Dependency, work: Work, fetched: Set<string>): Promise<void> {
  const { name, repository, version } = dependency;
  const { context } = work.scope;
  const source = await sourceOf(dependency, work).catch((error: Error) => {
    throw new ChartError(`could not find : ${error.message}`);
  });
  if (fetched.has(source.url)) {
    context.write(`Already downloaded ${name} from repo ${repository}\n`);
    return;
  }
  context.write(`Downloading ${name} from repo ${repository}\n`);
  const reference = isOci(source.url) ? `${repository}/${name}` : source.url;
  const plan = planOf(source.entry, isOci(source.url) ? version : '', work);
  try {
    await downloadChart(reference, plan, context, (line) => context.write(`${line}\n`));
  } catch (error) {
    throw new ChartError(`could not download ${reference}: ${(error as Error).message}`);
  }
  fetched.add(source.url);
}

interface DependencySource {
  readonly url: string;
  readonly entry: RepositoryEntry | undefined;
}

async function sourceOf(dependency: Dependency, { repositories, scope }: Work): Promise<DependencySource> {
  const { name, version, repository } = dependency;
  if (isOci(repository)) return { url: `${repository}/${name}:${version}`, entry: undefined };
  const known = repositories.find(({ entry }) => sameUrl(repository, entry.url));
  if (known !== undefined) return { url: urlIn(known.index, dependency), entry: known.entry };
  const found = chartUrlInRepository(repository, name, { version }, scope.context);
  const url = await found.catch((error: Error) => {
    throw new ChartError(`chart ${name} not found in ${repository}: ${error.message}`);
  });
  return { url, entry: undefined };
}

function urlIn(index: IndexFile, { name, version, repository }: Dependency): string {
  const versions = index.entries.get(name);
  if (versions === undefined) throw new ChartError('entry not found');
  const found = versions.find(
    ({ metadata, urls = [] }) => urls.length > 0 && (version === '' || sameVersion(version, metadata.version)),
  );
  const url = found?.urls?.[0];
  if (url === undefined) throw new ChartError('no matching version');
  checkOwner(url, repository);
  if ((splitUrl(url)?.scheme ?? '') !== '') return url;
  const base = splitUrl(repository);
  return base === undefined ? url : joinUrl({ ...base, path: joinPath(base.path, url) });
}

/** Flags speak of registries; a repository has its own entry, or nothing. */
function planOf(entry: RepositoryEntry | undefined, version: string, { scope, draft }: Work): FetchPlan {
  const { flags } = scope;
  const access: RegistryAccess = version === '' ? (entry ?? {}) : flags;
  const { username = '', password = '' } = access;
  return {
    version,
    folder: draft,
    verify: flags.verify,
    keyring: flags.keyring,
    tls: access,
    credentials: { username, password, owner: '', passToAll: entry?.passCredentialsAll ?? false },
    plainHttp: flags.plainHttp ?? false,
  };
}

interface MoveScope {
  readonly draft: string;
  readonly target: string;
  readonly context: DependencyContext;
}

async function moveAll(dependencies: readonly Dependency[], { draft, target, context }: MoveScope): Promise<void> {
  const moved = new Set<string>();
  const before = readdirSync(target, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  for (const name of readdirSync(draft).sort()) {
    moved.add(name);
    const problem = await problemOf(join(draft, name), context);
    if (problem !== undefined) context.write(`Could not verify ${join(draft, name)} for moving: ${problem} (Skipping)`);
    else renameSync(join(draft, name), join(target, name));
  }
  context.write('Deleting outdated charts\n');
  const local = new Set(dependencies.filter(({ repository }) => repository === '').map(({ name }) => name));
  for (const { name } of before) if (!moved.has(name)) await removeOutdated(join(target, name), local, context);
}

async function problemOf(path: string, { warn }: DependencyContext): Promise<string | undefined> {
  try {
    await loadChartAt(path, warn);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function removeOutdated(path: string, local: ReadonlySet<string>, context: DependencyContext): Promise<void> {
  try {
    const { metadata } = await loadChartAt(path, context.warn);
    if (!local.has(metadata.name)) rmSync(path);
  } catch (error) {
    context.write(`Could not verify ${path} for deletion: ${(error as Error).message} (Skipping)\n`);
  }
}
