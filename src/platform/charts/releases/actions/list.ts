/** `helm list`: the releases of a namespace, or of all of them. */
import { parseLabelSelector } from '#api/meta/parse-label-selector.ts';
import type { Release, ReleaseStatus } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { timeMs } from '#platform/charts/releases/times.ts';

/** What is listed. */
export interface ListOptions {
  /** States that are shown; `all` shows every one but unknown. Deployed and failed ones unless said otherwise. */
  readonly states?: readonly ReleaseStatus[] | 'all';
  /** RE2, anywhere in the name. */
  readonly filter?: string;
  /** Over the labels of the records: `team=web`, but also Helm's own `status` and `version`. */
  readonly selector?: string;
  readonly sort?: 'name' | 'date';
  /** The other way round: names from z to a, dates from new to old. */
  readonly reverse?: boolean;
  /** 0: no limit. */
  readonly limit?: number;
  readonly offset?: number;
}

const usualStates: readonly ReleaseStatus[] = ['deployed', 'failed'];

/**
 * One entry per release, its newest revision (every revision if superseded ones alone are asked for). Throws what the server
 * refuses, and for filters that are none.
 */
export async function listReleases(context: ReleaseContext, options: ListOptions = {}): Promise<Release[]> {
  await context.resources.reach();
  const { states = usualStates, filter = '', selector = '', limit = 0, offset = 0 } = options;
  const pattern = filter === '' ? undefined : await compiled(filter);
  const found = (await context.driver.list()).filter(({ name }) => pattern?.test(name) ?? true);
  const isSupersededAlone = states !== 'all' && states.length === 1 && states[0] === 'superseded';
  const candidates = isSupersededAlone ? found : newestOfEach(found);
  const labels = parseLabelSelector(selector);
  const shown = candidates.filter((release) => isWanted(release.info.status, states) && labels.matches(release.labels));
  shown.sort(options.sort === 'date' ? byDate : byName);
  if (options.reverse === true) shown.reverse();
  return shown.slice(offset, limit > 0 ? offset + limit : undefined);
}

/** The engine is only loaded where a filter is given. */
async function compiled(filter: string): Promise<{ test(text: string): boolean }> {
  const { RE2JS } = await import('@bufbuild/re2');
  return RE2JS.compile(filter);
}

function isWanted(status: ReleaseStatus, states: readonly ReleaseStatus[] | 'all'): boolean {
  return states === 'all' ? status !== 'unknown' : states.includes(status);
}

function newestOfEach(releases: readonly Release[]): Release[] {
  const newest = new Map<string, Release>();
  for (const release of releases) {
    const key = `${release.namespace}/${release.name}`;
    const known = newest.get(key);
    if (known === undefined || known.version <= release.version) newest.set(key, release);
  }
  return [...newest.values()];
}

function byName(a: Release, b: Release): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Oldest first: what `helm list --date` shows, whatever its help says. */
function byDate(a: Release, b: Release): number {
  return timeMs(a.info.lastDeployed) - timeMs(b.info.lastDeployed);
}
