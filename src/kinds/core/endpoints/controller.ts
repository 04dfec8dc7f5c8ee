/** Keeps the Endpoints of Services with a selector: the deprecated form that some clients still read. */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { EndpointAddress, EndpointPort, Endpoints, Pod, Service } from '#api/generated/core/v1.ts';
import { endpoints, pods, services } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isNotFound } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/pod-control.ts';
import { isPodReady } from '#controller/pods.ts';
import type { AddressWithPorts } from '#kinds/core/endpoints/subsets.ts';
import { packSubsets, truncateSubsets } from '#kinds/core/endpoints/subsets.ts';
import {
  headlessLabel,
  hostnameFor,
  isHeadless,
  isIPv6,
  isManaged,
  mayBeEndpoint,
  podIPs,
  podsOf,
  servicesOf,
  targetPort,
} from '#kinds/core/service/endpoints-of-pods.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';

export const endpointsController: Controller<Service> = {
  name: 'endpoint-controller',
  for: services,
  watches: [
    watch(pods, servicesOf),
    // Leftovers of Services that went away while nobody watched, and edits by others.
    watch(endpoints, (now, old) => (isOurs(now ?? old) ? [keyOf(now ?? old)] : [])),
  ],
  reconcile,
};

function isOurs(object: DeepReadonly<Endpoints> | undefined): boolean {
  return object?.metadata.labels?.[managedByLabel] === 'endpoint-controller';
}

function keyOf(object: DeepReadonly<Endpoints> | undefined): ObjectKey {
  return { namespace: object?.metadata.namespace ?? '', name: object?.metadata.name ?? '' };
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  const service = ctx.cache(services).get(key);
  const present = ctx.cache(endpoints).get(key);
  if (service === undefined) {
    if (isOurs(present)) await remove(key, ctx);
    return;
  }
  if (!isManaged(service)) return;
  const subsets = packSubsets([...entriesOf(service, ctx)]);
  const isTruncated = truncateSubsets(subsets);
  const labels: Record<string, string> = { ...service.metadata.labels, [managedByLabel]: 'endpoint-controller' };
  if (isHeadless(service)) labels[headlessLabel] = '';
  else delete labels[headlessLabel];
  const isMarked = present?.metadata.annotations?.[overCapacity] === 'truncated';
  const isSame = semanticEqual(present?.subsets, subsets) && semanticEqual(present?.metadata.labels, labels);
  if (present !== undefined && isSame && isTruncated === isMarked) return;
  await write(key, { present, subsets, labels, isTruncated }, ctx);
}

interface Wanted {
  readonly present: DeepReadonly<Endpoints> | undefined;
  readonly subsets: Endpoints['subsets'];
  readonly labels: Record<string, string>;
  readonly isTruncated: boolean;
}

async function write(key: ObjectKey, wanted: Wanted, ctx: ControllerContext): Promise<void> {
  const object: Endpoints =
    wanted.present === undefined
      ? { apiVersion: 'v1', kind: 'Endpoints', metadata: { ...key } }
      : (cloneJson(wanted.present) as Endpoints);
  object.subsets = wanted.subsets;
  object.metadata.labels = wanted.labels;
  if (wanted.isTruncated) object.metadata.annotations = { ...object.metadata.annotations, [overCapacity]: 'truncated' };
  else delete object.metadata.annotations?.[overCapacity];
  try {
    if (wanted.present === undefined) await ctx.client.create(endpoints, object);
    else await ctx.client.update(endpoints, object);
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error;
  }
}

async function remove(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  try {
    await ctx.client.delete(endpoints, key);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function* entriesOf(service: DeepReadonly<Service>, ctx: ControllerContext): Generator<AddressWithPorts> {
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  const wantsIPv6 = service.spec?.ipFamilies?.[0] === 'IPv6' || isIPv6(service.spec?.clusterIP ?? '');
  for (const pod of podsOf(service, ctx)) {
    if (!mayBeEndpoint(pod, { withTerminating: publishesAll })) continue;
    const ip = podIPs(pod).find((address) => isIPv6(address) === wantsIPv6);
    if (ip === undefined) continue;
    const ports = portsOf(pod, service);
    const hasPorts = (service.spec?.ports ?? []).length > 0;
    if (hasPorts ? ports.length === 0 : !isHeadless(service)) continue;
    yield { address: addressOf(pod, service, ip), ports, isReady: publishesAll || isPodReady(pod) };
  }
}

function addressOf(pod: DeepReadonly<Pod>, service: DeepReadonly<Service>, ip: string): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameFor(pod, service);
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function portsOf(pod: DeepReadonly<Pod>, service: DeepReadonly<Service>): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPort(pod, port);
    if (number === undefined) continue;
    const { name, appProtocol } = port;
    ports.push({
      ...(name === undefined ? {} : { name }),
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return ports;
}
