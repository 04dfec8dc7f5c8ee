/** What an update means that leaves out allocated values, or changes the type to one without them. */
import type { Service, ServiceSpec } from '#api/generated/core/v1.ts';
import {
  allocatesNodePorts,
  type AnyService,
  type AnySpec,
  hasNodePorts,
  isExternallyAccessible,
  needsClusterIp,
  needsHealthCheckPort,
  nodePortsOf,
  sameClusterIps,
  sameList,
  specOf,
} from '#kinds/core/service/spec.ts';

/** Keeps clusterIP and clusterIPs in step for clients that know only the first. */
export function normalizeClusterIps(spec: ServiceSpec, old: AnySpec | undefined): void {
  const clusterIP = spec.clusterIP ?? '';
  if (old === undefined) {
    if (clusterIP !== '' && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  const before = old.clusterIP ?? '';
  const isSame = sameList(old.clusterIPs, spec.clusterIPs);
  if ((old.clusterIPs ?? []).length > 0 && (spec.clusterIPs ?? []).length === 0 && before === clusterIP)
    spec.clusterIPs = [...(old.clusterIPs ?? [])];
  if (before === clusterIP || !isSame) return;
  if (before !== '' && clusterIP === '') delete spec.clusterIPs;
  else spec.clusterIPs = [clusterIP];
}

/** Fills in what was allocated before, so that the manifest of the creation can be sent again. */
export function patchAllocated(spec: ServiceSpec, old: AnySpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if ((spec.clusterIP ?? '') === '' && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && (old.clusterIPs ?? []).length > 0)
      spec.clusterIPs = [...(old.clusterIPs ?? [])];
  }
  if (allocatesNodePorts(old) && allocatesNodePorts(spec)) patchNodePorts(spec, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && (spec.healthCheckNodePort ?? 0) === 0)
    if (old.healthCheckNodePort !== undefined) spec.healthCheckNodePort = old.healthCheckNodePort;
}

function patchNodePorts(spec: ServiceSpec, old: AnySpec): void {
  const before = nodePortsOf(old);
  const used = new Set(nodePortsOf(spec).filter((port) => before.includes(port)));
  const byName = new Map((old.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const known = byName.get(port.name ?? '') ?? 0;
    if (known !== 0 && !used.has(known)) port.nodePort = known;
  }
}

/** Drops what the old type had and the new one has not, if the client did not touch it. */
export function dropTypeDependent(service: Service, stored: AnyService): void {
  const spec = (service.spec ??= {});
  const old = specOf(stored);
  if (needsClusterIp(old) && !needsClusterIp(spec)) dropClusterIps(spec, old);
  const isKeepingPorts = nodePortsOf(spec).every((port) => nodePortsOf(old).includes(port));
  if (hasNodePorts(old) && !hasNodePorts(spec) && isKeepingPorts)
    for (const port of spec.ports ?? []) delete port.nodePort;
  const isKeepingHealth = (old.healthCheckNodePort ?? 0) === (spec.healthCheckNodePort ?? 0);
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec) && isKeepingHealth) delete spec.healthCheckNodePort;
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (old.allocateLoadBalancerNodePorts === spec.allocateLoadBalancerNodePorts)
      delete spec.allocateLoadBalancerNodePorts;
    if (old.loadBalancerClass === spec.loadBalancerClass) delete spec.loadBalancerClass;
  }
  const isKeepingPolicy = old.externalTrafficPolicy === spec.externalTrafficPolicy;
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && isKeepingPolicy)
    delete spec.externalTrafficPolicy;
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} };
}

function dropClusterIps(spec: ServiceSpec, old: AnySpec): void {
  if (sameClusterIps(old, spec)) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  if (sameList(old.ipFamilies, spec.ipFamilies)) delete spec.ipFamilies;
  if (old.ipFamilyPolicy === spec.ipFamilyPolicy) delete spec.ipFamilyPolicy;
}
