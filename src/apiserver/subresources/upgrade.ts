/** What a client wants to upgrade to, and with which subprotocols. */
import type { ApiRequest } from '#api/handler.ts';
import { badRequest, StatusError } from '#api/status.ts';

export type WantedUpgrade = { readonly protocol: 'websocket' | 'spdy'; readonly offered: readonly string[] };

/** Undefined: an ordinary request. */
export function wantedUpgrade({ headers }: ApiRequest): WantedUpgrade | undefined {
  if (!/\bupgrade\b/i.test(headers['connection'] ?? '')) return undefined;
  switch (headers['upgrade']?.toLowerCase()) {
    case 'websocket':
      return { protocol: 'websocket', offered: listOf(headers['sec-websocket-protocol']) };
    case 'spdy/3.1':
      return { protocol: 'spdy', offered: listOf(headers['x-stream-protocol-version']) };
    default:
      return undefined;
  }
}

function listOf(header: string | undefined): string[] {
  return (header ?? '').split(',').flatMap((value) => (value.trim() === '' ? [] : [value.trim()]));
}

/** Throws upstream's 400 for a request that is none. */
export function requiredUpgrade(request: ApiRequest): WantedUpgrade {
  const wanted = wantedUpgrade(request);
  if (wanted === undefined) throw badRequest('Upgrade request required');
  return wanted;
}

/** The first one the client offers that is supported; with no offer at all `unnamed`. Throws 403. */
export function chooseProtocol(offered: readonly string[], supported: readonly string[], unnamed: string): string {
  if (offered.length === 0) return unnamed;
  const chosen = offered.find((protocol) => supported.includes(protocol));
  if (chosen !== undefined) return chosen;
  const text = (list: readonly string[]): string => `[${list.join(' ')}]`;
  throw new StatusError(
    403,
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports ${text(offered)}, server accepts ${text(supported)}`,
  );
}

/** Query flags as upstream reads them: anything but 'false' and '0'. */
export function flag(options: URLSearchParams, name: string): boolean {
  const value = options.get(name)?.toLowerCase();
  return value !== undefined && value !== 'false' && value !== '0';
}
