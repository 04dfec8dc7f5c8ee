/** Bringing a chart's dependencies into its charts/ folder, as `helm dependency update` and `build` do. */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import { repositoriesOf } from '#cmd/helm/repository/cache.ts';
import { downloadDependencies } from '#cmd/helm/repository/dependency-download.ts';
import { nameMissing, nameRepositories, resolveVersions } from '#cmd/helm/repository/dependency-resolve.ts';
import { fileMessage, writeWhole } from '#cmd/helm/repository/files.ts';
import type { RepositoryContext } from '#cmd/helm/repository/locate.ts';
import type { RegistryAccess } from '#cmd/helm/repository/registry.ts';
import { updateAll } from '#cmd/helm/repository/repo-update.ts';
import { localTime } from '#cmd/helm/repository/time.ts';
import type { Chart, Dependency } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { isOci } from '#platform/charts/oci/reference.ts';
import { printLock } from '#platform/charts/packaging/pack.ts';
import { lockDigest, oldLockDigest } from '#platform/charts/repositories/lock.ts';
import { sameUrl } from '#platform/charts/repositories/url.ts';

/** How dependencies are fetched. */
export interface DependencyFlags extends RegistryAccess {
  readonly verify: 'never' | 'possibly' | 'always';
  readonly keyring: string;
  /** Do not fetch the indexes first. */
  readonly skipRefresh: boolean;
}

/** What the verbs need beside files: standard output, too. */
export interface DependencyContext extends RepositoryContext {
  write(text: string): void;
}

/** Chooses versions, fetches them and writes the lock if it differs. Rejects with {@link ChartError}. */
export async function updateChart(path: string, flags: DependencyFlags, context: DependencyContext): Promise<void> {
  const chart = await loadFolder(path, context);
  const required = chart.metadata.dependencies;
  if (required === undefined) return;
  const names = nameRepositories(required, path, context);
  const unmanaged = nameMissing(required, names);
  if (!flags.skipRefresh && unmanaged.length > 0) {
    context.write('Getting updates for unmanaged Helm repositories...\n');
    await updateAll(unmanaged, context, context);
  }
  if (!flags.skipRefresh) await refresh(context);
  const locked = await resolveVersions(required, { path, names, flags, context });
  await downloadDependencies(locked, { path, flags, context });
  const digest = await lockDigest(required, locked);
  if (chart.lock?.digest === digest) return;
  const text = printLock({ generated: localTime(), digest, dependencies: locked });
  writeLock(join(path, chart.metadata.apiVersion === 'v1' ? 'requirements.lock' : 'Chart.lock'), text);
}

/** Fetches what the lock says; without one, as {@link updateChart}. Rejects with {@link ChartError}. */
export async function buildChart(path: string, flags: DependencyFlags, context: DependencyContext): Promise<void> {
  const chart = await loadFolder(path, context);
  const { lock } = chart;
  if (lock === undefined) return updateChart(path, flags, context);
  const required = chart.metadata.dependencies ?? [];
  const oldDigest = await oldLockDigest(required);
  nameRepositories(required, path, context);
  await checkLock(chart, { required, oldDigest }, context);
  const locked = (lock.dependencies ?? []).map((dependency) => ({ ...dependency }));
  checkKnown(locked, context);
  if (!flags.skipRefresh) await refresh(context);
  await downloadDependencies(locked, { path, flags, context });
}

async function loadFolder(path: string, { warn }: DependencyContext): Promise<Chart> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined)
    throw new ChartError(`could not find ${path}: ${fileMessage('stat', path, { code: 'ENOENT' })}`);
  if (!info.isDirectory()) throw new ChartError('only unpacked charts can be updated');
  return loadChartAt(path, warn);
}

async function refresh(context: DependencyContext): Promise<void> {
  const repositories = repositoriesOf(context);
  if (repositories.length === 0) return;
  context.write('Hang tight while we grab the latest from your chart repositories...\n');
  await updateAll(repositories, context, context);
  context.write('Update Complete. ⎈Happy Helming!⎈\n');
}

async function checkLock(
  { lock, metadata }: Chart,
  { required, oldDigest }: { readonly required: readonly Dependency[]; readonly oldDigest: string },
  context: DependencyContext,
): Promise<void> {
  if (lock === undefined || (await lockDigest(required, lock.dependencies ?? [])) === lock.digest) return;
  const outOfSync = (lockFile: string, file: string): ChartError =>
    new ChartError(
      `the lock file (${lockFile}) is out of sync with the dependencies file (${file}). Please update the dependencies`,
    );
  if (metadata.apiVersion !== 'v1') throw outOfSync('Chart.lock', 'Chart.yaml');
  context.warn('warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...');
  if (oldDigest !== lock.digest) throw outOfSync('requirements.lock', 'requirements.yaml');
}

/** Each repository of the lock must be one of the user's. */
function checkKnown(locked: readonly Dependency[], context: DependencyContext): void {
  const known = repositoriesOf(context);
  const missing = locked
    .map(({ repository }) => repository)
    .filter((url) => url !== '' && !url.startsWith('file://') && !isOci(url))
    .filter((url) => !known.some((entry) => sameUrl(entry.url, url.replace(/\/$/, ''))));
  if (missing.length > 0)
    throw new ChartError(
      `no repository definition for ${missing.join(', ')}. Please add the missing repos via 'helm repo add'`,
    );
}

function writeLock(path: string, text: string): void {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info?.isSymbolicLink() === true) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    throw new ChartError(`the ${name} file is a symlink to ${JSON.stringify(readlinkSync(path))}`);
  }
  writeWhole(path, text);
}
