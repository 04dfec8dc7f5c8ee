/** Keeps the EndpointSlices of Services with a selector. @see https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod, Service } from '#api/generated/core/v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/generated/discovery/v1.ts';
import { endpointslices, nodes, pods, services } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { controllerReference } from '#api/meta/owner-references.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isPodReady } from '#controller/pods.ts';
import { idOf } from '#controller/queue.ts';
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
import { applySlices } from '#kinds/discovery/endpointslice/apply-slices.ts';
import type { Group } from '#kinds/discovery/endpointslice/slices-plan.ts';
import { endpointId, groupKey, planSlices } from '#kinds/discovery/endpointslice/slices-plan.ts';

const managedBy = 'endpointslice-controller.k8s.io';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const serviceNameLabel = 'kubernetes.io/service-name';
const zoneLabel = 'topology.kubernetes.io/zone';
const reserved = new Set([managedByLabel, serviceNameLabel, headlessLabel]);

export const endpointSliceController: Controller<Service> = {
  name: 'endpointslice-controller',
  for: services,
  owns: [endpointslices],
  watches: [watch(pods, servicesOf)],
  reads: [nodes],
  reconcile,
};

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  const service = ctx.cache(services).get(key);
  // Slices of a Service that is gone are collected as its dependents.
  if (service === undefined || !isManaged(service) || service.metadata.deletionTimestamp !== undefined) return;
  // Slices that were created and are not yet in the cache would be created again.
  if (!ctx.expectations.satisfied(idOf(key))) return;
  const owned = [...ctx.cache(endpointslices).owned(service.metadata.uid ?? '')];
  const existing = owned.filter(
    (slice) => slice.metadata.labels?.[managedByLabel] === managedBy && slice.metadata.deletionTimestamp === undefined,
  );
  const plan = planSlices(groupsOf(service, ctx), existing, labelsOf(service));
  await applySlices(plan, { id: idOf(key), newSlice: (group, list) => newSlice(service, group, list), ctx });
}

function labelsOf(service: DeepReadonly<Service>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(service.metadata.labels ?? {})) {
    if (!reserved.has(name)) labels[name] = value;
  }
  if (isHeadless(service)) labels[headlessLabel] = '';
  labels[serviceNameLabel] = service.metadata.name ?? '';
  labels[managedByLabel] = managedBy;
  return labels;
}

/** Endpoints by address type and ports. An address type without any has one empty group: its placeholder slice. */
function groupsOf(service: DeepReadonly<Service>, ctx: ControllerContext): Map<string, Group> {
  const groups = new Map<string, Group>();
  const candidates = [...podsOf(service, ctx)].filter((pod) => mayBeEndpoint(pod, { withTerminating: true }));
  for (const addressType of addressTypes(service)) {
    let isEmpty = true;
    for (const pod of candidates) {
      const endpoint = endpointOf(pod, service, { addressType, ctx });
      if (endpoint === undefined) continue;
      const ports = portsOf(pod, service);
      const key = groupKey({ addressType, ports });
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { addressType, ports, endpoints: new Map() }));
      group.endpoints.set(endpointId(endpoint), endpoint);
      isEmpty = false;
    }
    if (isEmpty) groups.set(groupKey({ addressType, ports: [] }), { addressType, ports: [], endpoints: new Map() });
  }
  return groups;
}

function addressTypes(service: DeepReadonly<Service>): ('IPv4' | 'IPv6')[] {
  const families = service.spec?.ipFamilies ?? [];
  if (families.length > 0) return families.map((family) => (family === 'IPv6' ? 'IPv6' : 'IPv4'));
  return [isIPv6(service.spec?.clusterIP ?? '') ? 'IPv6' : 'IPv4'];
}

function portsOf(pod: DeepReadonly<Pod>, service: DeepReadonly<Service>): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPort(pod, port);
    if (number === undefined) continue;
    const { appProtocol } = port;
    ports.push({
      name: port.name ?? '',
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return ports;
}

function endpointOf(
  pod: DeepReadonly<Pod>,
  service: DeepReadonly<Service>,
  options: { addressType: 'IPv4' | 'IPv6'; ctx: ControllerContext },
): Endpoint | undefined {
  const addresses = podIPs(pod).filter((ip) => isIPv6(ip) === (options.addressType === 'IPv6'));
  if (addresses.length === 0) return undefined;
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { namespace, name, uid } = pod.metadata;
  const endpoint: Endpoint = {
    addresses,
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName !== '') endpoint.nodeName = nodeName;
  const zone = options.ctx.cache(nodes).get({ namespace: '', name: nodeName })?.metadata.labels?.[zoneLabel] ?? '';
  if (zone !== '') endpoint.zone = zone;
  const hostname = hostnameFor(pod, service);
  if (hostname !== undefined) endpoint.hostname = hostname;
  return endpoint;
}

function newSlice(service: DeepReadonly<Service>, group: Group, endpoints: Endpoint[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service, services)],
    },
    addressType: group.addressType,
    endpoints,
    ports: group.ports,
  };
}
