/**
 * Service account tokens: signed here (ES256), checked here. A token is bound to its service account, and often to a pod,
 * a secret or a node; it is good only while those exist with the same uid. Signatures are verified once per token, the
 * objects are looked up on every use.
 *
 *   {"iss": …, "sub": "system:serviceaccount:shop:web", "aud": [ISSUER], "exp": …, "jti": …,
 *    "kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "web", "uid": …}, "pod": {…}, "node": {…}, "warnafter": …}}
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { type Clock, timestamp } from '#base/clock.ts';
import { type Random, uuid } from '#base/random.ts';
import { nodes, pods, secrets, serviceaccounts } from '#api/generated/resources.ts';
import type { UserInfo } from '#api/handler.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { IssuerDocuments } from '#apiserver/discovery/paths.ts';
import type { Reader, TokenIssuer, TokenRequestClaims } from '#api/resource.ts';

export interface TokenIssuerOptions {
  /** PKCS#8 PEM of an ECDSA P-256 key. */
  readonly signingKey: string;
  /** The cluster's own name unless said otherwise. */
  readonly issuer?: string;
  /** Where the keys are read: `https://host:port/openid/v1/jwks`. */
  readonly jwksUri?: () => string;
  readonly clock: Clock;
  readonly random: Random;
}

/** The issuer of a cluster; tokens are answered for once {@link ServiceAccountTokens.readFrom} was called. */
export function createTokenIssuer(options: TokenIssuerOptions): ServiceAccountTokens {
  return new ServiceAccountTokens(options);
}

/** A pod's projected token asks for this; it is kept good for a year, and old clients are counted, not broken. */
const warnOnlySeconds = 3607;
const extendedSeconds = 365 * 24 * 3600;
const leewaySeconds = 60;
const maxCached = 4096;

interface ObjectReference {
  readonly name: string;
  readonly uid: string;
}
interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: ObjectReference;
  readonly pod?: ObjectReference;
  readonly secret?: ObjectReference;
  readonly node?: ObjectReference;
  readonly warnafter?: number;
}
interface Claims extends JWTPayload {
  readonly 'kubernetes.io': KubernetesClaims;
}

/**
 * Invariants: 1. a token is answered for only if its signature was verified with our key and its objects are alive now.
 * 2. The cache holds verified claims only, the oldest leaving first. 3. Keys are read at the first use.
 */
export class ServiceAccountTokens implements TokenIssuer, IssuerDocuments {
  readonly #options: TokenIssuerOptions;
  readonly #issuer: string;
  readonly #verified = new Map<string, Claims>();
  #keys: Promise<Keys> | undefined;
  #reader: Reader | undefined;

  constructor(options: TokenIssuerOptions) {
    this.#options = options;
    this.#issuer = options.issuer ?? 'https://kubernetes.default.svc.cluster.local';
  }

  /** Where bound objects are looked up. */
  readFrom(reader: Reader): void {
    this.#reader = reader;
  }

  async issue(request: TokenRequestClaims): Promise<{ token: string; expirationTimestamp: string }> {
    const { clock, random } = this.#options;
    const issuer = this.#issuer;
    const nowSeconds = Math.floor(clock.now() / 1000);
    const audiences = request.audiences.length === 0 ? [issuer] : request.audiences;
    const isExtended =
      request.boundObject?.kind === 'Pod' &&
      request.expirationSeconds === warnOnlySeconds &&
      audiences.every((audience) => audience === issuer);
    const claims: Claims = {
      aud: [...audiences],
      exp: nowSeconds + (isExtended ? extendedSeconds : request.expirationSeconds),
      iat: nowSeconds,
      iss: issuer,
      jti: uuid(random),
      'kubernetes.io': kubernetesClaims(request, isExtended ? nowSeconds + warnOnlySeconds : undefined),
      nbf: nowSeconds,
      sub: `system:serviceaccount:${request.namespace}:${request.serviceAccount.name}`,
    };
    const { jose, signing, jwk } = await this.#loadedKeys();
    const token = await new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid as string })
      .sign(signing);
    return { token, expirationTimestamp: timestamp((nowSeconds + request.expirationSeconds) * 1000) };
  }

  async authenticate(
    token: string,
    audiences: readonly string[],
  ): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined> {
    const claims = this.#verified.get(token) ?? (await this.#verify(token));
    if (claims === undefined || !this.#isTimely(claims) || !this.#isAlive(claims['kubernetes.io'])) return undefined;
    const wanted = audiences.length === 0 ? [this.#issuer] : audiences;
    const granted = wanted.filter((audience) => (claims.aud as string[]).includes(audience));
    return granted.length === 0 ? undefined : { user: userOf(claims), audiences: granted };
  }

  /** The keys that verify our tokens: /openid/v1/jwks. */
  async jwks(): Promise<{ keys: JWK[] }> {
    return { keys: [(await this.#loadedKeys()).jwk] };
  }

  /** /.well-known/openid-configuration. */
  openidConfiguration(): object {
    return {
      issuer: this.#issuer,
      jwks_uri: this.#options.jwksUri?.() ?? `${this.#issuer}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }

  #loadedKeys(): Promise<Keys> {
    this.#keys ??= loadKeys(this.#options.signingKey);
    return this.#keys;
  }

  async #verify(token: string): Promise<Claims | undefined> {
    try {
      const { clock } = this.#options;
      const { jose, public: key } = await this.#loadedKeys();
      const { payload } = await jose.jwtVerify(token, key, {
        algorithms: ['ES256'],
        issuer: this.#issuer,
        currentDate: new Date(clock.now()),
        clockTolerance: leewaySeconds,
      });
      if (!isServiceAccountClaims(payload)) return undefined;
      if (this.#verified.size >= maxCached) this.#verified.delete(this.#verified.keys().next().value as string);
      this.#verified.set(token, payload);
      return payload;
    } catch {
      return undefined;
    }
  }

  #isTimely({ exp = 0, nbf = 0 }: Claims): boolean {
    const nowSeconds = this.#options.clock.now() / 1000;
    return nowSeconds - leewaySeconds <= exp && nowSeconds + leewaySeconds >= nbf;
  }

  #isAlive({ namespace, serviceaccount, pod, secret, node }: KubernetesClaims): boolean {
    if (!this.#exists(serviceaccounts, namespace, serviceaccount)) return false;
    if (secret !== undefined && !this.#exists(secrets, namespace, secret)) return false;
    if (pod !== undefined) return this.#exists(pods, namespace, pod);
    return node === undefined || this.#exists(nodes, '', node);
  }

  /** Something being deleted counts as gone a minute after its time is up. */
  #exists<T extends HasMetadata>(resource: ResourceRef<T>, namespace: string, { name, uid }: ObjectReference): boolean {
    const metadata = this.#reader?.get(resource, { namespace, name })?.metadata;
    if (metadata === undefined || metadata.uid !== uid) return false;
    const { deletionTimestamp } = metadata;
    return (
      deletionTimestamp === undefined ||
      Date.parse(deletionTimestamp) >= this.#options.clock.now() - leewaySeconds * 1000
    );
  }
}

interface Keys {
  readonly jose: typeof import('jose');
  readonly signing: CryptoKey;
  readonly public: CryptoKey;
  /** The public key, as /openid/v1/jwks shows it. */
  readonly jwk: JWK;
}

/** The library comes with the first use, too: starting does without it. */
async function loadKeys(pem: string): Promise<Keys> {
  const jose = await import('jose');
  const signing = await jose.importPKCS8(pem, 'ES256', { extractable: true });
  const { d: _private, ...shared } = await jose.exportJWK(signing);
  const jwk: JWK = {
    use: 'sig',
    kty: shared.kty as string,
    kid: await jose.calculateJwkThumbprint(shared),
    alg: 'ES256',
    ...shared,
  };
  return { jose, signing, public: (await jose.importJWK(shared, 'ES256')) as CryptoKey, jwk };
}

function kubernetesClaims(request: TokenRequestClaims, warnafter: number | undefined): KubernetesClaims {
  const { namespace, serviceAccount, boundObject, node } = request;
  const bound =
    boundObject === undefined
      ? {}
      : { [boundObject.kind.toLowerCase()]: { name: boundObject.name, uid: boundObject.uid } };
  return {
    namespace,
    ...(node === undefined ? {} : { node: { name: node.name, uid: node.uid } }),
    ...bound,
    serviceaccount: { name: serviceAccount.name, uid: serviceAccount.uid },
    ...(warnafter === undefined ? {} : { warnafter }),
  };
}

function isServiceAccountClaims(payload: JWTPayload): payload is Claims {
  const claims = payload['kubernetes.io'] as Partial<KubernetesClaims> | undefined;
  const account = claims?.serviceaccount;
  if (claims?.namespace === undefined || account?.name === undefined || account.uid === undefined) return false;
  return payload.sub === `system:serviceaccount:${claims.namespace}:${account.name}` && Array.isArray(payload.aud);
}

function userOf({ jti, 'kubernetes.io': claims }: Claims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims;
  const extra: Record<string, readonly string[]> = {};
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') extra[`authentication.kubernetes.io/${key}`] = [value];
  };
  add('credential-id', jti === undefined ? undefined : `JTI=${jti}`);
  add('node-name', node?.name);
  add('node-uid', node?.uid);
  add('pod-name', pod?.name);
  add('pod-uid', pod?.uid);
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra,
  };
}
