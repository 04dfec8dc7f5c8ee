/** URLs as Go's net/url reads them, as far as chart repositories need it. */
import { ChartError } from '#platform/charts/chart.ts';

/** A URL or a path, in parts; absent parts are empty. */
export interface UrlParts {
  readonly scheme: string;
  /** User information, host and port, without the slashes. */
  readonly authority: string;
  /** As written, escapes included. */
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
  /** With its number sign. */
  readonly fragment: string;
}

/** Takes a URL apart. Undefined where Go cannot parse it (control characters, a bad escape, a port that is no number). */
export function splitUrl(text: string): UrlParts | undefined {
  if (/\p{Cc}/u.test(text.replaceAll(/[\u0080-\u009f]/g, ''))) return undefined;
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = match;
  if (/%(?![\da-fA-F]{2})/.test(path) || text.startsWith(':')) return undefined;
  if (scheme === '' && /^[^/]*:/.test(path)) return undefined;
  if (/:[^\]@]*[^\d\]@:][^\]@]*$/.test(authority.slice(authority.lastIndexOf('@') + 1).replace(/^\[.*\]/, '')))
    return undefined;
  return { scheme: scheme.toLowerCase(), authority, path, query, fragment };
}

/** The parts as one text. */
export function joinUrl({ scheme, authority, path, query, fragment }: UrlParts): string {
  const start = authority === '' && scheme !== 'file' ? '' : `//${authority}`;
  const gap = authority !== '' && path !== '' && !path.startsWith('/') ? '/' : '';
  return `${scheme && `${scheme}:`}${start}${gap}${path}${query}${fragment}`;
}

/** Host and port. */
export function hostOf({ authority }: UrlParts): string {
  return authority.slice(authority.lastIndexOf('@') + 1);
}

/** Go's path.Clean. */
export function cleanPath(path: string): string {
  if (path === '') return '.';
  const isRooted = path.startsWith('/');
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else if (!isRooted) steps.push('..');
  }
  return `${isRooted ? '/' : ''}${steps.join('/')}` || '.';
}

/** Go's path.Join: empty elements are left out. */
export function joinPath(...elements: readonly string[]): string {
  const given = elements.filter((element) => element !== '');
  return given.length === 0 ? '' : cleanPath(given.join('/'));
}

/** A reference of an index as an absolute URL; the repository's query is kept. Throws {@link ChartError}. */
export function resolveReference(base: string, reference: string): string {
  const wanted = splitUrl(reference);
  if (wanted === undefined) throw new ChartError(`failed to parse ${reference} as URL`);
  if (wanted.scheme !== '') return reference;
  const parts = splitUrl(base);
  if (parts === undefined) throw new ChartError(`failed to parse ${base} as URL`);
  const folder = `${parts.path.replace(/\/$/, '')}/`;
  if (wanted.authority !== '') return joinUrl({ ...wanted, scheme: parts.scheme, query: parts.query });
  const path = wanted.path.startsWith('/') ? wanted.path : `${folder}${wanted.path}`;
  return joinUrl({ ...parts, path: withoutDots(path), query: parts.query, fragment: wanted.fragment });
}

/** RFC 3986 5.2.4: a last `.` or `..` leaves a slash. */
function withoutDots(path: string): string {
  const steps: string[] = [];
  const given = path.split('/').slice(1);
  for (const step of given) {
    if (step === '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  const last = given.at(-1);
  return `/${steps.join('/')}${(last === '.' || last === '..') && steps.length > 0 ? '/' : ''}`;
}

/** Whether two URLs mean the same, but for slashes and dots of their paths. */
export function sameUrl(a: string, b: string): boolean {
  const left = splitUrl(a);
  if (left === undefined) return cleanPath(a) === cleanPath(b);
  const right = splitUrl(b);
  return right !== undefined && normalUrl(left) === normalUrl(right);
}

function normalUrl(parts: UrlParts): string {
  return joinUrl({ ...parts, path: cleanPath(parts.path || '/') });
}

/** A base URL (or path) with a path below it. */
export function urlJoin(base: string, path: string): string {
  const parts = splitUrl(base);
  return parts === undefined ? joinPath(base, path) : joinUrl({ ...parts, path: joinPath(parts.path, path) });
}
