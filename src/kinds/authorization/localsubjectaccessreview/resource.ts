/** LocalSubjectAccessReview: may somebody do this in a namespace? @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/local-subject-access-review-v1/ */
import { localsubjectaccessreviews } from '#api/generated/resources.ts';
import type { LocalSubjectAccessReview } from '#api/generated/authorization/v1.ts';
import type { Resource } from '#api/resource.ts';
import { fieldError, invalid, type FieldError } from '#api/status.ts';
import { decide, reviewKind, validateMetadata, validateSpec } from '#kinds/authorization/access.ts';
import { subjectOf, validateSubject } from '#kinds/authorization/subjectaccessreview/resource.ts';

export const localSubjectAccessReview: Resource<LocalSubjectAccessReview> = {
  ...localsubjectaccessreviews,
  singular: 'localsubjectaccessreview',
  schema: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  verbs: ['create'],
  virtual: async (object, call) => {
    const errors = [
      ...validateSpec(object.spec, validateSubject(object.spec)),
      ...validateMetadata(object.metadata, true),
      ...validateLocality(object),
    ];
    if (errors.length > 0) throw invalid(reviewKind, '', errors);
    return { ...object, status: decide(object.spec, subjectOf(object.spec), call) };
  },
};

function validateLocality({ metadata, spec }: LocalSubjectAccessReview): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  const namespace = resource?.namespace ?? '';
  if (resource !== undefined && namespace !== (metadata.namespace ?? ''))
    errors.push(fieldError.invalid('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace'));
  if (other !== undefined) {
    const printed = { Path: other.path ?? '', Verb: other.verb ?? '' };
    errors.push(fieldError.invalid('spec.nonResourceAttributes', printed, 'disallowed on this kind of request'));
  }
  return errors;
}
