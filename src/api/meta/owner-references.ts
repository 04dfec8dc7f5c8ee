/** Who owns an object. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, OwnerReference } from '#api/object.ts';
import { apiVersionOf, type ResourceRef } from '#api/resource-ref.ts';

/** The reference that makes `owner` the managing controller of a new object. */
export function controllerReference(owner: DeepReadonly<HasMetadata>, resource: ResourceRef): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The one reference marked as controller. */
export function controllerOf(object: DeepReadonly<HasMetadata>): DeepReadonly<OwnerReference> | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function isControlledBy(object: DeepReadonly<HasMetadata>, owner: DeepReadonly<HasMetadata>): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}
