/**
 * Acting as somebody else (`kubectl --as`): the Impersonate-* headers name a user, and the requestor must be allowed to.
 *
 * Two families of checks, the strict one first, as upstream has them since 1.36 (KEP-5284):
 * - constrained: verb `impersonate-on:<mode>:<verb>` on the request itself, then `impersonate:<mode>` on each thing taken on;
 *   the mode follows from the wanted user: associated-node, arbitrary-node, serviceaccount or user-info;
 * - legacy: verb `impersonate` on users, groups, uids, userextras or serviceaccounts.
 * When none allows it, the first refusal is the answer.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
import type { ApiRequest, UserInfo } from '#api/handler.ts';
import type { AuthorizationAttributes, Authorizer } from '#api/resource.ts';
import { badRequest, isForbidden, type StatusError } from '#api/status.ts';
import { checkAuthorized, forbiddenError } from '#apiserver/chain/authorize.ts';

const extraPrefix = 'impersonate-extra-';

interface WantedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The user the request runs as: `requestor` unless headers ask for another. Throws upstream's 400 and 403. */
export function impersonate(
  request: ApiRequest,
  attributes: AuthorizationAttributes,
  authorizer: Authorizer,
): UserInfo {
  const wanted = wantedUser(request.headers);
  if (wanted === undefined) return attributes.user;
  let refusal: StatusError | undefined;
  for (const mode of [...modesFor(wanted, attributes.user), undefined]) {
    try {
      return mode === undefined
        ? checkUser(wanted, attributes.user, legacyRules, authorizer)
        : checkConstrained(wanted, attributes, mode, authorizer);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      refusal ??= error as StatusError;
    }
  }
  throw refusal;
}

function wantedUser(headers: ApiRequest['headers']): WantedUser | undefined {
  let found = false;
  const extra: Record<string, readonly string[]> = {};
  for (const header in headers) {
    if (!header.startsWith('impersonate-')) continue;
    found = true;
    if (header.startsWith(extraPrefix))
      Object.defineProperty(extra, unescapeKey(header.slice(extraPrefix.length)), {
        value: listOf(headers[header]),
        enumerable: true,
      });
  }
  if (!found) return undefined;
  const wanted = {
    name: headers['impersonate-user'] ?? '',
    uid: headers['impersonate-uid'] ?? '',
    groups: listOf(headers['impersonate-group']),
    extra,
  };
  if (wanted.name !== '') return wanted;
  if (wanted.uid === '' && wanted.groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw badRequest(`requested ${goUser(wanted)} without impersonating a user name`);
}

/** Repeated headers arrive joined. */
function listOf(header: string | undefined): string[] {
  return header === undefined ? [] : header.split(', ');
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** As Go prints `&user.DefaultInfo{…}` with %#v. */
function goUser({ uid, groups, extra }: WantedUser): string {
  const strings = (values: readonly string[]): string => `{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  const groupsText = groups.length === 0 ? '[]string(nil)' : `[]string${strings(groups)}`;
  const keys = Object.keys(extra).sort();
  const entries = keys.map((key) => `${JSON.stringify(key)}:[]string${strings(extra[key] ?? [])}`).join(', ');
  const extraText = keys.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${entries}}`;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groupsText}, Extra:${extraText}}`;
}

type Mode = 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info';

function modesFor(wanted: WantedUser, requestor: UserInfo): Mode[] {
  const nameOnly = wanted.uid === '' && wanted.groups.length === 0 && Object.keys(wanted.extra).length === 0;
  const node = nodeOf(wanted.name);
  if (node !== undefined)
    return nameOnly ? [...(isOnNode(requestor, node) ? (['associated-node'] as const) : []), 'arbitrary-node'] : [];
  if (serviceAccountOf(wanted.name) !== undefined) return nameOnly ? ['serviceaccount'] : [];
  return ['user-info'];
}

function isOnNode(requestor: UserInfo, node: string): boolean {
  const names = requestor.extra?.['authentication.kubernetes.io/node-name'] ?? [];
  return serviceAccountOf(requestor.name) !== undefined && names.length === 1 && names[0] === node;
}

function checkConstrained(
  wanted: WantedUser,
  attributes: AuthorizationAttributes,
  mode: Mode,
  authorizer: Authorizer,
): UserInfo {
  const requestor = mode === 'associated-node' ? withoutExtraValues(attributes.user) : attributes.user;
  checkAuthorized(authorizer, { ...attributes, user: requestor, verb: `impersonate-on:${mode}:${attributes.verb}` });
  return checkUser(
    wanted,
    requestor,
    { verb: `impersonate:${mode}`, group: 'authentication.k8s.io', anyNode: mode === 'associated-node', strict: true },
    authorizer,
  );
}

/** The check must hold on every node, so the values that differ by node are not shown to authorizers. */
function withoutExtraValues(user: UserInfo): UserInfo {
  return {
    ...user,
    extra: { 'authentication.kubernetes.io/associated-node-keys': Object.keys(user.extra ?? {}).sort() },
  };
}

interface Rules {
  readonly verb: string;
  /** Of users, groups, nodes and service accounts. */
  readonly group: string;
  readonly anyNode: boolean;
  readonly strict: boolean;
}
const legacyRules: Rules = { verb: 'impersonate', group: '', anyNode: false, strict: false };

function checkUser(wanted: WantedUser, requestor: UserInfo, rules: Rules, authorizer: Authorizer): UserInfo {
  const target = (
    plural: string,
    name: string,
    more: { group?: string; namespace?: string; subresource?: string } = {},
  ): AuthorizationAttributes => ({
    user: requestor,
    verb: rules.verb,
    resource: { group: rules.group, version: 'v1', plural, subresource: '', namespace: '', name, ...more },
  });
  const check = (attributes: AuthorizationAttributes): void => checkAuthorized(authorizer, attributes);
  const node = rules.strict ? nodeOf(wanted.name) : undefined;
  const account = serviceAccountOf(wanted.name);
  if (node !== undefined) check(target('nodes', rules.anyNode ? '*' : node));
  else if (account !== undefined) check(target('serviceaccounts', account.name, { namespace: account.namespace }));
  else check(target('users', wanted.name));

  if (wanted.uid !== '') check(target('uids', wanted.uid, { group: 'authentication.k8s.io' }));
  for (const group of wanted.groups) {
    if (rules.strict && group === '')
      throw forbiddenError(target('groups', ''), 'impersonating the empty string group is not allowed');
    if (rules.strict && group === 'system:masters')
      throw forbiddenError(target('groups', group), 'impersonating the system:masters group is not allowed');
  }
  for (const group of wanted.groups) check(target('groups', group));
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values)
      check(target('userextras', value, { group: 'authentication.k8s.io', subresource: key }));
  }
  return becomes(wanted, node, account);
}

function becomes(wanted: WantedUser, node: string | undefined, account: { namespace: string } | undefined): UserInfo {
  let groups = [...wanted.groups];
  if (node !== undefined) groups = ['system:nodes'];
  else if (account !== undefined && groups.length === 0)
    groups = ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`];
  const isAnonymous = wanted.name === 'system:anonymous';
  const implied = isAnonymous ? 'system:unauthenticated' : 'system:authenticated';
  if (!groups.includes(implied) && (isAnonymous || !groups.includes('system:unauthenticated'))) groups.push(implied);
  return {
    name: wanted.name,
    groups,
    ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
    ...(Object.keys(wanted.extra).length === 0 ? {} : { extra: wanted.extra }),
  };
}

function nodeOf(name: string): string | undefined {
  const match = /^system:node:([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$/.exec(name);
  return match?.[1];
}

function serviceAccountOf(name: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  return match === null ? undefined : { namespace: match[1] as string, name: match[2] as string };
}
