/**
 * Services and EndpointSlices compiled to a rule set: a value that says where packets for each service address go from
 * one node. host/nftables renders it for the kernel, the simulator interprets it, tests read it.
 *
 *   Service web 10.96.0.7:80 → pods 10.244.0.5:8080, 10.244.0.6:8080
 *   compiles to { key: 'default/web:http', clusterIPs: ['10.96.0.7'], port: 80, cluster: [two endpoints], … }
 *
 * @see https://kubernetes.io/docs/reference/networking/virtual-ips/
 */
import type * as corev1 from '#api/generated/core/v1.ts';
import type * as discoveryv1 from '#api/generated/discovery/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface RuleSet {
  readonly services: readonly ServiceRule[];
  readonly hostPorts: readonly HostPortRule[];
}

/** One port of one Service. */
export interface ServiceRule {
  /** `namespace/name:portName`, unique. */
  readonly key: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIPs: readonly string[];
  /** External IPs and load balancer ingress addresses. */
  readonly externalIPs: readonly string[];
  readonly nodePort: number | undefined;
  /** Where traffic from inside goes: all usable endpoints, or only local ones (internalTrafficPolicy). */
  readonly internal: readonly Endpoint[];
  /** Where traffic from outside goes; `externalTrafficPolicy: Local` keeps the client's address. */
  readonly external: readonly Endpoint[];
  readonly externalPolicyLocal: boolean;
  /** True: there are endpoints, only none on this node: drop instead of refuse. */
  readonly internalElsewhere: boolean;
  readonly externalElsewhere: boolean;
  /** Seconds of ClientIP affinity; undefined: none. */
  readonly affinitySeconds: number | undefined;
}
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}
export interface HostPortRule {
  readonly protocol: Protocol;
  /** '' for every address of the node. */
  readonly hostIP: string;
  readonly hostPort: number;
  readonly podIP: string;
  readonly containerPort: number;
}

type Service = DeepReadonly<corev1.Service>;
type EndpointSlice = DeepReadonly<discoveryv1.EndpointSlice>;

const serviceNameLabel = 'kubernetes.io/service-name';

/** Compiles what one node needs. Order of the result: by key. */
export function compileRules(
  services: Iterable<Service>,
  slices: Iterable<EndpointSlice>,
  hostPorts: readonly HostPortRule[],
  nodeName: string,
): RuleSet {
  const slicesByService = groupSlices(slices);
  const rules: ServiceRule[] = [];
  for (const service of services) {
    if (!hasClusterIP(service) || service.metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined)
      continue;
    const own = slicesByService.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
    for (const port of service.spec.ports ?? []) rules.push(serviceRule(service, port, own, nodeName));
  }
  rules.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { services: rules, hostPorts };
}

function hasClusterIP(service: Service): boolean {
  const ip = service.spec.clusterIP;
  return service.spec.type !== 'ExternalName' && ip !== undefined && ip !== '' && ip !== 'None';
}

function groupSlices(slices: Iterable<EndpointSlice>): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.[serviceNameLabel];
    if (name === undefined || slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace}/${name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
}

function serviceRule(
  service: Service,
  port: DeepReadonly<corev1.ServicePort>,
  slices: EndpointSlice[],
  nodeName: string,
): ServiceRule {
  const protocol = port.protocol ?? 'TCP';
  const all = endpointsOf(slices, port.name ?? '', protocol);
  const internalLocal = service.spec.internalTrafficPolicy === 'Local';
  const externalPolicyLocal = service.spec.externalTrafficPolicy === 'Local';
  const cluster = usable(all);
  const local = usable(all.filter((endpoint) => endpoint.nodeName === nodeName));
  const internal = internalLocal ? local : cluster;
  const external = externalPolicyLocal ? local : cluster;
  const ingress = (service.status?.loadBalancer?.ingress ?? []).filter(
    (entry) => entry.ip !== undefined && entry.ipMode !== 'Proxy',
  );
  return {
    key: `${service.metadata.namespace}/${service.metadata.name}:${port.name ?? ''}`,
    protocol,
    port: port.port,
    clusterIPs: (service.spec.clusterIPs ?? [service.spec.clusterIP as string]).filter(isIPv4),
    externalIPs: [...(service.spec.externalIPs ?? []), ...ingress.map((entry) => entry.ip as string)].filter(isIPv4),
    nodePort: port.nodePort === 0 ? undefined : port.nodePort,
    internal,
    external,
    externalPolicyLocal,
    internalElsewhere: internal.length === 0 && cluster.length > 0,
    externalElsewhere: external.length === 0 && cluster.length > 0,
    affinitySeconds:
      service.spec.sessionAffinity === 'ClientIP'
        ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800)
        : undefined,
  };
}

interface Candidate extends Endpoint {
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  /** Serving though terminating: used when nothing is ready. */
  readonly serving: boolean;
}

function endpointsOf(slices: EndpointSlice[], portName: string, protocol: Protocol): Candidate[] {
  const byAddress = new Map<string, Candidate>();
  for (const slice of slices) {
    const port = (slice.ports ?? []).find(
      (entry) => (entry.name ?? '') === portName && (entry.protocol ?? 'TCP') === protocol,
    );
    if (port?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined) continue;
      const ready = endpoint.conditions?.ready ?? true;
      const serving = (endpoint.conditions?.serving ?? ready) && endpoint.conditions?.terminating === true;
      byAddress.set(`${ip}:${port.port}`, { ip, port: port.port, nodeName: endpoint.nodeName, ready, serving });
    }
  }
  return [...byAddress.values()];
}

/** Ready endpoints, or, when there are none, those that still serve while they terminate (KEP-1669). */
function usable(candidates: readonly Candidate[]): Endpoint[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter((candidate) => candidate.serving);
  return chosen
    .map(({ ip, port }) => ({ ip, port }))
    .sort((a, b) => (a.ip < b.ip || (a.ip === b.ip && a.port < b.port) ? -1 : 1));
}

function isIPv4(address: string): boolean {
  return !address.includes(':');
}

/** What of the kernel's connection tracking no longer holds: UDP flows to endpoints that are gone (they would last for ever). */
export function staleFlows(
  before: RuleSet,
  after: RuleSet,
): { readonly address: string; readonly port: number; readonly endpointIP: string }[] {
  const kept = new Map(after.services.map((rule) => [rule.key, rule]));
  const stale = [];
  for (const rule of before.services) {
    if (rule.protocol !== 'UDP') continue;
    const now = new Set((kept.get(rule.key)?.internal ?? []).map((endpoint) => endpoint.ip));
    for (const endpoint of rule.internal) {
      if (now.has(endpoint.ip)) continue;
      for (const address of [...rule.clusterIPs, ...rule.externalIPs])
        stale.push({ address, port: rule.port, endpointIP: endpoint.ip });
    }
  }
  return stale;
}
