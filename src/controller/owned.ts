/** From a change of an owned object to its controller's key, with the expectations it fulfils. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import type { Cache, CacheEvent, CacheListener } from '#client/cache.ts';
import type { Expectations } from '#controller/controller.ts';
import { WorkQueue, idOf } from '#controller/queue.ts';

/**
 * Wakes the owner of kind `owner` for each change: the present controller, and the former one when it changed.
 * A deletion counts as seen when it has begun: the object no longer counts from then on.
 */
export function ownedListener(
  owner: ResourceRef,
  owners: Cache<HasMetadata>,
  queue: WorkQueue,
  expectations: Expectations,
): CacheListener<HasMetadata> {
  return (event) => {
    const now = ownerKey(event.new, owner, owners);
    const old = ownerKey(event.old, owner, owners);
    if (now !== undefined) observe(event, idOf(now), expectations);
    else if (old !== undefined) observe(event, idOf(old), expectations);
    if (now !== undefined) queue.add(now);
    if (old !== undefined && (now === undefined || old.name !== now.name)) queue.add(old);
  };
}

function observe(event: CacheEvent<HasMetadata>, owner: string, expectations: Expectations): void {
  if (event.old === undefined) expectations.creationObserved(owner);
  if (event.new === undefined || isBeingDeleted(event.new)) {
    expectations.deletionObserved(owner, (event.new ?? event.old)?.metadata.uid ?? '');
  }
}

function isBeingDeleted(object: DeepReadonly<HasMetadata>): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The key of the controller of `object` if it is of kind `owner`. A namesake with another uid is not its owner. */
function ownerKey(
  object: DeepReadonly<HasMetadata> | undefined,
  owner: ResourceRef,
  owners: Cache<HasMetadata>,
): ObjectKey | undefined {
  const reference = object === undefined ? undefined : controllerOf(object);
  if (object === undefined || reference === undefined || reference.kind !== owner.kind) return undefined;
  if (groupOf(reference.apiVersion) !== owner.group) return undefined;
  const key = { namespace: owner.namespaced ? (object.metadata.namespace ?? '') : '', name: reference.name };
  const present = owners.get(key);
  return present === undefined || present.metadata.uid === reference.uid ? key : undefined;
}

/** The group of an apiVersion: '' for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
