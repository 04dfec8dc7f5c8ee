/** Kinds whose own folder does not exist yet, in the least form their controllers need. */
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Resource } from '#api/resource.ts';
import { resources } from '#kinds/resources.ts';

/** Serves the kind unless it is served already. Call it before the cluster starts. */
export function serve(ref: ResourceRef, schema: string): void {
  const list = resources as Resource[];
  if (list.some((resource) => resource.plural === ref.plural && resource.group === ref.group)) return;
  const singular = ref.kind.toLowerCase();
  list.push({ ...(ref as ResourceRef<never>), singular, schema, subresources: { status: true } });
}
