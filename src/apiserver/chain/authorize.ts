/**
 * May they? The ordered authorizers are asked until one allows or denies; nobody allowing means 403 in upstream's words:
 *
 *   pods "web" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "shop"
 */
import type { UserInfo } from '#api/handler.ts';
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from '#api/resource.ts';
import { groupResource } from '#api/resource-ref.ts';
import { StatusError } from '#api/status.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';

const allowed: AuthorizationDecision = { decision: 'allow', reason: '' };
const noOpinion: AuthorizationDecision = { decision: 'no-opinion', reason: '' };

/** Members of system:masters may do everything; always the first authorizer. */
export const privilegedGroupAuthorizer: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? allowed : noOpinion),
};

/** Asks in order; the first allow or deny counts. Reasons of those without an opinion are joined as upstream joins them. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      let reason = '';
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes);
        if (decision.decision !== 'no-opinion') return decision;
        if (decision.reason !== '') reason = reason === '' ? decision.reason : `${reason}\n${decision.reason}`;
      }
      return { decision: 'no-opinion', reason };
    },
  };
}

export function attributesOf(info: RequestInfo, user: UserInfo): AuthorizationAttributes {
  if (!info.isResourceRequest) return { user, verb: info.verb, path: info.path };
  return {
    user,
    verb: info.verb,
    resource: {
      group: info.group,
      version: info.version,
      plural: info.resource,
      subresource: info.subresource,
      namespace: info.namespace,
      name: info.name,
      ...(info.fieldSelector === undefined ? {} : { fieldSelector: info.fieldSelector }),
      ...(info.labelSelector === undefined ? {} : { labelSelector: info.labelSelector }),
    },
  };
}

/** Throws upstream's 403 unless it is allowed. */
export function checkAuthorized(authorizer: Authorizer, attributes: AuthorizationAttributes): void {
  const { decision, reason } = authorizer.authorize(attributes);
  if (decision !== 'allow') throw forbiddenError(attributes, reason);
}

export function forbiddenError(attributes: AuthorizationAttributes, reason: string): StatusError {
  const what = escapeHtml(cannotText(attributes));
  const message = reason === '' ? what : `${what}: ${reason}`;
  const { resource } = attributes;
  if (resource === undefined) return new StatusError(403, 'Forbidden', `forbidden: ${message}`, {});
  const name = resource.name === '' ? '' : ` ${JSON.stringify(resource.name)}`;
  return new StatusError(403, 'Forbidden', `${groupResource(resource)}${name} is forbidden: ${message}`, {
    ...(resource.name === '' ? {} : { name: resource.name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  });
}

function cannotText({ user, verb, path, resource }: AuthorizationAttributes): string {
  const subject = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (resource === undefined) return `${subject} path ${JSON.stringify(path ?? '')}`;
  const plural = resource.subresource === '' ? resource.plural : `${resource.plural}/${resource.subresource}`;
  const place =
    resource.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(resource.namespace)}`;
  return `${subject} resource ${JSON.stringify(plural)} in API group ${JSON.stringify(resource.group)} ${place}`;
}

function escapeHtml(text: string): string {
  return /[&<>]/.test(text) ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text;
}
