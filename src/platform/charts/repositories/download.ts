/** Fetching from chart repositories over HTTP: indexes and archives, with credentials only where they belong. */
import { toBase64 } from '#platform/charts/base64.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Fetch } from '#base/fetch.ts';
import type { IndexFile } from '#platform/charts/repositories/index-file.ts';
import { findVersion } from '#platform/charts/repositories/index-file.ts';
import { hostOf, resolveReference, splitUrl } from '#platform/charts/repositories/url.ts';

/** Who asks, and of whom that may be known. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** The repository's URL: only its scheme, host and port get the credentials. Empty: none does. */
  readonly owner: string;
  /** Every host gets them. */
  readonly passToAll: boolean;
}

/** Nobody. */
export const anonymous: Credentials = { username: '', password: '', owner: '', passToAll: false };

/** Deviation: Helm knows no `file`; a folder with an index.yaml is a repository here. */
const fetchable: ReadonlySet<string> = new Set(['http', 'https', 'file']);

/** A body. Rejects with {@link ChartError} for any answer but 200, with FetchError if there is none. */
export async function download(
  fetch: Fetch,
  url: string,
  options: { readonly credentials: Credentials; readonly accept?: string },
): Promise<Uint8Array> {
  const parts = splitUrl(url);
  if (parts === undefined) throw new ChartError(`invalid chart URL format: ${url}`);
  if (!fetchable.has(parts.scheme)) throw new ChartError(`scheme "${parts.scheme}" not supported`);
  const authorization = authorizationFor(url, options.credentials);
  const answer = await fetch({
    method: 'GET',
    url,
    headers: {
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      ...(authorization === undefined ? {} : { authorization }),
    },
  });
  if (answer.status !== 200) throw new ChartError(`failed to fetch ${url} : ${answer.statusText}`);
  return answer.body;
}

function authorizationFor(url: string, credentials: Credentials): string | undefined {
  const { username, password } = credentials;
  if (username === '' || password === '') return undefined;
  if (!credentials.passToAll && !sameOrigin(url, credentials.owner)) return undefined;
  return `Basic ${toBase64(new TextEncoder().encode(`${username}:${password}`))}`;
}

/** Whether two URLs have the same scheme, host and port. */
export function sameOrigin(a: string, b: string): boolean {
  const left = splitUrl(a);
  const right = splitUrl(b);
  if (left === undefined || right === undefined) return false;
  return left.scheme === right.scheme && hostOf(left) === hostOf(right);
}

/** Where a repository keeps its index. */
export function indexUrl(repository: string): string {
  return resolveReference(repository, 'index.yaml');
}

/** The scheme of a repository's URL must be one that charts can be fetched by. Throws {@link ChartError}. */
export function checkRepositoryUrl(url: string): void {
  const parts = splitUrl(url);
  if (parts === undefined) throw new ChartError(`invalid chart URL format: ${url}`);
  if (!fetchable.has(parts.scheme) && parts.scheme !== 'oci')
    throw new ChartError(`could not find protocol handler for: ${parts.scheme}`);
}

/** The absolute URL of a chart in the index of a repository. Throws {@link ChartError}. */
export function chartUrlIn(
  index: IndexFile,
  wanted: { readonly repository: string; readonly chart: string; readonly range: string },
): string {
  const { repository, chart, range } = wanted;
  const named = `chart ${JSON.stringify(chart)}${range === '' ? '' : ` version ${JSON.stringify(range)}`}`;
  const [url] = versionUrls(index, chart, range) ?? fail(`${named} not found in ${repository} repository`);
  if (url === undefined) throw new ChartError(`${named} has no downloadable URLs`);
  let absolute: string;
  try {
    absolute = resolveReference(repository, url);
  } catch (error) {
    throw new ChartError(`failed to make chart URL absolute: ${(error as Error).message}`);
  }
  checkOwner(absolute, repository);
  return absolute;
}

/** Only a folder on this machine may name files of this machine. Throws {@link ChartError}. */
export function checkOwner(url: string, repository: string): void {
  const isFile = (text: string): boolean => splitUrl(text)?.scheme === 'file';
  if (isFile(url) && !isFile(repository)) throw new ChartError('scheme "file" not supported');
}

function versionUrls(index: IndexFile, chart: string, range: string): readonly string[] | undefined {
  try {
    return findVersion(index, chart, range).urls ?? [];
  } catch {
    return undefined;
  }
}

function fail(message: string): never {
  throw new ChartError(message);
}
