/** The DNS view over caches, with the reverse indexes kept current by their changes. */
import { endpointslices, namespaces, services } from '#api/generated/resources.ts';
import type { Cache, Caches } from '#client/cache.ts';
import { type EndpointSlice, endpointLabel, type Service, type View } from '#dns/answer.ts';

const serviceNameLabel = 'kubernetes.io/service-name';

/** Invariant: the indexes hold exactly what the caches show; they change in the caches' own listeners. */
export class ClusterView implements View {
  readonly #services: Cache<Service & { metadata: NonNullable<unknown> }>;
  readonly #namespaces: Caches;
  readonly #slicesByService = new Map<string, Map<string, EndpointSlice>>();
  readonly #serviceByAddress = new Map<string, Service>();
  readonly #slicesByAddress = new Map<string, Set<EndpointSlice>>();
  readonly #zone: string;
  readonly #stops: (() => void)[];
  readonly synced: Promise<unknown>;

  constructor(caches: Caches, zone: string) {
    this.#zone = zone;
    this.#namespaces = caches;
    this.#services = caches.of(services) as unknown as Cache<Service & { metadata: NonNullable<unknown> }>;
    const slices = caches.of(endpointslices);
    this.#stops = [
      this.#services.subscribe((event) => this.#serviceChanged(event.old, event.new)),
      slices.subscribe((event) => this.#sliceChanged(event.old, event.new)),
    ];
    this.synced = Promise.all([this.#services.synced, slices.synced, caches.of(namespaces).synced]).then(() => {
      for (const service of this.#services.list()) this.#serviceChanged(undefined, service);
      for (const slice of slices.list()) this.#sliceChanged(undefined, slice);
    });
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get({ namespace, name });
  }

  slices(namespace: string, serviceName: string): Iterable<EndpointSlice> {
    return this.#slicesByService.get(`${namespace}/${serviceName}`)?.values() ?? [];
  }

  namespaceExists(name: string): boolean {
    return this.#namespaces.of(namespaces).get({ namespace: '', name }) !== undefined;
  }

  serviceOfAddress(ip: string): Service | undefined {
    return this.#serviceByAddress.get(ip);
  }

  *endpointNamesOfAddress(ip: string): Iterable<string> {
    for (const slice of this.#slicesByAddress.get(ip) ?? []) {
      const namespace = slice.metadata.namespace ?? '';
      const service = this.service(namespace, slice.metadata.labels?.[serviceNameLabel] ?? '');
      if (service?.spec.clusterIP !== 'None') continue;
      const endpoint = slice.endpoints?.find((entry) => entry.addresses.includes(ip));
      if (endpoint !== undefined)
        yield `${endpointLabel(endpoint, ip)}.${service.metadata.name}.${namespace}.svc.${this.#zone}`;
    }
  }

  #serviceChanged(old: Service | undefined, now: Service | undefined): void {
    for (const ip of old?.spec.clusterIPs ?? []) this.#serviceByAddress.delete(ip);
    for (const ip of now?.spec.clusterIPs ?? []) if (ip !== 'None') this.#serviceByAddress.set(ip, now as Service);
  }

  #sliceChanged(old: EndpointSlice | undefined, now: EndpointSlice | undefined): void {
    if (old !== undefined) {
      this.#slicesByService.get(serviceKey(old))?.delete(old.metadata.name ?? '');
      for (const ip of addressesOf(old)) this.#slicesByAddress.get(ip)?.delete(old);
    }
    if (now === undefined) return;
    const group = this.#slicesByService.get(serviceKey(now)) ?? new Map<string, EndpointSlice>();
    group.set(now.metadata.name ?? '', now);
    this.#slicesByService.set(serviceKey(now), group);
    for (const ip of addressesOf(now)) {
      const set = this.#slicesByAddress.get(ip) ?? new Set<EndpointSlice>();
      set.add(now);
      this.#slicesByAddress.set(ip, set);
    }
  }
}

function serviceKey(slice: EndpointSlice): string {
  return `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`;
}

function addressesOf(slice: EndpointSlice): string[] {
  return (slice.endpoints ?? []).flatMap((endpoint) => [...endpoint.addresses]);
}
