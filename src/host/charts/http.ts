/**
 * Fetch over the machine's network, as Go's http.Client behaves: proxies of the environment, up to ten redirects, credentials
 * dropped when a redirect leads to another host, errors in Go's words.
 */
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, STATUS_CODES, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { getCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { Fetch, FetchRequest, FetchResponse, TlsMaterial } from '#base/fetch.ts';
import { FetchError } from '#base/fetch.ts';

/** How requests are made. */
export interface FetchOptions {
  readonly tls: TlsMaterial;
  /** For the whole request, body included; 0 waits for ever. */
  readonly timeoutMs: number;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sent unless the request names another. */
  readonly userAgent: string;
}

const maxRedirects = 10;
const defaultMaxBytes = 512 * 1024 * 1024;

/** Makes a Fetch; its connections are closed after each answer. */
export function createFetch(options: FetchOptions): Fetch {
  return async (request) => {
    if (request.url.startsWith('file:')) return readLocal(request);
    let current = request;
    for (let hop = 0; ; hop++) {
      const answer = await once(current, options);
      const next = redirectOf(current, answer);
      if (next === undefined) return answer;
      if (hop === maxRedirects - 1) throw goError(request, 'stopped after 10 redirects');
      current = next;
    }
  };
}

/** A file of this machine as an answer. Redirects never lead here. */
function readLocal(request: FetchRequest): FetchResponse {
  const { url } = request;
  try {
    return { status: 200, statusText: '200 OK', headers: {}, body: readFileSync(fileURLToPath(url)), url };
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isAbsent) throw goError(request, (error as Error).message);
    return { status: 404, statusText: '404 Not Found', headers: {}, body: new Uint8Array(), url };
  }
}

/** What the machine trusts; what Node brings along where the machine says nothing. */
function systemAuthorities(): string[] {
  const system = getCACertificates('system');
  return system.length > 0 ? system : getCACertificates('bundled');
}

function redirectOf(request: FetchRequest, answer: FetchResponse): FetchRequest | undefined {
  const { location } = answer.headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  if (request.body !== undefined && answer.status !== 303) return undefined;
  const from = new URL(request.url);
  const to = new URL(location, from);
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw goError({ ...request, url: to.href }, `unsupported protocol scheme "${to.protocol.slice(0, -1)}"`);
  const { authorization, ...others } = request.headers;
  const stays = to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
  const headers = stays && authorization !== undefined ? { ...others, authorization } : others;
  const isSimple = request.method === 'GET' || request.method === 'HEAD';
  const method = answer.status === 303 && !isSimple ? 'GET' : request.method;
  return { ...request, method, url: to.href, headers, body: undefined };
}

function once(request: FetchRequest, options: FetchOptions): Promise<FetchResponse> {
  const url = new URL(request.url);
  const isSecure = url.protocol === 'https:';
  const proxyEnv = options.env as NodeJS.ProcessEnv;
  const { tls } = options;
  const agent = isSecure
    ? new HttpsAgent({
        keepAlive: false,
        proxyEnv,
        rejectUnauthorized: tls.verify === 'always',
        cert: tls.certificate || undefined,
        key: tls.key || undefined,
        ca: tls.authority || systemAuthorities(),
      })
    : new HttpAgent({ keepAlive: false, proxyEnv });
  const send = isSecure ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(fetchError(request, url, error));
    const outgoing = send(
      url.href,
      {
        agent,
        method: request.method,
        headers: { 'user-agent': options.userAgent, ...request.headers },
      },
      (message) => {
        collect(message, request.maxBytes ?? defaultMaxBytes)
          .then((body) => resolve(responseOf(message, body, request.url)), fail)
          .finally(stop);
      },
    );
    const stop = limitTime(options.timeoutMs, (error) => outgoing.destroy(error));
    outgoing.on('error', (error) => {
      stop();
      fail(error);
    });
    outgoing.end(request.body);
  });
}

/** Ends what takes too long; the answer calls it off. */
function limitTime(timeoutMs: number, end: (error: Error) => void): () => void {
  if (timeoutMs <= 0) return () => undefined;
  const late = Object.assign(new Error('late'), { code: 'TIMEOUT_ERR' });
  const timer = setTimeout(() => end(late), timeoutMs);
  return () => clearTimeout(timer);
}

async function collect(message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function responseOf(message: IncomingMessage, body: Uint8Array, url: string): FetchResponse {
  const status = message.statusCode ?? 0;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    status,
    statusText: `${status} ${message.statusMessage || STATUS_CODES[status] || ''}`.trim(),
    headers,
    body,
    url,
  };
}

function goError(request: FetchRequest, reason: string): FetchError {
  const verb = `${request.method.slice(0, 1)}${request.method.slice(1).toLowerCase()}`;
  return new FetchError(`${verb} ${JSON.stringify(request.url)}: ${reason}`, 'other');
}

interface SystemError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly errors?: readonly SystemError[];
}

function fetchError(request: FetchRequest, url: URL, failure: Error): FetchError {
  const error = (failure as SystemError).errors?.at(-1) ?? (failure as SystemError);
  if (isPlainAnswer(error)) {
    const { message } = goError(request, 'http: server gave HTTP response to HTTPS client');
    return new FetchError(message, 'plain-http');
  }
  return goError(request, reasonOf(error, url));
}

function isPlainAnswer({ code, message }: SystemError): boolean {
  return (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ||
    (code === 'EPROTO' && /wrong version number|packet length too long/.test(message))
  );
}

const unknownAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function reasonOf(error: SystemError, url: URL): string {
  const { code = '', message } = error;
  const address = error.address ?? url.hostname;
  const peer = `${address.includes(':') ? `[${address.replace(/^\[|\]$/g, '')}]` : address}:${error.port ?? (url.port || (url.protocol === 'https:' ? 443 : 80))}`;
  if (code === 'ECONNREFUSED') return `dial tcp ${peer}: connect: connection refused`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${url.hostname}: no such host`;
  if (code === 'ECONNRESET') return message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  if (code === 'ABORT_ERR' || code === 'TIMEOUT_ERR')
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  if (unknownAuthority.has(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED')
    return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  if (code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED') return 'remote error: tls: certificate required';
  return message;
}
