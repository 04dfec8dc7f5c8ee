/**
 * Requests to one registry: `/v2/…` with whatever authentication it asks for.
 *
 * - A 401 says how: `Basic`, or `Bearer` with a token service that is asked first. What worked is used again.
 * - A registry that answers in plain HTTP is spoken to in plain HTTP from then on, as Helm does, but is not told who we are:
 *   whoever wants that says `http` from the start.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
import type { Fetch, FetchRequest, FetchResponse } from '#base/fetch.ts';
import { FetchError } from '#base/fetch.ts';
import { toBase64 } from '#platform/charts/base64.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Credential } from '#platform/charts/oci/credentials.ts';
import { registryHost } from '#platform/charts/oci/reference.ts';

/** What a client needs of the world. */
export interface RegistryPorts {
  readonly fetch: Fetch;
  /** The credential of a registry; undefined: nobody in particular. */
  credential(registry: string): Promise<Credential | undefined>;
  readonly scheme: 'https' | 'http';
  /** How tokens are asked for: with a GET, as all services know, or with OAuth2's POST. */
  readonly tokens: 'get' | 'post';
}

/** One request below `/v2`. */
export interface RegistryRequest {
  readonly method: string;
  /** Begins with `/v2/`, or is a whole URL that the registry answered. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxBytes?: number;
  /** `repository:name:pull,push`; absent for what needs no rights. */
  readonly scope?: string;
}

const encoder = new TextEncoder();
const maxTokenBytes = 128 * 1024;

/** A connection to one registry; keeps its tokens. */
export class RegistryClient {
  readonly #registry: string;
  readonly #ports: RegistryPorts;
  readonly #tokens = new Map<string, string>();
  #isDowngraded = false;
  #basic: string | undefined;

  constructor(registry: string, ports: RegistryPorts) {
    this.#registry = registry;
    this.#ports = ports;
  }

  /** The registry was asked over TLS and answered without. */
  get isDowngraded(): boolean {
    return this.#isDowngraded;
  }

  /** Sends a request, with a second try if the registry asks who we are. Rejects with {@link ChartError} or FetchError. */
  async request(request: RegistryRequest): Promise<FetchResponse> {
    const known = this.#basic ?? this.#tokens.get(request.scope ?? '');
    const first = await this.#send(request, known);
    const challenge = first.headers['www-authenticate'];
    if (first.status !== 401 || challenge === undefined || this.#isDowngraded) return first;
    const authorization = await this.#authorize(challenge, request, first.url);
    return authorization === undefined ? first : this.#send(request, authorization);
  }

  async #send(request: RegistryRequest, authorization: string | undefined): Promise<FetchResponse> {
    const url = request.path.startsWith('/')
      ? `${this.#isDowngraded ? 'http' : this.#ports.scheme}://${registryHost(this.#registry)}${request.path}`
      : request.path;
    const sent: FetchRequest = {
      method: request.method,
      url,
      headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
      body: request.body,
      maxBytes: request.maxBytes,
    };
    try {
      return await this.#ports.fetch(sent);
    } catch (error) {
      if (!(error instanceof FetchError) || error.reason !== 'plain-http' || this.#isDowngraded) throw error;
      this.#isDowngraded = true;
      return this.#ports.fetch({ ...sent, url: url.replace(/^https:/, 'http:') });
    }
  }

  async #authorize(challenge: string, request: RegistryRequest, url: string): Promise<string | undefined> {
    const { scheme, parameters } = parseChallenge(challenge);
    try {
      if (scheme === 'basic') return (this.#basic = await this.#basicAuthorization());
      if (scheme !== 'bearer') return undefined;
      const token = await this.#token(parameters, request.scope);
      this.#tokens.set(request.scope ?? '', `Bearer ${token}`);
      return `Bearer ${token}`;
    } catch (error) {
      throw new ChartError(`${request.method} ${JSON.stringify(url)}: ${(error as Error).message}`);
    }
  }

  async #basicAuthorization(): Promise<string> {
    const credential = await this.#ports.credential(this.#registry);
    if (credential === undefined) throw new ChartError('basic credential not found');
    const { username, password } = credential;
    if (username === '' || password === '') throw new ChartError('missing username or password for basic auth');
    return basicHeader(username, password);
  }

  async #token(parameters: ReadonlyMap<string, string>, ownScope: string | undefined): Promise<string> {
    const credential = await this.#ports.credential(this.#registry);
    if (credential !== undefined && credential.accessToken !== '') return credential.accessToken;
    const realm = parameters.get('realm') ?? '';
    if (!/^https?:\/\//.test(realm)) throw new ChartError(`invalid realm ${JSON.stringify(realm)}`);
    const scopes = mergeScopes([ownScope ?? '', ...(parameters.get('scope') ?? '').split(' ')]);
    const asked = { realm, service: parameters.get('service') ?? '', scopes };
    const isPosted = credential !== undefined && (credential.refreshToken !== '' || this.#ports.tokens === 'post');
    const answer = await this.#ports.fetch(
      isPosted ? oauthRequest(asked, credential) : tokenRequest(asked, credential),
    );
    if (answer.status !== 200) throw responseError(isPosted ? 'POST' : 'GET', answer);
    const { access_token: access, token } = JSON.parse(new TextDecoder().decode(answer.body)) as TokenAnswer;
    const found = access || token;
    if (!found)
      throw new ChartError(`${isPosted ? 'POST' : 'GET'} ${JSON.stringify(answer.url)}: empty token returned`);
    return found;
  }
}

interface TokenAnswer {
  readonly access_token?: string;
  readonly token?: string;
}

interface TokenQuestion {
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
}

function tokenRequest({ realm, service, scopes }: TokenQuestion, credential: Credential | undefined): FetchRequest {
  const url = new URL(realm);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (service !== '') url.searchParams.set('service', service);
  const { username = '', password = '' } = credential ?? {};
  const isKnown = username !== '' || password !== '';
  return {
    method: 'GET',
    url: url.href,
    headers: isKnown ? { authorization: basicHeader(username, password) } : {},
    maxBytes: maxTokenBytes,
  };
}

function oauthRequest({ realm, service, scopes }: TokenQuestion, credential: Credential): FetchRequest {
  const { username, password, refreshToken } = credential;
  if (refreshToken === '' && (username === '' || password === ''))
    throw new ChartError('missing username or password for bearer auth');
  const grant: Record<string, string> =
    refreshToken === ''
      ? { grant_type: 'password', username, password }
      : { grant_type: 'refresh_token', refresh_token: refreshToken };
  const form = new URLSearchParams({ ...grant, service, client_id: 'oras-go' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: encoder.encode(form.toString()),
    maxBytes: maxTokenBytes,
  };
}

function basicHeader(username: string, password: string): string {
  return `Basic ${toBase64(encoder.encode(`${username}:${password}`))}`;
}

/** `Bearer realm="https://…",service="…",scope="…"`. */
function parseChallenge(text: string): { scheme: string; parameters: ReadonlyMap<string, string> } {
  const scheme = /^\S+/.exec(text)?.[0].toLowerCase() ?? '';
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text.matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '');
  return { scheme, parameters };
}

/** One scope per resource, its actions sorted. */
function mergeScopes(scopes: readonly string[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(':');
    if (colon < 0) continue;
    const resource = scope.slice(0, colon);
    const known = actions.get(resource) ?? new Set();
    for (const action of scope.slice(colon + 1).split(',')) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, set]) => `${resource}:${[...set].sort().join(',')}`).sort();
}

interface RegistryProblem {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: unknown;
}

/** An answer that is a refusal, in the words of Helm's registry library. */
export function responseError(method: string, answer: FetchResponse): ChartError {
  const problems = problemsOf(answer.body).map(problemText).join('; ');
  const reason = problems || answer.statusText.replace(/^\d+ /, '');
  return new ChartError(`${method} ${JSON.stringify(answer.url)}: response status code ${answer.status}: ${reason}`);
}

function problemsOf(body: Uint8Array): readonly RegistryProblem[] {
  try {
    const { errors } = JSON.parse(new TextDecoder().decode(body)) as { readonly errors?: readonly RegistryProblem[] };
    return Array.isArray(errors) ? errors : [];
  } catch {
    return [];
  }
}

function problemText({ code = '', message = '', detail }: RegistryProblem): string {
  const name = code.toLowerCase().replaceAll('_', ' ');
  if (message === '') return name;
  const more =
    detail === undefined || detail === null ? '' : `: ${typeof detail === 'string' ? detail : goPrint(detail)}`;
  return `${name}: ${message}${more}`;
}

/** Go's `%v` of what JSON holds. */
function goPrint(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value ?? '<nil>');
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([name, field]) => `${name}:${goPrint(field)}`).join(' ')}]`;
}
