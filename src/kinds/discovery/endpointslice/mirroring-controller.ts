/** Mirrors Endpoints that were made by hand, for Services without a selector, into EndpointSlices. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { EndpointAddress, Endpoints, EndpointSubset } from '#api/generated/core/v1.ts';
import type { Endpoint, EndpointSlice } from '#api/generated/discovery/v1.ts';
import { endpoints, endpointslices, services } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { controllerReference } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { idOf } from '#controller/queue.ts';
import { isIPv6 } from '#kinds/core/service/endpoints-of-pods.ts';
import { applySlices } from '#kinds/discovery/endpointslice/apply-slices.ts';
import type { Group } from '#kinds/discovery/endpointslice/slices-plan.ts';
import { endpointId, groupKey, planSlices } from '#kinds/discovery/endpointslice/slices-plan.ts';

const managedBy = 'endpointslicemirroring-controller.k8s.io';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);
/** Of one subset; more are not mirrored. */
const mostPerSubset = 1000;

export const endpointSliceMirroringController: Controller<Endpoints> = {
  name: 'endpointslicemirroring-controller',
  for: endpoints,
  owns: [endpointslices],
  watches: [
    watch(services, (now, old) => {
      const service = now ?? old;
      const hadSelector = old !== undefined && old.spec?.selector !== undefined;
      const isRelevant = now === undefined || old === undefined || hadSelector !== (now.spec?.selector !== undefined);
      return service === undefined || !isRelevant ? [] : [objectKey(service)];
    }),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  const object = ctx.cache(endpoints).get(key);
  // Slices of Endpoints that are gone are collected as their dependents.
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
  if (!ctx.expectations.satisfied(idOf(key))) return;
  const existing = [...ctx.cache(endpointslices).owned(object.metadata.uid ?? '')].filter(
    (slice) => slice.metadata.labels?.[managedByLabel] === managedBy,
  );
  const groups = isMirrored(object, ctx) ? groupsOf(object) : new Map<string, Group>();
  const plan = planSlices(groups, existing, labelsOf(object));
  await applySlices(plan, { id: idOf(key), ctx, newSlice: (group, list) => newSlice(object, group, list) });
}

function isMirrored(object: DeepReadonly<Endpoints>, ctx: ControllerContext): boolean {
  const { labels, annotations } = object.metadata;
  if (labels?.[skipLabel] === 'true' || annotations?.[leaderAnnotation] !== undefined) return false;
  const service = ctx.cache(services).get(objectKey(object));
  return service !== undefined && service.spec?.selector === undefined;
}

function labelsOf(object: DeepReadonly<Endpoints>): Record<string, string> {
  const name = object.metadata.name ?? '';
  return { ...object.metadata.labels, 'kubernetes.io/service-name': name, [managedByLabel]: managedBy };
}

function groupsOf(object: DeepReadonly<Endpoints>): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const subset of object.subsets ?? []) {
    let room = mostPerSubset;
    const add = (address: DeepReadonly<EndpointAddress>, ready: boolean): void => {
      if (room-- <= 0) return;
      const group = groupFor(groups, subset, address.ip);
      const endpoint = endpointOf(address, ready);
      group.endpoints.set(endpointId(endpoint), endpoint);
    };
    for (const address of subset.addresses ?? []) add(address, true);
    for (const address of subset.notReadyAddresses ?? []) add(address, false);
  }
  return groups;
}

function groupFor(groups: Map<string, Group>, subset: DeepReadonly<EndpointSubset>, ip: string): Group {
  const addressType = isIPv6(ip) ? 'IPv6' : 'IPv4';
  const ports = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  const key = groupKey({ addressType, ports });
  let group = groups.get(key);
  if (group === undefined) groups.set(key, (group = { addressType, ports, endpoints: new Map() }));
  return group;
}

function endpointOf(address: DeepReadonly<EndpointAddress>, ready: boolean): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef: { ...targetRef } }),
  };
}

function newSlice(object: DeepReadonly<Endpoints>, group: Group, list: Endpoint[]): EndpointSlice {
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${object.metadata.name}-`,
      namespace: object.metadata.namespace,
      labels: labelsOf(object),
      annotations: Object.fromEntries(annotations),
      ownerReferences: [controllerReference(object, endpoints)],
    },
    addressType: group.addressType,
    endpoints: list,
    ports: group.ports,
  };
}
