/** Charts from repositories, URLs and registries to files. */
import { basename, join, resolve } from 'node:path';
import { cachedIndex, fetchIndex, repositoriesOf } from '#cmd/helm/repository/cache.ts';
import { makeFolder, writeWhole } from '#cmd/helm/repository/files.ts';
import type { ChartPathFlags, RepositoryContext } from '#cmd/helm/repository/locate.ts';
import type { TlsFlags } from '#cmd/helm/repository/network.ts';
import { connect } from '#cmd/helm/repository/network.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Verification } from '#platform/charts/provenance/verify.ts';
import type { RepositoryEntry } from '#platform/charts/repositories/config.ts';
import { repositoryEntry } from '#platform/charts/repositories/config.ts';
import type { Credentials } from '#platform/charts/repositories/download.ts';
import {
  anonymous,
  checkOwner,
  checkRepositoryUrl,
  chartUrlIn,
  download,
  sameOrigin,
} from '#platform/charts/repositories/download.ts';
import { findVersion } from '#platform/charts/repositories/index-file.ts';
import { resolveReference, sameUrl, splitUrl } from '#platform/charts/repositories/url.ts';

/** How a chart is brought to the disk. */
export interface FetchPlan {
  readonly version: string;
  /** An existing folder. */
  readonly folder: string;
  /**
   * `possibly` warns where there is no signature, `always` fails; `later` fetches it and does not look at it.
   */
  readonly verify: 'never' | 'possibly' | 'always' | 'later';
  readonly keyring: string;
  readonly tls: TlsFlags;
  readonly credentials: Credentials;
  readonly plainHttp: boolean;
}

/** A chart on the disk. */
export interface FetchedChart {
  readonly path: string;
  /** Present if it was verified. */
  readonly verification?: Verification;
}

/** What a command's flags say about fetching, before the reference is looked at. */
export function fetchPlan(flags: ChartPathFlags, folder: string, verify: FetchPlan['verify']): FetchPlan {
  return {
    version: flags.version ?? '',
    folder,
    verify,
    keyring: flags.keyring ?? '',
    tls: flags,
    credentials: {
      ...anonymous,
      username: flags.username ?? '',
      password: flags.password ?? '',
      passToAll: flags.passCredentials ?? false,
    },
    plainHttp: flags.plainHttp ?? false,
  };
}

/** Fetches a chart into the repository cache for a verb that works on it; the absolute path. Rejects with {@link ChartError}. */
export async function fetchChartFile(
  reference: string,
  flags: ChartPathFlags,
  context: RepositoryContext,
): Promise<string> {
  let plan = fetchPlan(flags, context.settings.repositoryCache, flags.verify === true ? 'always' : 'never');
  let name = reference;
  if (flags.repo) {
    name = await chartUrlInRepository(flags.repo, reference, flags, context);
    const isKept = flags.passCredentials === true || sameOrigin(flags.repo, name);
    if (!isKept) plan = { ...plan, credentials: { ...plan.credentials, username: '', password: '' } };
  }
  makeFolder(context.settings.repositoryCache);
  const { path } = await downloadChart(name, plan, context);
  return resolve(path);
}

/** Looks a chart up in a repository that need not be one of the user's. Rejects with {@link ChartError}. */
export async function chartUrlInRepository(
  repository: string,
  chart: string,
  flags: ChartPathFlags,
  context: RepositoryContext,
): Promise<string> {
  const entry = repositoryEntry('', repository, {
    username: flags.username ?? '',
    password: flags.password ?? '',
    certFile: flags.certFile ?? '',
    keyFile: flags.keyFile ?? '',
    caFile: flags.caFile ?? '',
    insecureSkipTlsVerify: flags.insecureSkipTlsVerify ?? false,
    passCredentialsAll: flags.passCredentials ?? false,
  });
  checkRepositoryUrl(repository);
  const { index } = await fetchIndex(entry, context).catch((error: Error) => {
    throw new ChartError(
      `looks like ${JSON.stringify(repository)} is not a valid chart repository or cannot be reached: ${error.message}`,
    );
  });
  return chartUrlIn(index, { repository, chart, range: flags.version ?? '' });
}

interface Source {
  readonly url: string;
  readonly tls: TlsFlags;
  readonly credentials: Credentials;
}

/** Fetches a chart, with its signature if that is wanted. `tell` gets what is worth knowing. Rejects with {@link ChartError}. */
export async function downloadChart(
  reference: string,
  plan: FetchPlan,
  context: RepositoryContext,
  tell: (line: string) => void = context.warn,
): Promise<FetchedChart> {
  if (reference.startsWith('oci://')) {
    const { pullChart } = await import('#cmd/helm/repository/oci.ts');
    return checked(await pullChart(reference, plan, context), reference, plan, tell);
  }
  const source = sourceOf(reference, plan, context);
  const fetch = connect(source.tls, context.environment);
  const accept = 'application/gzip,application/octet-stream';
  const data = await download(fetch, source.url, { credentials: source.credentials, accept });
  const path = join(plan.folder, fileNameOf(source.url));
  writeWhole(path, data);
  const provenance = async (): Promise<Uint8Array> =>
    download(fetch, `${source.url}.prov`, { credentials: source.credentials, accept });
  return checked({ path, provenance, provenanceUrl: `${source.url}.prov` }, reference, plan, tell);
}

/** A chart that was written, and how to get its signature. */
export interface WrittenChart {
  readonly path: string;
  readonly provenanceUrl: string;
  provenance(): Promise<Uint8Array>;
}

async function checked(
  chart: WrittenChart,
  reference: string,
  plan: FetchPlan,
  tell: (line: string) => void,
): Promise<FetchedChart> {
  const { path } = chart;
  if (plan.verify === 'never') return { path };
  let signature: Uint8Array;
  try {
    signature = await chart.provenance();
  } catch (error) {
    if (plan.verify === 'always')
      throw new ChartError(`failed to fetch provenance ${JSON.stringify(chart.provenanceUrl)}`);
    tell(`WARNING: Verification not found for ${reference}: ${(error as Error).message}`);
    return { path };
  }
  writeWhole(`${path}.prov`, signature);
  if (plan.verify === 'later') return { path };
  const { verifyChart } = await import('#cmd/helm/repository/verify.ts');
  return { path, verification: await verifyChart(path, plan.keyring) };
}

function fileNameOf(url: string): string {
  const path = splitUrl(url)?.path ?? url;
  try {
    return basename(decodeURIComponent(path));
  } catch {
    return basename(path);
  }
}

/** Where a reference leads, and with which credentials. Throws {@link ChartError}. */
function sourceOf(reference: string, plan: FetchPlan, context: RepositoryContext): Source {
  const parts = splitUrl(reference);
  if (parts === undefined) throw new ChartError(`invalid chart URL format: ${reference}`);
  const repositories = repositoriesOf(context);
  const isWhole = parts.scheme === 'file' || (parts.scheme !== '' && parts.authority !== '');
  if (isWhole && parts.path !== '') {
    const owner = ownerOf(reference, repositories, context);
    if (owner !== undefined) return { url: reference, ...accessOf(owner, plan) };
    return { url: reference, tls: plan.tls, credentials: { ...plan.credentials, owner: reference } };
  }
  const slash = parts.path.indexOf('/');
  if (slash < 0)
    throw new ChartError(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${reference}`);
  const entry = entryNamed(parts.path.slice(0, slash), repositories);
  const url = chartUrl(reference, entry, { chart: parts.path.slice(slash + 1), version: plan.version }, context);
  return { url, ...accessOf(entry, plan) };
}

function entryNamed(name: string, repositories: readonly RepositoryEntry[]): RepositoryEntry {
  const entry = repositories.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new ChartError(`repo ${name} not found`);
  if (entry.url === '') throw new ChartError(`no URL found for repository ${name}`);
  checkRepositoryUrl(entry.url);
  return entry;
}

function chartUrl(
  reference: string,
  entry: RepositoryEntry,
  wanted: { readonly chart: string; readonly version: string },
  context: RepositoryContext,
): string {
  const index = wrapped("no cached repo found. (try 'helm repo update')", () => cachedIndex(entry.name, context));
  const { chart, version } = wanted;
  const hint = `chart ${JSON.stringify(chart)} matching ${version} not found in ${entry.name} index. (try 'helm repo update')`;
  const [first] = wrapped(hint, () => findVersion(index, chart, version)).urls ?? [];
  if (first === undefined) throw new ChartError(`chart ${JSON.stringify(reference)} has no downloadable URLs`);
  let url: string;
  try {
    url = resolveReference(entry.url, first);
  } catch {
    throw new ChartError(`invalid chart URL format: ${reference}`);
  }
  checkOwner(url, entry.url);
  return url;
}

function wrapped<T>(prefix: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new ChartError(`${prefix}: ${(error as Error).message}`);
  }
}

/** The repository whose index names a URL. */
function ownerOf(
  url: string,
  repositories: readonly RepositoryEntry[],
  context: RepositoryContext,
): RepositoryEntry | undefined {
  return repositories.find((entry) => {
    checkRepositoryUrl(entry.url);
    const index = wrapped("no cached repo found. (try 'helm repo update')", () => cachedIndex(entry.name, context));
    const urls = [...index.entries.values()].flatMap((versions) => versions.flatMap(({ urls }) => urls ?? []));
    return urls.some((candidate) => sameUrl(url, candidate));
  });
}

/** What a repository's entry says goes before what the flags say. */
function accessOf(entry: RepositoryEntry, plan: FetchPlan): Omit<Source, 'url'> {
  const hasTls = entry.certFile !== '' || entry.keyFile !== '' || entry.caFile !== '';
  const { insecureSkipTlsVerify } = plan.tls;
  const hasCredentials = entry.username !== '' && entry.password !== '';
  const own = hasCredentials
    ? { username: entry.username, password: entry.password, passToAll: entry.passCredentialsAll }
    : plan.credentials;
  return {
    tls: hasTls
      ? { certFile: entry.certFile, keyFile: entry.keyFile, caFile: entry.caFile, insecureSkipTlsVerify }
      : plan.tls,
    credentials: { ...plan.credentials, ...own, owner: entry.url },
  };
}
