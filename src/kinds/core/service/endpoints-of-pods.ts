/** Which pods stand behind a Service, and under which ports: what Endpoints and EndpointSlices are both made from. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod, Service, ServicePort } from '#api/generated/core/v1.ts';
import { pods, services } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { selectorFromLabels } from '#api/meta/label-selector.ts';
import { objectKey } from '#client/object-index.ts';
import type { ControllerContext } from '#controller/controller.ts';
import { isPodFinished, isPodReady } from '#controller/pods.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type ReadonlyService = DeepReadonly<Service>;

export const headlessLabel = 'service.kubernetes.io/headless';

/** It has a selector and is not an alias for an outside name: its endpoints are ours to keep. */
export function isManaged(service: ReadonlyService): boolean {
  return service.spec?.type !== 'ExternalName' && service.spec?.selector !== undefined;
}

export function isHeadless(service: ReadonlyService): boolean {
  const ip = service.spec?.clusterIP ?? '';
  return ip === '' || ip === 'None';
}

export function* podsOf(service: ReadonlyService, ctx: ControllerContext): Generator<ReadonlyPod> {
  const selector = selectorFromLabels(service.spec?.selector);
  for (const pod of ctx.cache(pods).list(service.metadata.namespace ?? '')) {
    if (selector.matches(pod.metadata.labels)) yield pod;
  }
}

/** It has an address, has not finished, and is not terminating unless that is wanted. */
export function mayBeEndpoint(pod: ReadonlyPod, mode: { withTerminating: boolean }): boolean {
  if (isPodFinished(pod)) return false;
  if ((pod.status?.podIP ?? '') === '' && (pod.status?.podIPs ?? []).length === 0) return false;
  return mode.withTerminating || pod.metadata.deletionTimestamp === undefined;
}

export function hostnameFor(pod: ReadonlyPod, service: ReadonlyService): string | undefined {
  const hostname = pod.spec?.hostname ?? '';
  return hostname !== '' && pod.spec?.subdomain === service.metadata.name ? hostname : undefined;
}

/** The number behind a Service's targetPort on this pod; undefined if no container has a port of that name. */
export function targetPort(pod: ReadonlyPod, port: DeepReadonly<ServicePort>): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const containerPort of container.ports ?? []) {
      const protocol = containerPort.protocol ?? 'TCP';
      if (containerPort.name === target && protocol === (port.protocol ?? 'TCP')) return containerPort.containerPort;
    }
  }
  return undefined;
}

export function podIPs(pod: ReadonlyPod): string[] {
  const list = (pod.status?.podIPs ?? []).map((entry) => entry.ip ?? '');
  return list.length > 0 ? list : [pod.status?.podIP ?? ''];
}

export function isIPv6(ip: string): boolean {
  return ip.includes(':');
}

/** Services that a change of a pod concerns: those that select it now or did before. */
export function* servicesOf(
  now: ReadonlyPod | undefined,
  old: ReadonlyPod | undefined,
  ctx: ControllerContext,
): Generator<ObjectKey> {
  if (now !== undefined && old !== undefined && !isRelevantChange(now, old)) return;
  const namespace = (now ?? old)?.metadata.namespace ?? '';
  for (const service of ctx.cache(services).list(namespace)) {
    const labels = service.spec?.selector;
    if (labels === undefined) continue;
    const selector = selectorFromLabels(labels);
    const isSelected = now !== undefined && selector.matches(now.metadata.labels);
    if (isSelected || (old !== undefined && selector.matches(old.metadata.labels))) yield objectKey(service);
  }
}

function isRelevantChange(now: ReadonlyPod, old: ReadonlyPod): boolean {
  return (
    isPodReady(now) !== isPodReady(old) ||
    isPodFinished(now) !== isPodFinished(old) ||
    now.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    now.metadata.uid !== old.metadata.uid ||
    now.spec?.nodeName !== old.spec?.nodeName ||
    podIPs(now).join() !== podIPs(old).join() ||
    JSON.stringify(now.metadata.labels) !== JSON.stringify(old.metadata.labels)
  );
}
