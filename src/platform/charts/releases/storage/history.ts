/** Questions about the recorded revisions of a release, and the limit on their number. */
import type { Release } from '#platform/charts/release.ts';
import { ReleaseError, isReleaseProblem, noDeployedReleases } from '#platform/charts/releases/errors.ts';
import type { ReleaseDriver } from '#platform/charts/releases/storage/driver.ts';
import { releaseKey } from '#platform/charts/releases/storage/driver.ts';

const byVersion = (a: Release, b: Release): number => a.version - b.version;

/** All revisions, oldest first. Throws NotFound if there are none. */
export async function releaseHistory(driver: ReleaseDriver, name: string): Promise<Release[]> {
  return (await driver.query({ name, owner: 'helm' })).sort(byVersion);
}

/** The newest revision. Throws NotFound. */
export async function lastRelease(driver: ReleaseDriver, name: string): Promise<Release> {
  const last = (await releaseHistory(driver, name)).at(-1);
  if (last === undefined) throw new ReleaseError(`no revision for release ${JSON.stringify(name)}`, 'NotFound');
  return last;
}

/** One revision, or the newest for 0. Throws NotFound. */
export function releaseAt(driver: ReleaseDriver, name: string, version: number): Promise<Release> {
  return version > 0 ? driver.get(releaseKey(name, version)) : lastRelease(driver, name);
}

/** The revisions that are deployed, newest first; usually one. Throws NoDeployedReleases. */
export async function deployedReleases(driver: ReleaseDriver, name: string): Promise<Release[]> {
  try {
    const found = await driver.query({ name, owner: 'helm', status: 'deployed' });
    return found.sort(byVersion).reverse();
  } catch (error) {
    if (isReleaseProblem(error, 'NotFound')) throw noDeployedReleases(name);
    throw error;
  }
}

/** Records a new revision, after making room: at most `maxHistory` are kept (0: no limit), never removing the deployed one. */
export async function recordNew(driver: ReleaseDriver, release: Release, maxHistory: number): Promise<void> {
  if (maxHistory > 0) await prune(driver, release.name, maxHistory - 1);
  await driver.create(releaseKey(release.name, release.version), release);
}

/** Writes a revision that is recorded. */
export function recordChange(driver: ReleaseDriver, release: Release): Promise<void> {
  return driver.update(releaseKey(release.name, release.version), release);
}

/** Removes a revision. */
export function removeRecord(driver: ReleaseDriver, release: Release): Promise<void> {
  return driver.delete(releaseKey(release.name, release.version));
}

async function prune(driver: ReleaseDriver, name: string, keep: number): Promise<void> {
  const history = await driver.query({ name, owner: 'helm' }).catch((error: unknown) => {
    if (isReleaseProblem(error, 'NotFound')) return [];
    throw error;
  });
  if (history.length <= keep) return;
  const deployed = history
    .filter(({ info }) => info.status === 'deployed')
    .sort(byVersion)
    .at(-1);
  const removable = history.sort(byVersion).filter(({ version }) => version !== deployed?.version);
  const errors: Error[] = [];
  for (const release of removable.slice(0, history.length - keep))
    await removeRecord(driver, release).catch((error: Error) => errors.push(error));
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw first;
  throw new ReleaseError(`encountered ${errors.length} deletion errors. First is: ${first.message}`);
}
