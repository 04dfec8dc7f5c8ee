/** The RBAC authorizer: roles and bindings of the store. */
import type { AuthorizationAttributes, AuthorizationDecision, AuthorizerFactory, Reader } from '#api/resource.ts';
import { joinedErrors } from '#kinds/rbac/escalation.ts';
import { visitRules } from '#kinds/rbac/resolver.ts';
import { ruleAllows } from '#kinds/rbac/rule.ts';

export const rbacAuthorizer: AuthorizerFactory = {
  name: 'RBAC',
  create: (reader) => ({ authorize: (attributes) => decide(reader, attributes) }),
};

function decide(reader: Reader, attributes: AuthorizationAttributes): AuthorizationDecision {
  let reason = '';
  let isAllowed = false;
  const errors = visitRules(reader, attributes.user, attributes.resource?.namespace ?? '', (rule, source) => {
    if (!ruleAllows(rule, attributes)) return false;
    isAllowed = true;
    reason = `RBAC: allowed by ${source()}`;
    return true;
  });
  if (isAllowed) return { decision: 'allow', reason };
  return { decision: 'no-opinion', reason: errors.length === 0 ? '' : `RBAC: ${joinedErrors(errors)}` };
}
