/** Which resources a server has, in their preferred versions. @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api */
import { errorMessage } from '#base/logger.ts';
import type { APIGroupList, APIResourceList } from '#api/generated/meta/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Client } from '#client/client.ts';
import { readBody } from '#client/response-body.ts';

export interface DiscoveredResource extends ResourceRef<HasMetadata> {
  readonly verbs: readonly string[];
}
export interface Discovery {
  readonly resources: readonly DiscoveredResource[];
  /** Group versions that did not answer (an aggregated server that is down), with the reason. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Asks for all groups. Throws only if the list of groups itself cannot be had. Subresources are left out. */
export async function discoverResources(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const groups = await getJson<APIGroupList>(client, '/apis', signal);
  const groupVersions = ['v1'];
  for (const group of groups.groups) groupVersions.push(group.preferredVersion?.groupVersion ?? '');
  const failures = new Map<string, string>();
  const lists = await Promise.all(
    groupVersions
      .filter((groupVersion) => groupVersion !== '')
      .map(async (groupVersion) => {
        const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
        try {
          return resourcesOf(groupVersion, await getJson<APIResourceList>(client, path, signal));
        } catch (error) {
          failures.set(groupVersion, errorMessage(error));
          return [];
        }
      }),
  );
  return { resources: lists.flat(), failures };
}

function resourcesOf(groupVersion: string, list: APIResourceList): DiscoveredResource[] {
  const slash = groupVersion.indexOf('/');
  const group = slash < 0 ? '' : groupVersion.slice(0, slash);
  const version = groupVersion.slice(slash + 1);
  return list.resources
    .filter((resource) => !resource.name.includes('/'))
    .map(({ name, kind, namespaced, verbs }) => ({ group, version, kind, plural: name, namespaced, verbs }));
}

async function getJson<T>(client: Client, path: string, signal?: AbortSignal): Promise<T> {
  const response = await client.request({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
  return JSON.parse(new TextDecoder().decode(await readBody(response))) as T;
}
