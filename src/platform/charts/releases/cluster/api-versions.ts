/** `.Capabilities.APIVersions` of a live cluster: its group versions, and each with every kind behind it. */
import { apiVersionOf } from '#api/resource-ref.ts';
import type { ApiDiscovery } from '#client/api-discovery.ts';

/** `v1`, `v1/Pod`, `apps/v1`, `apps/v1/Deployment`, `apps/v1/Scale`, … each once. */
export function helmApiVersions({ groupVersions, resources }: ApiDiscovery): string[] {
  const versions = new Set(groupVersions);
  for (const resource of resources) {
    const groupVersion = apiVersionOf(resource);
    for (const kind of [resource.kind, ...resource.subresourceKinds])
      if (kind !== '') versions.add(`${groupVersion}/${kind}`);
  }
  return [...versions];
}
