/** Small questions about a Service that defaulting, validation and allocation all ask. */
import type { Service, ServicePort, ServiceSpec } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export type AnyService = DeepReadonly<Service>;
export type AnySpec = DeepReadonly<ServiceSpec>;
export type AnyPort = DeepReadonly<ServicePort>;
export type Family = 'IPv4' | 'IPv6';

export const headless = 'None';
const noSpec: AnySpec = {};

export function specOf({ spec }: AnyService): AnySpec {
  return spec ?? noSpec;
}

export function isHeadless({ clusterIPs }: AnySpec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === headless;
}

export function needsClusterIp({ type }: AnySpec): boolean {
  return type !== 'ExternalName';
}

/** Does the type have node ports at all? */
export function hasNodePorts({ type }: AnySpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Are node ports given to ports that name none? */
export function allocatesNodePorts({ type, allocateLoadBalancerNodePorts }: AnySpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

export function needsHealthCheckPort({ type, externalTrafficPolicy }: AnySpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** Reached from outside: by node port, load balancer or external address. */
export function isExternallyAccessible({ type, externalIPs }: AnySpec): boolean {
  return hasNodePorts({ type } as AnySpec) || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0);
}

export function nodePortsOf({ ports }: AnySpec): number[] {
  return (ports ?? []).map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0);
}

export function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  const [left, right] = [a ?? [], b ?? []];
  return left.length === right.length && left.every((item, i) => item === right[i]);
}

export function sameClusterIps(a: AnySpec, b: AnySpec): boolean {
  return (a.clusterIP ?? '') === (b.clusterIP ?? '') && sameList(a.clusterIPs, b.clusterIPs);
}

export function familyOf(ip: string): Family {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}
