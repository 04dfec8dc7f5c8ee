/**
 * Reads a URL as Kubernetes does: which verb on which resource, or a plain path.
 *
 *   GET /apis/apps/v1/namespaces/shop/deployments/web/scale  → get, apps/v1, shop, deployments, web, scale
 *   GET /api/v1/pods?watch=1                                 → watch, v1, pods
 *   GET /healthz                                             → no resource, verb get
 *
 * The rules are those of upstream's RequestInfoFactory: they decide what is authorized, so oddities are kept (a
 * `metadata.name=x` field selector names the object; HEAD reads; the old `/api/v1/watch/…` prefix is a verb).
 */
import type { ApiRequest } from '#api/handler.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';

/** The path cannot be read: answered 400 (bad escapes) or 500 (a verb prefix with nothing behind it), as upstream does. */
export class UnreadablePath extends Error {
  override name = 'UnreadablePath';
  readonly status: 400 | 500;
  constructor(status: 400 | 500, message: string) {
    super(message);
    this.status = status;
  }
}

const verbOfMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const verbPrefixes = new Set(['proxy', 'watch']);
const namespaceSubresources = new Set(['status', 'finalize']);

/** Throws {@link UnreadablePath}. */
export function requestInfoOf(request: Pick<ApiRequest, 'method' | 'path' | 'query'>): RequestInfo {
  const path = decodePath(request.path);
  const parts = splitPath(path);
  const skip = parts[0] === 'api' ? 1 : parts[0] === 'apis' ? 2 : 0;
  if (skip === 0 || parts.length < skip + 2) return plainPath(request.method, path);
  const group = skip === 2 ? (parts[1] as string) : '';
  return resourceInfo(request, path, { group, version: parts[skip] as string, rest: parts.slice(skip + 1) });
}

function plainPath(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    subpath: '',
  };
}

interface Location {
  readonly group: string;
  readonly version: string;
  /** What follows the version. */
  readonly rest: readonly string[];
}

function resourceInfo(request: Pick<ApiRequest, 'method' | 'query'>, path: string, at: Location): RequestInfo {
  const prefixed = verbPrefixes.has(at.rest[0] as string);
  if (prefixed && at.rest.length < 2)
    throw new UnreadablePath(
      500,
      `failed to create RequestInfo: unable to determine kind and namespace from url, ${path}`,
    );
  let verb = prefixed ? (at.rest[0] as string) : (verbOfMethod[request.method] ?? '');
  let rest = prefixed ? at.rest.slice(1) : at.rest;
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] as string;
    if (rest.length > 2 && !namespaceSubresources.has(rest[2] as string)) rest = rest.slice(2);
  }
  const subresource = verb === 'proxy' ? '' : (rest[2] ?? '');
  let name = rest[1] ?? '';
  if (name === '' && verb === 'get') {
    verb = isWatch(request.query) ? 'watch' : 'list';
    name = nameFromFieldSelector(request.query);
  } else if (name === '' && verb === 'delete') verb = 'deletecollection';
  const subpath = rest.length > 3 ? rest.slice(3).join('/') : '';
  const selectors = prefixed ? undefined : selectorsOf(verb, request.query);
  return {
    isResourceRequest: true,
    path,
    verb,
    group: at.group,
    version: at.version,
    namespace,
    resource: rest[0] as string,
    subresource,
    name,
    subpath,
    ...selectors,
  };
}

function selectorsOf(verb: string, query: string): Pick<RequestInfo, 'fieldSelector' | 'labelSelector'> | undefined {
  if (!query.includes('Selector') || (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection'))
    return undefined;
  const parameters = new URLSearchParams(query);
  const fieldSelector = parameters.get('fieldSelector') ?? undefined;
  const labelSelector = parameters.get('labelSelector') ?? undefined;
  return {
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

function isWatch(query: string): boolean {
  if (!query.includes('watch')) return false;
  const value = new URLSearchParams(query).get('watch');
  if (value === null) return false;
  const text = value.toLowerCase();
  return text !== 'false' && text !== '0';
}

/** A list or watch of `metadata.name=x` is authorized for that name. */
function nameFromFieldSelector(query: string): string {
  if (!query.includes('fieldSelector')) return '';
  const selector = new URLSearchParams(query).get('fieldSelector') ?? '';
  for (const term of selector.split(',')) {
    const match = /^metadata\.name==?([^=]*)$/.exec(term);
    const name = match?.[1];
    if (name !== undefined && isPathSegment(name)) return name;
  }
  return '';
}

function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !name.includes('/') && !name.includes('%');
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw new UnreadablePath(400, '400 Bad Request');
  }
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 47) start++;
  while (end > start && path.charCodeAt(end - 1) === 47) end--;
  return start === end ? [] : path.slice(start, end).split('/');
}
