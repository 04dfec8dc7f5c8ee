/** NetworkPolicies. @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ */
import type { NetworkPolicy } from '#api/generated/networking/v1.ts';
import { networkpolicies } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const networkPolicy: Resource<NetworkPolicy> = {
  ...networkpolicies,
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = object.spec;
    if (spec === undefined) return;
    spec.podSelector ??= {};
    if ((spec.policyTypes ?? []).length === 0)
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  },
  columns: [
    { name: 'Pod-Selector', type: 'string', value: (object) => formatLabelSelector(object.spec?.podSelector) },
    ageColumn,
  ],
};
