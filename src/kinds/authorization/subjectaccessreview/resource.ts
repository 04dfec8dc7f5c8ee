/** SubjectAccessReview: may somebody do this? @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/ */
import { subjectaccessreviews } from '#api/generated/resources.ts';
import type { SubjectAccessReview, SubjectAccessReviewSpec } from '#api/generated/authorization/v1.ts';
import type { UserInfo } from '#api/handler.ts';
import type { Resource } from '#api/resource.ts';
import { fieldError, invalid, type FieldError } from '#api/status.ts';
import { decide, reviewKind, validateMetadata, validateSpec } from '#kinds/authorization/access.ts';

export const subjectAccessReview: Resource<SubjectAccessReview> = {
  ...subjectaccessreviews,
  singular: 'subjectaccessreview',
  schema: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  verbs: ['create'],
  virtual: async (object, call) => {
    const errors = [
      ...validateSpec(object.spec, validateSubject(object.spec)),
      ...validateMetadata(object.metadata, false),
    ];
    if (errors.length > 0) throw invalid(reviewKind, '', errors);
    return { ...object, status: decide(object.spec, subjectOf(object.spec), call) };
  },
};

export function validateSubject({ user = '', groups = [] }: SubjectAccessReviewSpec): FieldError[] {
  if (user !== '' || groups.length > 0) return [];
  return [fieldError.invalid('spec.user', '', 'at least one of user or group must be specified')];
}

export function subjectOf({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}
