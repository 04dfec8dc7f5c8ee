/** SelfSubjectReview: who am I? @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/ */
import { selfsubjectreviews } from '#api/generated/resources.ts';
import type { SelfSubjectReview } from '#api/generated/authentication/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Resource } from '#api/resource.ts';
import { timestamp } from '#base/clock.ts';

export const selfSubjectReview: Resource<SelfSubjectReview> = {
  ...selfsubjectreviews,
  singular: 'selfsubjectreview',
  schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  verbs: ['create'],
  virtual: async (_object, { user, nowMs }) => {
    const { name, uid, groups, extra } = user;
    const userInfo = {
      username: name,
      ...(uid === undefined || uid === '' ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
    };
    return {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: timestamp(nowMs) },
      status: { userInfo },
    } as HasMetadata;
  },
};
