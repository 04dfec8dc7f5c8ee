/** Failures of the network in Go's words, which scripts look for. */
import type { ApiRequest } from '#api/handler.ts';

/** `Get "https://host:6443/version": dial tcp 10.0.0.1:6443: connect: connection refused`; other errors stay as they are. */
export function networkError(error: unknown, request: ApiRequest, server: string): unknown {
  const reason = reasonOf(error, server);
  if (reason === undefined) return error;
  const method = request.method.charAt(0) + request.method.slice(1).toLowerCase();
  const query = request.query === '' ? '' : `?${request.query}`;
  const address = `${server.replace(/\/$/, '')}${request.path}${query}`;
  return new Error(`${method} ${JSON.stringify(address)}: ${reason}`, { cause: error });
}

const connectWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
};

/** Node's codes for certificates that do not verify. */
const unknownAuthority =
  /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?)$/;

interface NetworkError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly errors?: readonly NetworkError[];
}

function reasonOf(error: unknown, server: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Of several addresses of a name Go tells of the last; so does this.
  const given = error as NetworkError;
  const one = given.errors?.at(-1) ?? given;
  const code = one.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const { hostname } = new URL(server);
    return `dial tcp: lookup ${hostname}: no such host`;
  }
  if (unknownAuthority.test(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  const words = connectWords[code];
  if (words === undefined || one.address === undefined) return undefined;
  const host = one.address.includes(':') ? `[${one.address}]` : one.address;
  return `dial tcp ${host}:${one.port ?? ''}: connect: ${words}`;
}
