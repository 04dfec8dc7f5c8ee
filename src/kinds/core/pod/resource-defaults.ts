/** Defaults of amounts: what a pod as a whole asks for if its spec says so in part, and amounts too fine to count. */
import type { PodSpec, ResourceRequirements } from '#api/generated/core/v1.ts';
import { parseQuantity, quantityText, roundUpToMillis } from '#lang/quantity/quantity.ts';
import { totalLimits, totalRequests } from '#kinds/core/pod/validation/totals.ts';
import { isHugePages } from '#kinds/core/resource-names.ts';

type ResourceList = Record<string, string | number> | undefined;

const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);

/** Changes `resources`, which are the spec's. */
export function defaultPodResources(spec: PodSpec, resources: ResourceRequirements): void {
  const { limits: ownLimits = {}, requests: ownRequests = {} } = resources;
  if (Object.keys(ownLimits).length > 0 || Object.keys(ownRequests).length > 0) {
    for (const [name, total] of totalLimits(spec))
      if (isHugePages(name) && ownRequests[name] === undefined) ownLimits[name] ??= quantityText(total);
    if (Object.keys(ownLimits).length > 0) resources.limits = ownLimits;
  }
  if (Object.keys(ownLimits).length === 0) return;
  for (const [name, total] of totalRequests(spec))
    if (isPodLevel(name) && !isHugePages(name)) ownRequests[name] ??= quantityText(total);
  for (const [name, limit] of Object.entries(ownLimits)) if (isPodLevel(name)) ownRequests[name] ??= limit;
  if (Object.keys(ownRequests).length > 0) resources.requests = ownRequests;
}

export function roundRequirements(resources: Pick<ResourceRequirements, 'limits' | 'requests'> | undefined): void {
  if (resources === undefined) return;
  roundResourceList(resources.limits);
  roundResourceList(resources.requests);
}

/** Nothing is counted below a thousandth. */
export function roundResourceList(list: ResourceList): void {
  for (const name in list) {
    const quantity = parseQuantity(list[name] as string | number);
    const rounded = roundUpToMillis(quantity);
    if (rounded !== quantity) list[name] = quantityText(rounded);
  }
}
