/**
 * Who is asking? In this order: an in-process caller says so itself; a verified client certificate (CN is the name, the Os
 * are the groups); a bearer token (static ones of tools first, then service accounts); nobody: system:anonymous.
 * A token that is not accepted ends in 401 even where anonymous requests are allowed, as upstream does.
 */
import type { ApiRequest, Peer, UserInfo } from '#api/handler.ts';
import type { TokenIssuer } from '#api/resource.ts';

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export interface AuthenticationOptions {
  readonly tokens: Pick<TokenIssuer, 'authenticate'>;
  /** Tokens of tools and tests, by token. Their users get system:authenticated, too. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
}

/** Undefined: 401. Answers at once where no token has to be checked, so that the common request awaits nothing. */
export type Authenticator = (request: ApiRequest) => UserInfo | undefined | Promise<UserInfo | undefined>;

export function createAuthenticator(options: AuthenticationOptions): Authenticator {
  const staticTokens = new Map(
    [...(options.staticTokens ?? [])].map(([token, user]) => [token, withAuthenticated(user)] as const),
  );
  const ofCertificate = certificateUsers();
  return (request) => {
    const { peer, headers } = request;
    if (peer.user !== undefined) return peer.user;
    if (peer.certificate !== undefined && peer.certificate.commonName !== '') return ofCertificate(peer.certificate);
    const token = bearerToken(headers);
    if (token === undefined) return anonymous;
    const known = staticTokens.get(token);
    return known ?? authenticateToken(options.tokens, token);
  };
}

async function authenticateToken(
  tokens: Pick<TokenIssuer, 'authenticate'>,
  token: string,
): Promise<UserInfo | undefined> {
  const verdict = await tokens.authenticate(token, []);
  return verdict === undefined ? undefined : withAuthenticated(verdict.user);
}

/** One user value per connection: certificates are parsed once per TLS session by the front. */
function certificateUsers(): (certificate: NonNullable<Peer['certificate']>) => UserInfo {
  const users = new WeakMap<object, UserInfo>();
  return (certificate) => {
    let user = users.get(certificate);
    if (user === undefined) {
      user = certificateUser(certificate);
      users.set(certificate, user);
    }
    return user;
  };
}

function certificateUser(certificate: NonNullable<Peer['certificate']>): UserInfo {
  const user: UserInfo = { name: certificate.commonName, groups: certificate.organizations };
  if (certificate.fingerprintSha256 === undefined) return withAuthenticated(user);
  return withAuthenticated({
    ...user,
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${certificate.fingerprintSha256}`] },
  });
}

function withAuthenticated(user: UserInfo): UserInfo {
  if (user.groups.includes('system:authenticated') || user.name === anonymous.name) return user;
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}

const webSocketTokenPrefix = 'base64url.bearer.authorization.k8s.io.';

/** From `Authorization: Bearer X`, or from a WebSocket's subprotocols (browsers cannot set headers there). */
export function bearerToken(headers: ApiRequest['headers']): string | undefined {
  const authorization = headers['authorization']?.trim();
  if (authorization !== undefined && authorization !== '') {
    const [scheme, token] = authorization.split(' ');
    return scheme?.toLowerCase() === 'bearer' && token !== undefined && token !== '' ? token : undefined;
  }
  const protocols = headers['sec-websocket-protocol'];
  if (protocols === undefined || !protocols.includes(webSocketTokenPrefix)) return undefined;
  const entry = protocols.split(',').find((protocol) => protocol.trim().startsWith(webSocketTokenPrefix));
  return entry === undefined ? undefined : decodeBase64Url(entry.trim().slice(webSocketTokenPrefix.length));
}

function decodeBase64Url(text: string): string | undefined {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
}
