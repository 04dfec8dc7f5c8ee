/** Facts of a cluster that its parts agree on. */
import type { ClusterSettings } from '#api/resource.ts';

export interface ClusterOptions {
  readonly serviceCIDR: string;
  readonly podCIDR: string;
  /** Where default/kubernetes points: the API server as pods reach it. Undefined: pods cannot. */
  readonly apiServerEndpoint: { readonly address: string; readonly port: number } | undefined;
  /** Where the cluster's DNS listens; undefined: there is none. */
  readonly dnsAddress: string | undefined;
  readonly clusterDomain: string;
}

export const defaultServiceAccountIssuer = 'https://kubernetes.default.svc.cluster.local';

export function settingsOf(options: ClusterOptions): ClusterSettings {
  return {
    serviceCIDRs: [options.serviceCIDR],
    nodePortRange: { from: 30000, to: 32767 },
    serviceAccountIssuer: defaultServiceAccountIssuer,
  };
}

/** The n-th address of an IPv4 range: 10.96.0.0/16, 10 → 10.96.0.10. */
export function addressIn(cidr: string, n: number): string {
  const parts = (cidr.split('/')[0] as string).split('.').map(Number);
  let value = parts.reduce((sum, part) => sum * 256 + part, 0) + n;
  const bytes: number[] = [];
  for (let i = 0; i < 4; i++) {
    bytes.unshift(value % 256);
    value = Math.floor(value / 256);
  }
  return bytes.join('.');
}

/** The address of default/kubernetes. */
export function apiServiceAddress(options: Pick<ClusterOptions, 'serviceCIDR'>): string {
  return addressIn(options.serviceCIDR, 1);
}

/** The address of kube-system/kube-dns, which pods find in resolv.conf. */
export function dnsServiceAddress(options: Pick<ClusterOptions, 'serviceCIDR'>): string {
  return addressIn(options.serviceCIDR, 10);
}
