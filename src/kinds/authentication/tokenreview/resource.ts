/** TokenReview: whose token is this? @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
import { tokenreviews } from '#api/generated/resources.ts';
import type { TokenReview } from '#api/generated/authentication/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { HookCall, Resource } from '#api/resource.ts';
import { badRequest } from '#api/status.ts';

const authenticated = 'system:authenticated';

export const tokenReview: Resource<TokenReview> = {
  ...tokenreviews,
  singular: 'tokenreview',
  schema: 'io.k8s.api.authentication.v1.TokenReview',
  verbs: ['create'],
  virtual: review,
};

async function review(object: TokenReview, call: HookCall): Promise<HasMetadata> {
  const { token = '', audiences } = object.spec;
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const wanted = audiences !== undefined && audiences.length > 0 ? audiences : [call.settings.serviceAccountIssuer];
  const found = await call.tokens.authenticate(token, wanted);
  if (found === undefined) return { ...object, status: { user: {}, error: 'invalid bearer token' } } as HasMetadata;
  const { name, uid, groups, extra } = found.user;
  const user = {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: groups.includes(authenticated) ? groups : [...groups, authenticated],
    ...(extra === undefined ? {} : { extra }),
  };
  return { ...object, status: { authenticated: true, user, audiences: found.audiences } } as HasMetadata;
}
