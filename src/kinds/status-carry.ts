/** What nearly every kind with a status does: the main resource leaves the status alone, the status subresource the rest. */
import type { HasMetadata, ObjectMeta } from '#api/object.ts';
import type { StatusSubresource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';

interface WithStatus extends HasMetadata {
  spec?: unknown;
  status?: unknown;
}

/** For `prepareForUpdate`. */
export function keepStatus<T extends HasMetadata>(object: T, old: DeepReadonly<T>): void {
  (object as WithStatus).status = (old as WithStatus).status;
}

/** For the status subresource. */
export function statusSubresource<T extends HasMetadata>(): StatusSubresource<T> {
  return {
    prepareForUpdate(object, old) {
      (object as WithStatus).spec = (old as WithStatus).spec;
    },
  };
}

/** For a status subresource that takes nothing else from the client, not even metadata. */
export function statusOnly<T extends HasMetadata>(): StatusSubresource<T> {
  return {
    metadataOnUpdate: 'none',
    prepareForUpdate(object, old) {
      const { managedFields, resourceVersion } = object.metadata;
      object.metadata = { ...(old.metadata as Mutable<ObjectMeta>), managedFields, resourceVersion } as ObjectMeta;
      (object as WithStatus).spec = (old as WithStatus).spec;
    },
  };
}
