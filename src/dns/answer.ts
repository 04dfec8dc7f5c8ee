/**
 * Question → answer for the cluster's zone, after the Kubernetes DNS specification 1.1.0, over a view of Services,
 * EndpointSlices and pods. Pure: no sockets, no cache; names outside the zone are the forwarder's business.
 *
 *   web.default.svc.cluster.local A             → the cluster IP; headless: every ready endpoint
 *   _http._tcp.web.default.svc.cluster.local SRV → port and target
 *   10.96.0.7 as 7.0.96.10.in-addr.arpa PTR      → web.default.svc.cluster.local
 *
 * @see https://github.com/kubernetes/dns/blob/master/docs/specification.md
 */
import type * as corev1 from '#api/generated/core/v1.ts';
import type * as discoveryv1 from '#api/generated/discovery/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export type Service = DeepReadonly<corev1.Service>;
export type EndpointSlice = DeepReadonly<discoveryv1.EndpointSlice>;

/** What DNS knows of the cluster. */
export interface View {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, serviceName: string): Iterable<EndpointSlice>;
  namespaceExists(name: string): boolean;
  /** The Service that has this cluster IP. */
  serviceOfAddress(ip: string): Service | undefined;
  /** Headless endpoints with this address: the full name of each. */
  endpointNamesOfAddress(ip: string): Iterable<string>;
}

export interface ResourceRecord {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'SOA' | 'NS' | 'TXT';
  readonly ttl: number;
  /** As dns-packet encodes this type. */
  readonly data: unknown;
}
export interface Answer {
  readonly code: 'NOERROR' | 'NXDOMAIN';
  readonly answers: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
}

const ttl = 5;
const none: Answer = { code: 'NOERROR', answers: [], additionals: [], authorities: [] };

/** Undefined: not our zone, forward it. `name` in any case, without a final dot. */
export function answerQuestion(view: View, zone: string, name: string, type: string): Answer | undefined {
  const lower = name.toLowerCase();
  if (lower.endsWith('.in-addr.arpa')) return reverse(view, zone, lower, type);
  if (lower !== zone && !lower.endsWith(`.${zone}`)) return undefined;
  const labels = lower === zone ? [] : lower.slice(0, -zone.length - 1).split('.');
  const answer = forward(view, zone, labels, lower, type);
  return answer.answers.length > 0 ? answer : { ...answer, authorities: [startOfAuthority(zone)] };
}

function nameError(): Answer {
  return { ...none, code: 'NXDOMAIN' };
}

function startOfAuthority(zone: string): ResourceRecord {
  const data = {
    mname: `ns.dns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86400,
    minimum: ttl,
  };
  return { name: zone, type: 'SOA', ttl, data };
}

function forward(view: View, zone: string, labels: readonly string[], name: string, type: string): Answer {
  if (labels.length === 0) return type === 'SOA' ? { ...none, answers: [startOfAuthority(zone)] } : none;
  const kind = labels[labels.length - 1] as string;
  if (name === `dns-version.${zone}`)
    return type === 'TXT' ? { ...none, answers: [{ name, type: 'TXT', ttl, data: '1.1.0' }] } : none;
  const namespace = labels[labels.length - 2];
  if (kind !== 'svc' && kind !== 'pod') return nameError();
  if (namespace === undefined) return none;
  if (kind === 'pod') return podAnswer(view, labels, namespace, name, type);
  const serviceName = labels[labels.length - 3];
  if (serviceName === undefined) return view.namespaceExists(namespace) ? none : nameError();
  const service = view.service(namespace, serviceName);
  if (service === undefined) return nameError();
  return serviceAnswer(view, zone, service, labels.slice(0, -3), name, type);
}

/** `10-244-0-5.default.pod.…` → 10.244.0.5, for namespaces that exist. */
function podAnswer(view: View, labels: readonly string[], namespace: string, name: string, type: string): Answer {
  if (labels.length !== 3 || !view.namespaceExists(namespace))
    return labels.length < 3 && view.namespaceExists(namespace) ? none : nameError();
  const match = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(labels[0] as string);
  if (match === null || match.slice(1).some((part) => Number(part) > 255)) return nameError();
  return type === 'A' ? { ...none, answers: [{ name, type: 'A', ttl, data: match.slice(1).join('.') }] } : none;
}

interface Target {
  readonly ip: string;
  /** First label of the endpoint's own name. */
  readonly label: string;
  readonly ports: readonly DeepReadonly<discoveryv1.EndpointPort>[];
}

function serviceAnswer(
  view: View,
  zone: string,
  service: Service,
  rest: readonly string[],
  name: string,
  type: string,
): Answer {
  const serviceZone = `${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`;
  if (service.spec.type === 'ExternalName') {
    if (rest.length > 0) return nameError();
    const target = (service.spec.externalName ?? '').replace(/\.$/, '');
    return type === 'A' || type === 'AAAA' || type === 'CNAME'
      ? { ...none, answers: [{ name, type: 'CNAME', ttl, data: target }] }
      : none;
  }
  const headless = service.spec.clusterIP === 'None';
  if (rest.length === 2 && rest[0]?.startsWith('_') && rest[1]?.startsWith('_')) {
    return portAnswer(view, service, serviceZone, rest[0].slice(1), rest[1].slice(1), name, type, headless);
  }
  if (rest.length === 0) {
    const targets = headless ? headlessTargets(view, service) : [];
    const addresses = headless
      ? targets.map((target) => target.ip)
      : (service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']);
    if (headless && targets.length === 0) return nameError();
    if (type === 'SRV') return everyPort(service, serviceZone, targets, name, headless);
    return addressAnswer(name, addresses, type);
  }
  if (rest.length !== 1 || !headless) return nameError();
  const own = headlessTargets(view, service).filter((target) => target.label === rest[0]);
  return own.length === 0
    ? nameError()
    : addressAnswer(
        name,
        own.map((target) => target.ip),
        type,
      );
}

function addressAnswer(name: string, addresses: readonly string[], type: string): Answer {
  const isV6 = (ip: string): boolean => ip.includes(':');
  const wanted = addresses.filter((ip) => ip !== '' && (type === 'A' ? !isV6(ip) : type === 'AAAA' && isV6(ip)));
  return {
    ...none,
    answers: [...new Set(wanted)].map((ip) => ({ name, type: isV6(ip) ? 'AAAA' : 'A', ttl, data: ip })),
  };
}

/** Ready endpoints, or all with publishNotReadyAddresses; each once. */
function headlessTargets(view: View, service: Service): Target[] {
  const all = new Map<string, Target>();
  const publishAll = service.spec.publishNotReadyAddresses === true;
  for (const slice of view.slices(service.metadata.namespace ?? '', service.metadata.name ?? '')) {
    for (const endpoint of slice.endpoints ?? []) {
      if (!publishAll && endpoint.conditions?.ready === false) continue;
      for (const ip of endpoint.addresses)
        all.set(`${ip}/${slice.metadata.name}`, { ip, label: endpointLabel(endpoint, ip), ports: slice.ports ?? [] });
    }
  }
  return [...all.values()];
}

/** The hostname of an endpoint, or its address with dashes. */
export function endpointLabel(endpoint: DeepReadonly<discoveryv1.Endpoint>, ip: string): string {
  return endpoint.hostname !== undefined && endpoint.hostname !== ''
    ? endpoint.hostname.toLowerCase()
    : ip.replaceAll(/[.:]/g, '-');
}

function portAnswer(
  view: View,
  service: Service,
  serviceZone: string,
  port: string,
  protocol: string,
  name: string,
  type: string,
  headless: boolean,
): Answer {
  if (headless) {
    const targets = headlessTargets(view, service);
    const found = targets.flatMap((target) =>
      target.ports
        .filter(
          (entry) =>
            entry.name?.toLowerCase() === port &&
            (entry.protocol ?? 'TCP').toLowerCase() === protocol &&
            entry.port !== undefined,
        )
        .map((entry) => ({ target, port: entry.port as number })),
    );
    if (found.length === 0) return nameError();
    return type === 'SRV'
      ? serviceRecords(
          name,
          found.map((entry) => ({
            port: entry.port,
            host: `${entry.target.label}.${serviceZone}`,
            ip: entry.target.ip,
          })),
        )
      : none;
  }
  const entry = (service.spec.ports ?? []).find(
    (item) => item.name?.toLowerCase() === port && (item.protocol ?? 'TCP').toLowerCase() === protocol,
  );
  if (entry === undefined) return nameError();
  return type === 'SRV'
    ? serviceRecords(name, [{ port: entry.port, host: serviceZone, ip: service.spec.clusterIP ?? '' }])
    : none;
}

/** SRV of the bare service name: every port. */
function everyPort(
  service: Service,
  serviceZone: string,
  targets: readonly Target[],
  name: string,
  headless: boolean,
): Answer {
  const records = headless
    ? targets.flatMap((target) =>
        target.ports.map((port) => ({ port: port.port ?? 0, host: `${target.label}.${serviceZone}`, ip: target.ip })),
      )
    : (service.spec.ports ?? []).map((port) => ({
        port: port.port,
        host: serviceZone,
        ip: service.spec.clusterIP ?? '',
      }));
  return serviceRecords(name, records);
}

function serviceRecords(name: string, records: readonly { port: number; host: string; ip: string }[]): Answer {
  const weight = records.length === 0 ? 0 : Math.max(1, Math.floor(100 / records.length));
  return {
    ...none,
    answers: records.map(({ port, host }) => ({
      name,
      type: 'SRV',
      ttl,
      data: { priority: 0, weight, port, target: host },
    })),
    additionals: [...new Map(records.map((record) => [record.host + record.ip, record])).values()].map(
      ({ host, ip }) => ({
        name: host,
        type: ip.includes(':') ? 'AAAA' : 'A',
        ttl,
        data: ip,
      }),
    ),
  };
}

function reverse(view: View, zone: string, name: string, type: string): Answer | undefined {
  const ip = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.');
  const service = view.serviceOfAddress(ip);
  const names =
    service !== undefined
      ? [`${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`]
      : [...view.endpointNamesOfAddress(ip)];
  if (names.length === 0) return undefined;
  return type === 'PTR' ? { ...none, answers: names.map((data) => ({ name, type: 'PTR', ttl, data })) } : none;
}
