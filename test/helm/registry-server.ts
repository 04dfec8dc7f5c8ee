/** A small registry for tests: the part of the distribution specification that charts need, over HTTP on the loopback. */
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A running registry. */
export interface RegistryServer {
  /** Host and port. */
  readonly host: string;
  readonly blobs: Map<string, Buffer>;
  /** `repository:tag` to the manifest's digest. */
  readonly tags: Map<string, string>;
  /** Of each request: method, path and who asks. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** How it asks who is there. */
export interface RegistryServerOptions {
  readonly user?: { readonly name: string; readonly password: string };
  /** `token` answers 401 with a token service at /token; `post` is that, for OAuth2's POST only. */
  readonly challenge?: 'basic' | 'token';
  readonly tls?: ServerOptions;
  /** Tags a page. */
  readonly pageSize?: number;
}

interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly authorization: string;
  readonly contentType: string;
  reply(status: number, headers: Record<string, string>, body?: string | Buffer): void;
}

/** Starts a registry on a free port of 127.0.0.1. */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const blobs = new Map<string, Buffer>();
  const types = new Map<string, string>();
  const tags = new Map<string, string>();
  const requests: string[] = [];
  const state = { blobs, types, tags };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      const { authorization = '' } = request.headers;
      requests.push(`${request.method} ${url.pathname}${authorization && ` ${authorization.split(' ', 1)[0]}`}`);
      const exchange: Exchange = {
        method: request.method ?? 'GET',
        url,
        body: Buffer.concat(chunks),
        authorization,
        contentType: request.headers['content-type'] ?? '',
        reply: (status, headers, body = '') => {
          response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
          response.end(request.method === 'HEAD' ? undefined : body);
        },
      };
      if (isAllowed(exchange, options)) answer(exchange, state, options);
    });
  };
  const server: Server = options.tls === undefined ? createServer(handle) : createSecureServer(options.tls, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    blobs,
    tags,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const token = 'a-token';

function isAllowed(exchange: Exchange, { user, challenge = 'basic' }: RegistryServerOptions): boolean {
  if (user === undefined) return true;
  const basic = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
  if (exchange.url.pathname === '/token') {
    if (exchange.authorization === basic) exchange.reply(200, {}, JSON.stringify({ token }));
    else refuse(exchange, 401, 'UNAUTHORIZED', 'authentication required');
    return false;
  }
  if (exchange.authorization === (challenge === 'basic' ? basic : `Bearer ${token}`)) return true;
  const bearer = `Bearer realm="http://${exchange.url.host}/token",service="tests"`;
  const headers = { 'www-authenticate': challenge === 'basic' ? 'Basic realm="tests"' : bearer };
  refuse(exchange, 401, 'UNAUTHORIZED', 'authentication required', headers);
  return false;
}

function refuse(
  exchange: Exchange,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  exchange.reply(status, headers, JSON.stringify({ errors: [{ code, message }] }));
}

interface State {
  readonly blobs: Map<string, Buffer>;
  readonly types: Map<string, string>;
  readonly tags: Map<string, string>;
}

function answer(exchange: Exchange, state: State, options: RegistryServerOptions): void {
  const { url } = exchange;
  if (url.pathname === '/v2/') return exchange.reply(200, {}, '{}');
  const match = /^\/v2\/(.+)\/(blobs|manifests|tags)\/(.*)$/.exec(url.pathname);
  const [, repository = '', kind = '', rest = ''] = match ?? [];
  if (kind === 'tags') return listTags(exchange, repository, state, options);
  if (kind === 'manifests') return manifest(exchange, `${repository}:${rest}`, state);
  if (kind === 'blobs') return blob(exchange, repository, rest, state);
  return refuse(exchange, 404, 'NOT_FOUND', 'what?');
}

function listTags(
  exchange: Exchange,
  repository: string,
  { tags }: State,
  { pageSize = 100 }: RegistryServerOptions,
): void {
  const all = [...tags.keys()]
    .filter((name) => name.startsWith(`${repository}:`) && !name.includes('sha256:'))
    .map((name) => name.slice(repository.length + 1))
    .sort();
  if (all.length === 0) return refuse(exchange, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const last = exchange.url.searchParams.get('last') ?? '';
  const page = all.filter((tag) => tag > last).slice(0, pageSize);
  const end = page.at(-1) ?? '';
  const isMore = all.some((tag) => tag > end);
  const link = `</v2/${repository}/tags/list?last=${encodeURIComponent(end)}>; rel="next"`;
  exchange.reply(200, isMore ? { link } : {}, JSON.stringify({ name: repository, tags: page }));
}

function manifest(exchange: Exchange, name: string, { blobs, types, tags }: State): void {
  if (exchange.method === 'PUT') {
    const digest = digestOf(exchange.body);
    blobs.set(digest, exchange.body);
    types.set(digest, exchange.contentType);
    tags.set(name, digest);
    return exchange.reply(201, { 'docker-content-digest': digest });
  }
  const digest = tags.get(name) ?? name.slice(name.indexOf('sha256:'));
  const body = blobs.get(digest);
  if (body === undefined) return refuse(exchange, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  exchange.reply(200, { 'docker-content-digest': digest, 'content-type': types.get(digest) ?? '' }, body);
}

function blob(exchange: Exchange, repository: string, rest: string, { blobs }: State): void {
  if (exchange.method === 'POST')
    return exchange.reply(202, { location: `/v2/${repository}/blobs/uploads/${randomUUID()}?state=1` });
  if (exchange.method === 'PUT') {
    const digest = digestOf(exchange.body);
    if (exchange.url.searchParams.get('digest') !== digest)
      return refuse(exchange, 400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    blobs.set(digest, exchange.body);
    return exchange.reply(201, { location: `/v2/${repository}/blobs/${digest}` });
  }
  const body = blobs.get(rest);
  if (body === undefined) return refuse(exchange, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  exchange.reply(200, { 'docker-content-digest': rest, 'content-type': 'application/octet-stream' }, body);
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
