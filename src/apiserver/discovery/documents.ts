/**
 * Discovery: what the server serves, derived from the list of resources. Two shapes of the same facts:
 *
 *   /api, /apis, /apis/G, /apis/G/V      one small document per group and version
 *   /api, /apis with as=APIGroupDiscoveryList   everything in one document each (apidiscovery.k8s.io/v2)
 *
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { apiVersionOf } from '#api/resource-ref.ts';
import type { CustomSubresource, Resource, ScaleSubresource, StatusSubresource, Verb } from '#api/resource.ts';

/** An entry of an APIResourceList. */
export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}
export interface GroupVersionForDiscovery {
  readonly groupVersion: string;
  readonly version: string;
}
export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly GroupVersionForDiscovery[];
  readonly preferredVersion: GroupVersionForDiscovery;
}

/** Everything that discovery answers, made once per list of resources. */
export interface DiscoveryDocuments {
  /** Without core, in the order of /apis. */
  readonly groups: readonly ApiGroup[];
  /** By `v1`, `apps/v1`. */
  readonly resources: ReadonlyMap<string, readonly ApiResource[]>;
  /** APIGroupDiscoveryList of /api and of /apis. */
  readonly aggregatedCore: object;
  readonly aggregatedGroups: object;
}

const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Upstream's order of priority; groups of custom resources follow by name. */
const groupOrder = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

export async function discoveryDocuments(list: readonly Resource[]): Promise<DiscoveryDocuments> {
  const resources = new Map<string, ApiResource[]>();
  for (const resource of list) {
    const groupVersion = apiVersionOf(resource);
    const entries = resources.get(groupVersion) ?? [];
    resources.set(groupVersion, entries);
    entries.push(await resourceEntry(resource), ...subresourceEntries(resource));
  }
  for (const entries of resources.values()) entries.sort((a, b) => compare(a.name, b.name));
  const groups = groupsOf([...resources.keys()]);
  return {
    groups,
    resources,
    aggregatedCore: aggregated(resources.has('v1') ? [{ name: '', versions: ['v1'] }] : [], resources),
    aggregatedGroups: aggregated(
      groups.map(({ name, versions }) => ({ name, versions: versions.map(({ version }) => version) })),
      resources,
    ),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function resourceEntry(resource: Resource): Promise<ApiResource> {
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...(resource.verbs ?? (resource.virtual === undefined ? allVerbs : ['create']))].sort(),
    ...(isEmpty(resource.shortNames) ? {} : { shortNames: resource.shortNames }),
    ...(isEmpty(resource.categories) ? {} : { categories: resource.categories }),
    ...(isStored(resource) ? { storageVersionHash: await storageVersionHash(resource) } : {}),
  };
}

function isEmpty(list: readonly string[] | undefined): list is undefined {
  return list === undefined || list.length === 0;
}

function isStored({ virtual, verbs }: Resource): boolean {
  return virtual === undefined && (verbs ?? allVerbs).includes('update');
}

/** base64 of the first 8 bytes of SHA-256 of `group/version/kind` as it is stored. */
async function storageVersionHash(resource: Resource): Promise<string> {
  const { group, version, kind } = resource.storedAs?.resource ?? resource;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${group}/${version}/${kind}`));
  return btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 8)));
}

type AnySubresource = true | StatusSubresource<never> | ScaleSubresource<never> | CustomSubresource<never>;

function subresourceEntries(resource: Resource): ApiResource[] {
  const entries: ApiResource[] = [];
  for (const [name, subresource] of Object.entries(resource.subresources ?? {})) {
    if (subresource === undefined) continue;
    entries.push({
      name: `${resource.plural}/${name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...subresourceKind(resource, name, subresource as AnySubresource),
    });
  }
  return entries;
}

function subresourceKind(
  resource: Resource,
  name: string,
  subresource: AnySubresource,
): Pick<ApiResource, 'kind' | 'group' | 'version' | 'verbs'> {
  if (name === 'scale')
    return { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
  if (subresource === true || !('verbs' in subresource))
    return { kind: resource.kind, verbs: ['get', 'patch', 'update'] };
  const group = subresource.group ?? resource.group;
  const version = subresource.version ?? resource.version;
  const isOther = group !== resource.group || version !== resource.version;
  const verbs = [...subresource.verbs].sort();
  return { ...(isOther ? { group, version } : {}), kind: subresource.kind, verbs };
}

function groupsOf(groupVersions: readonly string[]): ApiGroup[] {
  const versions = new Map<string, string[]>();
  for (const groupVersion of groupVersions) {
    const [group, version] = groupVersion.split('/') as [string, string?];
    if (version !== undefined) versions.set(group, [...(versions.get(group) ?? []), version]);
  }
  const rank = (group: string): number => (groupOrder.includes(group) ? groupOrder.indexOf(group) : groupOrder.length);
  const names = [...versions.keys()].sort((a, b) => rank(a) - rank(b) || compare(a, b));
  return names.map((name) => {
    const sorted = (versions.get(name) ?? []).sort(compareVersions);
    const list = sorted.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: list, preferredVersion: list[0] as GroupVersionForDiscovery };
  });
}

/** v10 before v2 before v1 before v11beta2 before v10beta3 before v3alpha1, then by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined) return left === right ? compare(a, b) : left === undefined ? 1 : -1;
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}

function parseVersion(version: string): { stability: number; major: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return undefined;
  const stability = match[2] === 'alpha' ? 1 : match[2] === 'beta' ? 2 : 3;
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

function aggregated(
  groups: readonly { name: string; versions: readonly string[] }[],
  resources: DiscoveryDocuments['resources'],
): object {
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map((version) => ({
      version,
      resources: aggregatedResources(resources.get(apiVersionOf({ group: name, version })) ?? []),
      freshness: 'Current',
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResources(entries: readonly ApiResource[]): object[] {
  const roots = entries.filter(({ name }) => !name.includes('/'));
  return roots.map((entry) => {
    const subresources = entries.filter(({ name }) => name.startsWith(`${entry.name}/`));
    return {
      resource: entry.name,
      responseKind: responseKind(entry),
      scope: entry.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: entry.singularName,
      verbs: entry.verbs,
      ...(entry.shortNames === undefined ? {} : { shortNames: entry.shortNames }),
      ...(entry.categories === undefined ? {} : { categories: entry.categories }),
      ...(subresources.length === 0 ? {} : { subresources: subresources.map(aggregatedSubresource) }),
    };
  });
}

function aggregatedSubresource(entry: ApiResource): object {
  return {
    subresource: entry.name.slice(entry.name.indexOf('/') + 1),
    responseKind: responseKind(entry),
    verbs: entry.verbs,
  };
}

/** Empty group and version: the same as the group version the resource is in. */
function responseKind({ group = '', version = '', kind }: ApiResource): object {
  return { group, version, kind };
}
