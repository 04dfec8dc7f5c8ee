/**
 * Values as upstream's internal types print them: Go's own field names, every field, absent ones as zero. Messages about
 * immutable fields show them so.
 */
import type { ObjectReference } from '#api/generated/core/v1.ts';
import type { ParentReference } from '#api/generated/networking/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export function printedObjectReference(reference: DeepReadonly<ObjectReference> | undefined): object | null {
  if (reference === undefined || reference === null) return null;
  return {
    Kind: reference.kind ?? '',
    Namespace: reference.namespace ?? '',
    Name: reference.name ?? '',
    UID: reference.uid ?? '',
    APIVersion: reference.apiVersion ?? '',
    ResourceVersion: reference.resourceVersion ?? '',
    FieldPath: reference.fieldPath ?? '',
  };
}

export function printedParentReference(reference: DeepReadonly<ParentReference> | undefined): object | null {
  if (reference === undefined || reference === null) return null;
  const { group = '', resource = '', namespace = '', name = '' } = reference;
  return { Group: group, Resource: resource, Namespace: namespace, Name: name };
}
