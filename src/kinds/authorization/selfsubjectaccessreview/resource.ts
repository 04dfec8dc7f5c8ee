/** SelfSubjectAccessReview: may I do this? @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/ */
import { selfsubjectaccessreviews } from '#api/generated/resources.ts';
import type { SelfSubjectAccessReview } from '#api/generated/authorization/v1.ts';
import type { Resource } from '#api/resource.ts';
import { invalid } from '#api/status.ts';
import { decide, reviewKind, validateMetadata, validateSpec } from '#kinds/authorization/access.ts';

export const selfSubjectAccessReview: Resource<SelfSubjectAccessReview> = {
  ...selfsubjectaccessreviews,
  singular: 'selfsubjectaccessreview',
  schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  verbs: ['create'],
  virtual: async (object, call) => {
    const errors = [...validateSpec(object.spec), ...validateMetadata(object.metadata, false)];
    if (errors.length > 0) throw invalid(reviewKind, '', errors);
    return { ...object, status: decide(object.spec, call.user, call) };
  },
};
