/**
 * What a cluster holds before anybody uses it: system namespaces, the service range, default/kubernetes, kube-dns, and
 * the objects of kinds/bootstrap (roles, bindings, priority classes). Run at every start: what is there stays, what
 * points to this server's addresses is brought up to date.
 */
import type { EndpointSlice } from '#api/generated/discovery/v1.ts';
import type { Service } from '#api/generated/core/v1.ts';
import { endpoints, endpointslices, namespaces, servicecidrs, services } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { isAlreadyExists } from '#api/status.ts';
import type { Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import { apiServiceAddress, type ClusterOptions, dnsServiceAddress } from '#cluster/settings.ts';

/** An object of kinds/bootstrap with the resource it belongs to. */
export interface BootstrapObject {
  readonly resource: ResourceRef;
  readonly object: HasMetadata;
}

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export async function bootstrap(
  client: Client,
  caches: Caches,
  options: ClusterOptions,
  objects: readonly BootstrapObject[],
): Promise<void> {
  const ensure = async (resource: ResourceRef, object: HasMetadata): Promise<void> => {
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
    if (caches.of(resource as ResourceRef<HasMetadata>).get(key) !== undefined) return;
    await client.create(resource as ResourceRef<HasMetadata>, object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  };
  await Promise.all(systemNamespaces.map((name) => ensure(namespaces, { metadata: { name } })));
  await ensure(servicecidrs, {
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [options.serviceCIDR] },
  } as HasMetadata);
  await Promise.all(objects.map(({ resource, object }) => ensure(resource, object)));
  await ensure(services, kubernetesService(options));
  await ensure(services, dnsService(options));
  await pointTo(client, caches, 'default', 'kubernetes', options.apiServerEndpoint?.address, [
    { name: 'https', port: options.apiServerEndpoint?.port ?? 6443, protocol: 'TCP' },
  ]);
  await pointTo(client, caches, 'kube-system', 'kube-dns', options.dnsAddress, [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ]);
}

function kubernetesService(options: ClusterOptions): Service {
  return {
    metadata: { namespace: 'default', name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: apiServiceAddress(options),
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: options.apiServerEndpoint?.port ?? 6443 }],
      sessionAffinity: 'None',
    },
  };
}

function dnsService(options: ClusterOptions): Service {
  return {
    metadata: {
      namespace: 'kube-system',
      name: 'kube-dns',
      labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS', 'kubernetes.io/cluster-service': 'true' },
    },
    spec: {
      clusterIP: dnsServiceAddress(options),
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
    },
  };
}

type Port = { name: string; port: number; protocol: 'TCP' | 'UDP' };

/** Endpoints and EndpointSlice of a Service that selects no pods: one address of this machine, or none. */
async function pointTo(
  client: Client,
  caches: Caches,
  namespace: string,
  name: string,
  address: string | undefined,
  ports: Port[],
): Promise<void> {
  if (address === undefined) return;
  const key = { namespace, name };
  const present = caches.of(endpointslices).get(key);
  const isSame = present?.endpoints?.[0]?.addresses[0] === address && present.ports?.[0]?.port === ports[0]?.port;
  if (isSame) return;
  const slice: EndpointSlice = {
    metadata: {
      ...key,
      labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': 'wheelhouse' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  };
  const subsets = [{ addresses: [{ ip: address }], ports }];
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  await replace(client, endpoints, { metadata: { ...key, labels }, subsets });
  await replace(client, endpointslices, slice);
}

async function replace<T extends HasMetadata>(client: Client, resource: ResourceRef<T>, object: T): Promise<void> {
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
  const present = await client.find(resource, key);
  if (present === undefined) await client.create(resource, object);
  else await client.update(resource, { ...object, metadata: { ...present.metadata, ...object.metadata } });
}
