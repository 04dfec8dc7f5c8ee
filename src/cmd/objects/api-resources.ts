/** Which kinds the server has, by aggregated discovery, and which one a user's word means: `po`, `pods.v1`, `deploy.apps`. */
import type { ResourceRef } from '#api/resource-ref.ts';
import { apiVersionOf } from '#api/resource-ref.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Client } from '#client/client.ts';
import { discoverResources } from '#client/discovery.ts';
import { readBody } from '#client/response-body.ts';
import { Failure } from '#cmd/failure.ts';

export interface ApiResource extends ResourceRef<HasMetadata> {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
}

interface DiscoveryList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind: string };
        readonly scope: 'Cluster' | 'Namespaced';
        readonly singularResource: string;
        readonly verbs: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
      }[];
    }[];
  }[];
}

const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

/** All kinds in the server's order of preference: a group's first version first. */
export async function apiResources(client: Client): Promise<readonly ApiResource[]> {
  const [core, groups] = await Promise.all(['/api', '/apis'].map((path) => discoveryOf(client, path)));
  if (core === undefined || groups === undefined) return plainResources(client);
  return [...core.items, ...groups.items].flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((resource) => ({
        group: metadata?.name ?? '',
        version,
        kind: resource.responseKind?.kind ?? '',
        plural: resource.resource,
        namespaced: resource.scope === 'Namespaced',
        singular: resource.singularResource,
        shortNames: resource.shortNames ?? [],
        categories: resource.categories ?? [],
        verbs: resource.verbs,
      })),
    ),
  );
}

async function discoveryOf(client: Client, path: string): Promise<DiscoveryList | undefined> {
  const response = await client.request({ method: 'GET', path, headers: { accept } });
  const list = JSON.parse(new TextDecoder().decode(await readBody(response))) as DiscoveryList & { kind: string };
  return list.kind === 'APIGroupDiscoveryList' ? list : undefined;
}

/** Of servers before v1.26. */
async function plainResources(client: Client): Promise<readonly ApiResource[]> {
  const { resources } = await discoverResources(client);
  return resources.map((resource) => ({
    ...resource,
    singular: resource.kind.toLowerCase(),
    shortNames: [],
    categories: [],
  }));
}

/** `pods`, `pod`, `po`, `pods.v1`, `deployments.apps`, `deployments.v1.apps`. Throws kubectl's sentence. */
export function resourceNamed(resources: readonly ApiResource[], word: string): ApiResource {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const suffix = rest.join('.');
  const isNamed = (one: ApiResource): boolean => one.plural === name || one.singular === name;
  const isOfSuffix = (one: ApiResource): boolean =>
    suffix === '' || one.group === suffix || one.version === suffix || `${one.version}.${one.group}` === suffix;
  const found =
    resources.find((one) => isNamed(one) && isOfSuffix(one)) ??
    resources.find((one) => one.shortNames.includes(name) && isOfSuffix(one)) ??
    resources.find((one) => isNamed(one) && suffix !== '' && one.group.startsWith(suffix));
  if (found === undefined) throw new Failure(`the server doesn't have a resource type "${word}"`);
  return found;
}

/** The resource of an object. Throws kubectl's sentence. */
export function resourceOfKind(resources: readonly ApiResource[], object: HasMetadata, source: string): ApiResource {
  const found = resources.find((one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion);
  if (found !== undefined) return found;
  const { name = '', namespace = '' } = object.metadata;
  throw new Failure(
    `resource mapping not found for name: "${name}" namespace: "${namespace}" from "${source}": no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`,
  );
}

/** `pod`, `deployment.apps`: how kubectl names a kind in messages. */
export function kindName(resource: { readonly kind: string; readonly group: string }): string {
  const kind = resource.kind.toLowerCase();
  return resource.group === '' ? kind : `${kind}.${resource.group}`;
}
