/**
 * Everything a server has, in all versions, by two requests (aggregated discovery); older servers are asked group by group.
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
import type { APIGroupList, APIResourceList } from '#api/generated/meta/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { errorMessage } from '#base/logger.ts';
import type { Client } from '#client/client.ts';
import { readBody } from '#client/response-body.ts';

/** A resource with what a command line needs to know of it. */
export interface ApiResource extends ResourceRef<HasMetadata> {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Kinds that its subresources take or answer (`Scale`, `Eviction`). */
  readonly subresourceKinds: readonly string[];
}

/** What a server has. */
export interface ApiDiscovery {
  /** In the server's order of preference: a group's first version first. */
  readonly resources: readonly ApiResource[];
  /** `v1`, `apps/v1`, …; also those that have no resources. */
  readonly groupVersions: readonly string[];
  /** Group versions whose server does not answer, with the reason. */
  readonly failures: ReadonlyMap<string, string>;
}

interface AggregatedResource {
  readonly resource: string;
  readonly responseKind?: { readonly kind: string };
  readonly scope: 'Cluster' | 'Namespaced';
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly responseKind?: { readonly kind: string } }[];
}
interface AggregatedList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness?: string;
      readonly resources?: readonly AggregatedResource[];
    }[];
  }[];
}

const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

/** Asks the server. Throws if the list of groups cannot be had. */
export async function discoverApi(client: Client, signal?: AbortSignal): Promise<ApiDiscovery> {
  const [core, groups] = await Promise.all(['/api', '/apis'].map((path) => aggregated(client, path, signal)));
  if (core === undefined || groups === undefined) return discoverGroups(client, signal);
  const resources: ApiResource[] = [];
  const groupVersions: string[] = [];
  const failures = new Map<string, string>();
  for (const { metadata, versions } of [...core.items, ...groups.items]) {
    const group = metadata?.name ?? '';
    for (const { version, freshness, resources: listed = [] } of versions) {
      const groupVersion = group === '' ? version : `${group}/${version}`;
      groupVersions.push(groupVersion);
      if (freshness === 'Stale') failures.set(groupVersion, `stale GroupVersion discovery: ${groupVersion}`);
      for (const resource of listed) resources.push(aggregatedResource(group, version, resource));
    }
  }
  return { resources, groupVersions, failures };
}

function aggregatedResource(group: string, version: string, resource: AggregatedResource): ApiResource {
  return {
    group,
    version,
    kind: resource.responseKind?.kind ?? '',
    plural: resource.resource,
    namespaced: resource.scope === 'Namespaced',
    singular: resource.singularResource,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    verbs: resource.verbs,
    subresourceKinds: (resource.subresources ?? []).map(({ responseKind }) => responseKind?.kind ?? ''),
  };
}

async function aggregated(client: Client, path: string, signal?: AbortSignal): Promise<AggregatedList | undefined> {
  const response = await client.request({
    method: 'GET',
    path,
    headers: { accept },
    ...(signal === undefined ? {} : { signal }),
  });
  const list = JSON.parse(new TextDecoder().decode(await readBody(response))) as AggregatedList & { kind: string };
  return list.kind === 'APIGroupDiscoveryList' ? list : undefined;
}

/** Servers before v1.26. */
async function discoverGroups(client: Client, signal?: AbortSignal): Promise<ApiDiscovery> {
  const groups = await getJson<APIGroupList>(client, '/apis', signal);
  const groupVersions = ['v1', ...groups.groups.flatMap(({ versions }) => versions.map((one) => one.groupVersion))];
  const failures = new Map<string, string>();
  const lists = await Promise.all(
    groupVersions.map(async (groupVersion) => {
      const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
      try {
        return listedResources(groupVersion, await getJson<APIResourceList>(client, path, signal));
      } catch (error) {
        failures.set(groupVersion, errorMessage(error));
        return [];
      }
    }),
  );
  return { resources: lists.flat(), groupVersions, failures };
}

function listedResources(groupVersion: string, list: APIResourceList): ApiResource[] {
  const slash = groupVersion.indexOf('/');
  const group = slash < 0 ? '' : groupVersion.slice(0, slash);
  const version = groupVersion.slice(slash + 1);
  const isSubresource = (name: string): boolean => name.includes('/');
  return list.resources
    .filter(({ name }) => !isSubresource(name))
    .map((resource) => ({
      group,
      version,
      kind: resource.kind,
      plural: resource.name,
      namespaced: resource.namespaced,
      singular: resource.singularName === '' ? resource.kind.toLowerCase() : resource.singularName,
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      verbs: resource.verbs,
      subresourceKinds: list.resources
        .filter(({ name }) => name.startsWith(`${resource.name}/`))
        .map(({ kind }) => kind),
    }));
}

async function getJson<T>(client: Client, path: string, signal?: AbortSignal): Promise<T> {
  const response = await client.request({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
  return JSON.parse(new TextDecoder().decode(await readBody(response))) as T;
}
