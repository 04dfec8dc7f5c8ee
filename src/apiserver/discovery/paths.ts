/** Everything that is no resource: discovery, health, version, metrics, OpenAPI and the token issuer's public documents. */
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Metrics } from '#base/metrics.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import { apiVersionOf } from '#api/resource-ref.ts';
import type { Resource } from '#api/resource.ts';
import { StatusError } from '#api/status.ts';
import { mediaTypes, negotiate, notAcceptable } from '#apiserver/accept.ts';
import { type DiscoveryDocuments, discoveryDocuments } from '#apiserver/discovery/documents.ts';
import { type HealthCheck, type HealthEndpoint, health } from '#apiserver/discovery/health.ts';
import { kubernetesVersion } from '#apiserver/discovery/version.ts';
import { isPretty, objectResponse } from '#apiserver/negotiate.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';
import { textResponse } from '#apiserver/text-response.ts';

/** OpenAPI documents as JSON bytes, made lazily and cached by their owner. */
export interface OpenApiDocuments {
  /** The index of /openapi/v3: path below /openapi/v3/ (`api/v1`) → a hash of its document. */
  index(): Promise<ReadonlyMap<string, string>> | ReadonlyMap<string, string>;
  /** Undefined: no such group version. */
  v3(path: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  v2(): Promise<Uint8Array> | Uint8Array;
}

/** Public documents of the service account issuer. */
export interface IssuerDocuments {
  openidConfiguration(): Promise<object> | object;
  jwks(): Promise<object> | object;
}

export interface PathOptions {
  /** The same array as long as nothing has changed. */
  readonly resources: () => readonly Resource[];
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly openApi: OpenApiDocuments;
  readonly issuer: IssuerDocuments;
  /** `host:port` that /api names. */
  readonly serverAddress: () => string;
  readonly log: Logger;
}

/** Answers by path. Everything throws StatusError or answers `404 page not found`. */
export class Paths {
  readonly #options: PathOptions;
  #cached: Served | undefined;
  readonly #etags = new WeakMap<object, { etag: string; bytes: Uint8Array }>();

  constructor(options: PathOptions) {
    this.#options = options;
  }

  /** False: nothing is served below /apis/GROUP. */
  servesGroup(group: string): boolean {
    return group === '' || this.#current().served.groups.has(group);
  }

  async answer(request: ApiRequest, info: RequestInfo): Promise<ApiResponse> {
    const path = trimSlash(info.path);
    const [first = '', ...rest] = path.slice(1).split('/');
    switch (first) {
      case '':
        return this.#index(request);
      case 'api':
        return this.#core(request, rest);
      case 'apis':
        return this.#apis(request, rest);
      case 'healthz':
      case 'livez':
      case 'readyz':
        if (info.path.endsWith('/')) break;
        return this.#health(request, first, rest.join('/'));
      case 'version':
        if (rest.length > 0) break;
        return version(request);
      case 'metrics':
        if (rest.length > 0) break;
        return this.#metrics();
      case 'openapi':
        return this.#openApi(request, rest);
      case '.well-known':
      case 'openid':
        return this.#issuer(request, path);
    }
    return pageNotFound();
  }

  #current(): Served {
    const list = this.#options.resources();
    let served = this.#cached;
    if (served?.list !== list) {
      served = { list, documents: discoveryDocuments(list), served: servedNames(list) };
      this.#cached = served;
    }
    return served;
  }

  async #index(request: ApiRequest): Promise<ApiResponse> {
    const { groups, resources } = await this.#current().documents;
    const { checks } = this.#options;
    const paths = [
      '/.well-known/openid-configuration',
      '/api',
      '/apis',
      '/apis/',
      '/metrics',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/',
      '/openid/v1/jwks',
      '/version',
    ];
    for (const endpoint of ['healthz', 'livez', 'readyz'] as const) {
      paths.push(`/${endpoint}`);
      for (const { name, endpoints } of checks)
        if (endpoints === undefined || endpoints.includes(endpoint)) paths.push(`/${endpoint}/${name}`);
    }
    for (const groupVersion of resources.keys())
      paths.push(groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`);
    for (const { name } of groups) paths.push(`/apis/${name}`);
    return document(request, { paths: paths.sort() });
  }

  async #core(request: ApiRequest, rest: readonly string[]): Promise<ApiResponse> {
    const { documents, served } = this.#current();
    if (rest.length === 0) {
      onlyGet(request);
      const { aggregatedCore } = await documents;
      if (wantsAggregated(request)) return this.#aggregated(request, aggregatedCore);
      const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#options.serverAddress() }];
      return document(request, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs });
    }
    if (rest.length === 1 && served.groupVersions.has(rest[0] as string))
      return this.#resourceList(request, rest[0] as string);
    throw couldNotFind();
  }

  async #apis(request: ApiRequest, rest: readonly string[]): Promise<ApiResponse> {
    const { documents, served } = this.#current();
    const [group = '', groupVersionOf] = rest;
    if (rest.length === 0) {
      onlyGet(request);
      const { groups, aggregatedGroups } = await documents;
      if (wantsAggregated(request)) return this.#aggregated(request, aggregatedGroups);
      return document(request, { kind: 'APIGroupList', apiVersion: 'v1', groups });
    }
    if (!served.groups.has(group)) return pageNotFound();
    if (groupVersionOf === undefined) {
      onlyGet(request);
      const found = (await documents).groups.find(({ name }) => name === group);
      return document(request, { kind: 'APIGroup', apiVersion: 'v1', ...found });
    }
    const groupVersion = `${group}/${groupVersionOf}`;
    if (rest.length === 2 && served.groupVersions.has(groupVersion)) return this.#resourceList(request, groupVersion);
    throw couldNotFind();
  }

  async #resourceList(request: ApiRequest, groupVersion: string): Promise<ApiResponse> {
    onlyGet(request);
    const { resources } = await this.#current().documents;
    const apiVersion = groupVersion === 'v1' ? {} : { apiVersion: 'v1' };
    return document(request, {
      kind: 'APIResourceList',
      ...apiVersion,
      groupVersion,
      resources: resources.get(groupVersion) ?? [],
    });
  }

  async #aggregated(request: ApiRequest, list: object): Promise<ApiResponse> {
    let known = this.#etags.get(list);
    if (known === undefined) {
      const bytes = encoder.encode(`${JSON.stringify(list)}\n`);
      known = { bytes, etag: `"${await sha512(bytes)}"` };
      this.#etags.set(list, known);
    }
    const headers = { etag: known.etag, vary: 'Accept', 'cache-control': 'public' };
    if (request.headers['if-none-match'] === known.etag)
      return { status: 304, headers, body: { kind: 'bytes', bytes: new Uint8Array() } };
    return {
      status: 200,
      headers: { ...headers, 'content-type': aggregatedType },
      body: { kind: 'bytes', bytes: known.bytes },
    };
  }

  async #health(request: ApiRequest, endpoint: HealthEndpoint, name: string): Promise<ApiResponse> {
    const { checks, log } = this.#options;
    const answer = await health(checks, { endpoint, name, query: new URLSearchParams(request.query) }, log);
    return answer === undefined ? pageNotFound() : textResponse(answer.status, answer.text);
  }

  async #metrics(): Promise<ApiResponse> {
    const bytes = encoder.encode(await this.#options.metrics.expose());
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: { kind: 'bytes', bytes },
    };
  }

  async #openApi(request: ApiRequest, rest: readonly string[]): Promise<ApiResponse> {
    const { openApi, log } = this.#options;
    try {
      if (rest.length === 1 && rest[0] === 'v2') return openApiV2(request, await openApi.v2());
      if (rest[0] !== 'v3') return pageNotFound();
      if (rest.length === 1) return json(await openApiIndex(openApi));
      const bytes = await openApi.v3(rest.slice(1).join('/'));
      return bytes === undefined ? textResponse(404, '') : openApiV3(request, bytes);
    } catch (error) {
      log.error('an OpenAPI document could not be made', { path: request.path, error: errorMessage(error) });
      throw error;
    }
  }

  async #issuer(request: ApiRequest, path: string): Promise<ApiResponse> {
    if (path === '/.well-known/openid-configuration')
      return publicJson(request, await this.#options.issuer.openidConfiguration(), 'application/json');
    if (path === '/openid/v1/jwks' && !acceptsKeys(request)) throw noSuchForm();
    if (path === '/openid/v1/jwks')
      return publicJson(request, await this.#options.issuer.jwks(), 'application/jwk-set+json');
    return pageNotFound();
  }
}

/** What follows from one list of resources. */
interface Served {
  readonly list: readonly Resource[];
  readonly documents: Promise<DiscoveryDocuments>;
  readonly served: ServedNames;
}

interface ServedNames {
  readonly groups: ReadonlySet<string>;
  readonly groupVersions: ReadonlySet<string>;
}

function servedNames(list: readonly Resource[]): ServedNames {
  return { groups: new Set(list.map(({ group }) => group)), groupVersions: new Set(list.map(apiVersionOf)) };
}

const encoder = new TextEncoder();
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** What is not served at all. */
export function pageNotFound(): ApiResponse {
  return textResponse(404, '404 page not found\n');
}

/** A path below a served group that leads nowhere. */
export function couldNotFind(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

function onlyGet({ method }: ApiRequest): void {
  if (method !== 'GET')
    throw new StatusError(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
      {},
    );
}

function document(request: ApiRequest, value: object): ApiResponse {
  const { format, pretty } = negotiate(request.headers['accept'], { conversions: false, streams: false });
  return objectResponse(200, value, { format, pretty: pretty || isPretty(request) });
}

/** Is the aggregated form the first the client would take? */
function wantsAggregated(request: ApiRequest): boolean {
  for (const clause of (request.headers['accept'] ?? '').split(',')) {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split('=') as [string, string]));
    if (type !== mediaTypes.json && type !== '*/*' && type !== 'application/*') continue;
    if (!parameters.has('as')) return false;
    if (
      parameters.get('as') === 'APIGroupDiscoveryList' &&
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      parameters.get('v') === 'v2'
    )
      return true;
  }
  return false;
}

function version(request: ApiRequest): ApiResponse {
  onlyGet(request);
  const accept = request.headers['accept'];
  const takesJson = accept === undefined || accept === '' || /(application\/(json|\*)|\*\/\*)/.test(accept);
  if (!takesJson)
    throw new StatusError(
      406,
      'NotAcceptable',
      '406: Not Acceptable\n\nAvailable representations: application/json',
      {},
    );
  return json(kubernetesVersion, 2);
}

function json(value: object, indent?: number): ApiResponse {
  const bytes = encoder.encode(JSON.stringify(value, undefined, indent));
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'bytes', bytes } };
}

const keyType = 'application/jwk-set+json';

function acceptsKeys({ headers }: ApiRequest): boolean {
  const accept = headers['accept'] ?? '';
  const types = accept.split(',').map((each) => (each.split(';')[0] as string).trim());
  return accept === '' || types.some((type) => [keyType, 'application/*', '*/*'].includes(type));
}

function noSuchForm(): StatusError {
  const text = `406: Not Acceptable\n\nAvailable representations: ${keyType}`;
  return new StatusError(406, 'NotAcceptable', text, {});
}

function publicJson({ method }: ApiRequest, value: object, contentType: string): ApiResponse {
  if (method !== 'GET') onlyGet({ method } as ApiRequest);
  const bytes = encoder.encode(JSON.stringify(value));
  return {
    status: 200,
    headers: { 'content-type': contentType, 'cache-control': 'public, max-age=3600' },
    body: { kind: 'bytes', bytes },
  };
}

async function openApiIndex(openApi: OpenApiDocuments): Promise<object> {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const [path, hash] of await openApi.index())
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  return { paths };
}

function openApiV3(request: ApiRequest, bytes: Uint8Array): ApiResponse {
  // A document asked for by its hash never changes.
  const isHashed = request.query.includes('hash=');
  const headers = { 'content-type': 'application/json', ...(isHashed ? { 'cache-control': 'public, immutable' } : {}) };
  return { status: 200, headers, body: { kind: 'bytes', bytes } };
}

/** Deviation: the protobuf form of OpenAPI v2 is not made; clients that take nothing else get 406. */
function openApiV2(request: ApiRequest, bytes: Uint8Array): ApiResponse {
  const accept = request.headers['accept'] ?? '*/*';
  const takesJson = accept
    .split(',')
    .some((clause) => /^\s*(application\/json|application\/\*|\*\/\*)\s*(;|$)/.test(clause));
  if (!takesJson) throw notAcceptable([mediaTypes.json]);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'bytes', bytes } };
}

async function sha512(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}
