/** The token subresource: a signed token for a service account. @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
import { nodes, pods, secrets, serviceaccounts } from '#api/generated/resources.ts';
import type { TokenRequest } from '#api/generated/authentication/v1.ts';
import type { HasMetadata, KubeObject, ObjectKey } from '#api/object.ts';
import type { HookCall, Reader, TokenRequestClaims } from '#api/resource.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { timestamp } from '#base/clock.ts';
import { badRequest, conflict, fieldError, invalid, notFound, type FieldError } from '#api/status.ts';

const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const resource = { group: 'authentication.k8s.io', plural: 'TokenRequest' };
const defaultExpirationSeconds = 3600;
const minExpirationSeconds = 600;
const maxExpirationSeconds = 2 ** 32;

/** An hour, unless the request says otherwise. */
export function defaultToken(body: KubeObject): void {
  const spec = ((body as unknown as TokenRequest).spec ??= { audiences: [] });
  spec.expirationSeconds ??= defaultExpirationSeconds;
}

/** Creates a token. Throws upstream's errors for a request that does not fit the account or its binding. */
export async function createToken(key: ObjectKey, body: KubeObject, call: HookCall): Promise<HasMetadata> {
  const request = body as unknown as TokenRequest;
  checkIdentity(request, key);
  const account = existing(call.reader, serviceaccounts, key);
  const { uid = '' } = account.metadata;
  if ((request.metadata?.uid ?? '') !== '' && request.metadata?.uid !== uid) {
    const text = `the UID in the token request (${request.metadata?.uid}) does not match the UID of the service account (${uid})`;
    throw conflict(resource, key.name, text);
  }
  const expirationSeconds = request.spec?.expirationSeconds ?? defaultExpirationSeconds;
  const errors = validateExpiration(expirationSeconds);
  if (errors.length > 0) throw invalid(kind, '', errors);
  const given = request.spec?.audiences ?? [];
  const audiences = given.length > 0 ? given : [call.settings.serviceAccountIssuer];
  const claims: TokenRequestClaims = {
    namespace: key.namespace,
    serviceAccount: { name: key.name, uid },
    audiences,
    expirationSeconds,
    ...binding(request, key, call.reader),
  };
  const issued = await call.tokens.issue(claims);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      ...request.metadata,
      name: key.name,
      namespace: key.namespace,
      uid,
      creationTimestamp: timestamp(call.nowMs),
    },
    spec: { audiences, expirationSeconds, boundObjectRef: request.spec?.boundObjectRef ?? null },
    status: { token: issued.token, expirationTimestamp: issued.expirationTimestamp },
  } as HasMetadata;
}

function checkIdentity({ metadata }: TokenRequest, key: ObjectKey): void {
  for (const field of ['name', 'namespace'] as const) {
    const given = metadata?.[field] ?? '';
    if (given === '' || given === key[field]) continue;
    const text = `must match the service account ${field} if specified`;
    throw invalid(kind, key.name, [fieldError.invalid(`metadata.${field}`, given, text)]);
  }
}

function validateExpiration(seconds: number): FieldError[] {
  const path = 'spec.expirationSeconds';
  if (seconds < minExpirationSeconds)
    return [fieldError.invalid(path, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > maxExpirationSeconds)
    return [fieldError.invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}

function existing<T extends HasMetadata>(reader: Reader, ref: ResourceRef<T>, key: ObjectKey): DeepReadonly<T> {
  if (key.name === '') throw badRequest('Name parameter required.');
  const object = reader.get(ref, key);
  if (object === undefined) throw notFound(ref, key.name);
  return object;
}

/** The object whose end is the token's end. */
function binding(
  { spec }: TokenRequest,
  key: ObjectKey,
  reader: Reader,
): Pick<TokenRequestClaims, 'boundObject' | 'node'> {
  const reference = spec?.boundObjectRef;
  if (reference === undefined || reference === null) return {};
  const { kind: boundKind = '', name = '', apiVersion = '' } = reference;
  const isCore = !apiVersion.includes('/');
  if (isCore && boundKind === 'Pod') {
    const pod = existing(reader, pods, { namespace: key.namespace, name });
    if (pod.spec?.serviceAccountName !== key.name) {
      const text = `cannot bind token for serviceaccount "${key.name}" to pod running with different serviceaccount name.`;
      throw badRequest(text);
    }
    return { ...bound(boundKind, name, pod, reference.uid, pods.plural), ...nodeClaim(reader, pod.spec.nodeName) };
  }
  if (isCore && boundKind === 'Node') {
    const node = existing(reader, nodes, { namespace: '', name });
    return {
      ...bound(boundKind, name, node, reference.uid, nodes.plural),
      node: { name, uid: node.metadata.uid ?? '' },
    };
  }
  if (isCore && boundKind === 'Secret') {
    const secret = existing(reader, secrets, { namespace: key.namespace, name });
    return bound(boundKind, name, secret, reference.uid, secrets.plural);
  }
  throw badRequest(`cannot bind token to object of type ${groupVersionKind(apiVersion, boundKind)}`);
}

function nodeClaim(reader: Reader, nodeName: string | undefined): Pick<TokenRequestClaims, 'node'> {
  if (nodeName === undefined || nodeName === '') return {};
  const node = reader.get(nodes, { namespace: '', name: nodeName });
  return { node: { name: nodeName, uid: node?.metadata.uid ?? '' } };
}

function bound(
  boundKind: string,
  name: string,
  object: DeepReadonly<HasMetadata>,
  wantedUid: string | undefined,
  plural: string,
): Pick<TokenRequestClaims, 'boundObject'> {
  const uid = object.metadata.uid ?? '';
  if (wantedUid !== undefined && wantedUid !== '' && wantedUid !== uid) {
    const text = `the UID in the bound object reference (${wantedUid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural: boundKind === '' ? plural : boundKind }, name, text);
  }
  return { boundObject: { kind: boundKind, name, uid } };
}

function groupVersionKind(apiVersion: string, boundKind: string): string {
  return apiVersion === ''
    ? `/, Kind=${boundKind}`
    : `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${boundKind}`;
}
