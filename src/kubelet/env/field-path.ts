/** The downward API: `metadata.labels['app']`, `status.podIP`, `limits.memory` as text; pure. */
import { parseQuantity, quantityMillis, quantityUnits, zeroQuantity, type Quantity } from '#lang/quantity/quantity.ts';
import type { ReadonlyContainer, ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';

export interface PodAddresses {
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
}

/** The value of a field of the pod, for environment variables and files. Throws with upstream's text if there is none. */
export function fieldValue(pod: ReadonlyPod, fieldPath: string, addresses: PodAddresses): string {
  const subscript = /^(.*)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const [, path, key] = subscript as unknown as [string, string, string];
    if (path === 'metadata.annotations') return pod.metadata.annotations?.[key] ?? '';
    if (path === 'metadata.labels') return pod.metadata.labels?.[key] ?? '';
    throw new Error(`fieldPath "${fieldPath}" does not support subscript`);
  }
  const value = values[fieldPath];
  if (value === undefined) throw new Error(`unsupported fieldPath: ${fieldPath}`);
  return value(pod, addresses);
}

const values: Readonly<Record<string, (pod: ReadonlyPod, addresses: PodAddresses) => string>> = {
  'metadata.name': (pod) => pod.metadata.name ?? '',
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata.uid ?? '',
  'metadata.labels': (pod) => mapText(pod.metadata.labels),
  'metadata.annotations': (pod) => mapText(pod.metadata.annotations),
  'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
  'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
  'status.hostIP': (_, { hostIPs }) => hostIPs[0] ?? '',
  'status.hostIPs': (_, { hostIPs }) => hostIPs.join(','),
  'status.podIP': (_, { podIPs }) => podIPs[0] ?? '',
  'status.podIPs': (_, { podIPs }) => podIPs.join(','),
};

/** `key="value"` lines sorted by key, values escaped as Go's %q. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.map((key) => `${key}=${JSON.stringify(map?.[key])}`).join('\n');
}

export interface Allocatable {
  readonly cpu: Quantity;
  readonly memory: Quantity;
  readonly ephemeralStorage: Quantity;
}

/** `limits.cpu` in units of `divisor`, rounded up; limits that are not set are the node's allocatable. */
export function resourceValue(
  container: ReadonlyContainer,
  selector: { readonly resource: string; readonly divisor?: string | number },
  allocatable: Allocatable,
): string {
  const [kind = '', ...rest] = selector.resource.split('.');
  const name = rest.join('.');
  const set =
    kind === 'limits'
      ? container.resources?.limits?.[name]
      : kind === 'requests'
        ? container.resources?.requests?.[name]
        : undefined;
  const quantity =
    set !== undefined ? parseQuantity(set) : kind === 'limits' ? defaultLimit(name, allocatable) : zeroQuantity;
  const divisor =
    selector.divisor === undefined || selector.divisor === '0' || selector.divisor === 0 ? '1' : selector.divisor;
  if (name === 'cpu') return String(Math.ceil(quantityMillis(quantity) / quantityMillis(parseQuantity(divisor))));
  return String(Math.ceil(quantityUnits(quantity) / quantityUnits(parseQuantity(divisor))));
}

function defaultLimit(name: string, allocatable: Allocatable): Quantity {
  if (name === 'cpu') return allocatable.cpu;
  if (name === 'memory') return allocatable.memory;
  return name === 'ephemeral-storage' ? allocatable.ephemeralStorage : zeroQuantity;
}
