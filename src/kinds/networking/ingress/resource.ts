/** Ingresses. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/ */
import type { Ingress } from '#api/generated/networking/v1.ts';
import { ingresses } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { validate, validateCreate } from '#kinds/networking/ingress/validation.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

export const ingress: Resource<Ingress> = {
  ...ingresses,
  singular: 'ingress',
  shortNames: ['ing'],
  schema: 'io.k8s.api.networking.v1.Ingress',
  registryPath: 'ingress',
  metadataOnUpdate: 'change-object',
  allowUnconditionalUpdate: true,
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  prepareForUpdate: keepStatus,
  validate,
  validateCreate,
  subresources: { status: statusSubresource() },
  columns: [
    { name: 'Class', type: 'string', value: (object) => object.spec?.ingressClassName ?? '<none>' },
    {
      name: 'Hosts',
      type: 'string',
      value: (object) => {
        const hosts = (object.spec?.rules ?? []).flatMap((rule) =>
          rule.host === undefined || rule.host === '' ? [] : [rule.host],
        );
        return hosts.length === 0
          ? '*'
          : hosts.length > 3
            ? `${hosts.slice(0, 3).join()} + ${hosts.length - 3} more...`
            : hosts.join();
      },
    },
    {
      name: 'Address',
      type: 'string',
      value: (object) =>
        (object.status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip ?? entry.hostname ?? '').join(),
    },
    { name: 'Ports', type: 'string', value: (object) => ((object.spec?.tls ?? []).length > 0 ? '80, 443' : '80') },
    ageColumn,
  ],
};
