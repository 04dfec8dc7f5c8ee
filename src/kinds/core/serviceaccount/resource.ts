/** Service accounts. @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/ */
import { serviceaccounts } from '#api/generated/resources.ts';
import type { ServiceAccount } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { createToken, defaultToken } from '#kinds/core/serviceaccount/token.ts';

const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets';

export const serviceAccount: Resource<ServiceAccount> = {
  ...serviceaccounts,
  singular: 'serviceaccount',
  shortNames: ['sa'],
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  metadataOnUpdate: 'change-object',
  generation: false,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  warnings(object, old) {
    const has = (metadata: { readonly annotations?: Readonly<Record<string, string>> } | undefined): boolean =>
      metadata?.annotations?.[mountableSecrets] !== undefined;
    if (has(old?.metadata) || !has(object.metadata)) return [];
    const text = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
    return [`metadata.annotations[${mountableSecrets}]: ${text}`];
  },
  subresources: {
    token: {
      kind: 'TokenRequest',
      group: 'authentication.k8s.io',
      version: 'v1',
      verbs: ['create'],
      schema: 'io.k8s.api.authentication.v1.TokenRequest',
      defaults: defaultToken,
      create: createToken,
    },
  },
  columns: [ageColumn],
};

function keepSecretNames(object: ServiceAccount): void {
  if (object.secrets !== undefined)
    object.secrets = object.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}
