/** SelfSubjectRulesReview: what may I do? @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-rules-review-v1/ */
import { selfsubjectrulesreviews } from '#api/generated/resources.ts';
import type { SelfSubjectRulesReview } from '#api/generated/authorization/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { HookCall, Resource } from '#api/resource.ts';
import { badRequest } from '#api/status.ts';
import { nodeNameOf } from '#kinds/authorizers/node-identity.ts';
import { joinedErrors } from '#kinds/rbac/escalation.ts';
import { rulesFor } from '#kinds/rbac/resolver.ts';
import type { Rule } from '#kinds/rbac/rule.ts';

/** What members of system:masters hold besides their roles. */
const everything: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export const selfSubjectRulesReview: Resource<SelfSubjectRulesReview> = {
  ...selfsubjectrulesreviews,
  singular: 'selfsubjectrulesreview',
  schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  verbs: ['create'],
  virtual: review,
};

async function review(object: SelfSubjectRulesReview, { reader, user }: HookCall): Promise<HasMetadata> {
  const namespace = object.spec.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules: found, errors } = rulesFor(reader, user, namespace);
  const rules = user.groups.includes('system:masters') ? [...everything, ...found] : found;
  // The Node authorizer cannot list what it would allow.
  const isNode = nodeNameOf(user) !== undefined;
  const problems = [...(isNode ? ['node authorizer does not support user rule resolution'] : []), ...errors];
  return {
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter(({ resources }) => (resources?.length ?? 0) > 0).map(resourceRule),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => (nonResourceURLs?.length ?? 0) > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: isNode,
      ...(problems.length === 0 ? {} : { evaluationError: joinedErrors(problems) }),
    },
  } as HasMetadata;
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: Rule): object {
  return {
    verbs,
    ...(apiGroups === undefined ? {} : { apiGroups }),
    ...(resources === undefined ? {} : { resources }),
    ...(resourceNames === undefined ? {} : { resourceNames }),
  };
}
