/** IngressClasses. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-class-v1/ */
import type { IngressClass } from '#api/generated/networking/v1.ts';
import { ingressclasses } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const ingressClass: Resource<IngressClass> = {
  ...ingressclasses,
  singular: 'ingressclass',
  schema: 'io.k8s.api.networking.v1.IngressClass',
  metadataOnUpdate: 'change-object',
  allowUnconditionalUpdate: true,
  defaults(object) {
    if (object.spec?.parameters !== undefined) object.spec.parameters.scope ??= 'Cluster';
  },
  columns: [
    { name: 'Controller', type: 'string', value: (object) => object.spec?.controller ?? '' },
    {
      name: 'Parameters',
      type: 'string',
      value: ({ spec }) => {
        const parameters = spec?.parameters;
        if (parameters === undefined) return '<none>';
        return `${parameters.kind}${parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`}/${parameters.name}`;
      },
    },
    ageColumn,
  ],
};
