/** The old form of endpoints: addresses grouped by the ports they share. Pure. */
import type { EndpointAddress, EndpointPort, EndpointSubset } from '#api/generated/core/v1.ts';

export interface AddressWithPorts {
  readonly address: EndpointAddress;
  readonly ports: readonly EndpointPort[];
  readonly isReady: boolean;
}

/**
 * Canonical subsets: first each port with all its addresses, then ports with equal addresses together, all in order.
 *
 *   a:80, a:443, b:80, b:443 → one subset {a, b} × {80, 443};   a:80, b:8080 → two
 */
export function packSubsets(entries: readonly AddressWithPorts[]): EndpointSubset[] {
  const ports = new Map<string, { port: EndpointPort | undefined; addresses: Map<string, AddressWithPorts> }>();
  for (const entry of entries) {
    const list: readonly (EndpointPort | undefined)[] = entry.ports.length === 0 ? [undefined] : entry.ports;
    for (const port of list) {
      const key = portKey(port);
      const at = ports.get(key) ?? { port, addresses: new Map() };
      at.addresses.set(addressKey(entry.address), entry);
      ports.set(key, at);
    }
  }
  const groups = new Map<string, { ports: EndpointPort[]; addresses: AddressWithPorts[] }>();
  for (const [, { port, addresses }] of [...ports].sort(byKey)) {
    const sorted = [...addresses].sort(byKey);
    const key = sorted.map(([id, entry]) => `${id}${entry.isReady ? '+' : '-'}`).join();
    const group = groups.get(key) ?? { ports: [], addresses: sorted.map(([, entry]) => entry) };
    if (port !== undefined) group.ports.push(port);
    groups.set(key, group);
  }
  return [...groups.values()].map(subsetOf);
}

function subsetOf(group: { ports: EndpointPort[]; addresses: readonly AddressWithPorts[] }): EndpointSubset {
  const ready = group.addresses.filter((entry) => entry.isReady).map((entry) => entry.address);
  const notReady = group.addresses.filter((entry) => !entry.isReady).map((entry) => entry.address);
  return {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(group.ports.length === 0 ? {} : { ports: group.ports }),
  };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function portKey(port: EndpointPort | undefined): string {
  if (port === undefined) return '';
  return `${port.name ?? ''}/${String(port.port).padStart(5, '0')}/${port.protocol}/${port.appProtocol ?? ''}`;
}

/** Addresses in numeric order. */
function addressKey(address: EndpointAddress): string {
  const ip = address.ip.includes(':')
    ? address.ip
    : address.ip
        .split('.')
        .map((part) => part.padStart(3, '0'))
        .join('.');
  return `${ip} ${address.targetRef?.uid ?? ''}`;
}

const mostAddresses = 1000;

/** At most 1000 addresses in all, ready ones first. True: some were dropped. */
export function truncateSubsets(subsets: EndpointSubset[]): boolean {
  let room = mostAddresses;
  let isTruncated = false;
  for (const field of ['addresses', 'notReadyAddresses'] as const) {
    for (const subset of subsets) {
      const list = subset[field];
      if (list === undefined) continue;
      if (list.length > room) {
        subset[field] = list.slice(0, room);
        isTruncated = true;
      }
      room -= subset[field]?.length ?? 0;
    }
  }
  return isTruncated;
}
