/** What a namespace that is being emptied says about it, in upstream's words. Pure. */
import { timestamp } from '#base/clock.ts';
import type { NamespaceCondition } from '#api/generated/core/v1.ts';

/** What one attempt found. */
export interface Remains {
  /** Group versions that could not be discovered, with the reason. */
  readonly discoveryFailures: ReadonlyMap<string, string>;
  readonly failures: string[];
  /** `deployments.apps`, `pods.` → objects left. */
  readonly resources: Map<string, number>;
  readonly finalizers: Map<string, number>;
}

interface Text {
  readonly reason: string;
  readonly message: string;
}
const healthy: Readonly<Record<string, Text>> = {
  NamespaceDeletionDiscoveryFailure: {
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  NamespaceDeletionGroupVersionParsingFailure: {
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  NamespaceDeletionContentFailure: {
    reason: 'ContentDeleted',
    message: 'All content successfully deleted, may be waiting on finalization',
  },
  NamespaceContentRemaining: { reason: 'ContentRemoved', message: 'All content successfully removed' },
  NamespaceFinalizersRemaining: {
    reason: 'ContentHasNoFinalizers',
    message: 'All content-preserving finalizers finished',
  },
};

/** The new list of conditions, or undefined if nothing changed. */
export function conditionsAfter(
  present: readonly NamespaceCondition[],
  remains: Remains,
  nowMs: number,
): NamespaceCondition[] | undefined {
  const trouble = troubles(remains);
  const conditions = [...present];
  let isChanged = false;
  for (const [type, ok] of Object.entries(healthy)) {
    const text = trouble.get(type) ?? ok;
    const status = trouble.has(type) ? 'True' : 'False';
    const at = conditions.findIndex((condition) => condition.type === type);
    const old = conditions[at];
    if (old?.status === status && old.reason === text.reason && old.message === text.message) continue;
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : timestamp(nowMs);
    const condition = { type, status, lastTransitionTime, ...text };
    if (at < 0) conditions.push(condition);
    else conditions[at] = condition;
    isChanged = true;
  }
  return isChanged ? conditions : undefined;
}

function troubles(remains: Remains): Map<string, Text> {
  const found = new Map<string, Text>();
  const { discoveryFailures, failures, resources, finalizers } = remains;
  if (discoveryFailures.size > 0) {
    const list = [...discoveryFailures].map(([groupVersion, why]) => `${groupVersion}: ${why}`).sort();
    const message = `Discovery failed for some groups, ${list.length} failing: unable to retrieve the complete list of server APIs: ${list.join(', ')}`;
    found.set('NamespaceDeletionDiscoveryFailure', { reason: 'DiscoveryFailed', message });
  }
  if (failures.length > 0) {
    const message = `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(', ')}`;
    found.set('NamespaceDeletionContentFailure', { reason: 'ContentDeletionFailed', message });
  }
  if (resources.size > 0) {
    const list = [...resources].map(([name, count]) => `${name} has ${count} resource instances`).sort();
    const message = `Some resources are remaining: ${list.join(', ')}`;
    found.set('NamespaceContentRemaining', { reason: 'SomeResourcesRemain', message });
  }
  if (finalizers.size > 0) {
    const list = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
    const message = `Some content in the namespace has finalizers remaining: ${list.join(', ')}`;
    found.set('NamespaceFinalizersRemaining', { reason: 'SomeFinalizersRemain', message });
  }
  return found;
}
