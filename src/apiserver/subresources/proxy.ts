/**
 * Proxies to pods, services and nodes: the request goes on as HTTP/1.1 over a connection that the node's agent (or the
 * server's own machine) makes, and the answer comes back as it is.
 * Deviation: no rewriting of HTML, no upgrades.
 */
import type { Duplex } from '#base/streams.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { StreamTarget } from '#api/resource.ts';
import { serviceUnavailable } from '#api/status.ts';
import type { ConnectRequest } from '#apiserver/registry/dispatch.ts';
import { nodeOf } from '#apiserver/subresources/node-of.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';
import { readHttpResponse } from '#apiserver/subresources/http1.ts';

/** What the server's machine can do. */
export interface Dialer {
  dial(host: string, port: number): Promise<Duplex>;
  /** TLS over a connection; the certificate is not verified, as upstream does for proxies. */
  secure(connection: Duplex, serverName: string): Promise<Duplex>;
}

export interface ProxyCall {
  readonly target: StreamTarget;
  readonly asked: ConnectRequest;
  readonly dialer: Dialer | undefined;
}

const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'authorization',
  'accept-encoding',
]);
const encoder = new TextEncoder();

export async function proxy(call: ProxyCall): Promise<ApiResponse> {
  const { target, asked } = call;
  const { request, info } = asked;
  const redirect = toFolder(request, info);
  if (redirect !== undefined) return redirect;
  try {
    const connection = await connectTo(call);
    request.signal.addEventListener('abort', () => connection.destroy(), { once: true });
    await connection.write(
      requestBytes(request, {
        host: `${target.host}:${target.port}`,
        path: `/${info.subpath}${info.path.endsWith('/') && info.subpath !== '' ? '/' : ''}`,
      }),
    );
    return await readHttpResponse(connection, request.method === 'HEAD');
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw serviceUnavailable(`error trying to reach service: ${text}`);
  }
}

/** Relative links of a page only work below a path that ends with a slash. */
function toFolder(request: ApiRequest, info: RequestInfo): ApiResponse | undefined {
  if (info.subpath !== '' || info.path.endsWith('/') || (request.method !== 'GET' && request.method !== 'HEAD'))
    return undefined;
  const location = `${request.path}/${request.query === '' ? '' : `?${request.query}`}`;
  return { status: 301, headers: { location }, body: { kind: 'bytes', bytes: new Uint8Array() } };
}

async function connectTo({ target, asked, dialer }: ProxyCall): Promise<Duplex> {
  const { host = '', port = 80, scheme } = target;
  const connection = await (target.nodeName === '' && dialer !== undefined
    ? dialer.dial(host, port)
    : nodeOf(asked, target).dial(host, port));
  if (scheme !== 'https') return connection;
  if (dialer === undefined) throw new Error('this server cannot speak TLS to others');
  return dialer.secure(connection, host);
}

function requestBytes(request: ApiRequest, to: { host: string; path: string }): Uint8Array {
  const lines = [
    `${request.method} ${encodeURI(to.path)}${request.query === '' ? '' : `?${request.query}`} HTTP/1.1`,
    `Host: ${to.host}`,
    'Connection: close',
  ];
  for (const [name, value] of Object.entries(request.headers))
    if (!hopHeaders.has(name) && !name.startsWith(':')) lines.push(`${name}: ${value}`);
  if (request.peer.address !== '') lines.push(`X-Forwarded-For: ${request.peer.address}`);
  const body = request.body ?? new Uint8Array();
  if (body.byteLength > 0 || request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH')
    lines.push(`Content-Length: ${body.byteLength}`);
  const head = encoder.encode(`${lines.join('\r\n')}\r\n\r\n`);
  const bytes = new Uint8Array(head.byteLength + body.byteLength);
  bytes.set(head);
  bytes.set(body, head.byteLength);
  return bytes;
}
