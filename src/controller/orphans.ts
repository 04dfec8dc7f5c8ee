/** Objects that no controller owns, by namespace: those an owner may adopt. Kept up to date per cache, so that nobody scans. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata } from '#api/object.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import type { Cache } from '#client/cache.ts';
import { ObjectIndex, objectKey } from '#client/object-index.ts';

const indexes = new WeakMap<object, ObjectIndex<HasMetadata>>();

/** The objects of a namespace without a controller reference. The first call for a cache starts its index. */
export function orphansOf<T extends HasMetadata>(cache: Cache<T>, namespace: string): Iterable<DeepReadonly<T>> {
  const index = (indexes.get(cache) ?? startIndex(cache)) as ObjectIndex<T>;
  return index.list(namespace);
}

function startIndex<T extends HasMetadata>(cache: Cache<T>): ObjectIndex<T> {
  const index = new ObjectIndex<T>();
  indexes.set(cache, index as unknown as ObjectIndex<HasMetadata>);
  const put = (object: DeepReadonly<T>): void => {
    if (controllerOf(object as DeepReadonly<HasMetadata>) === undefined) index.set(object);
    else index.delete(objectKey(object as DeepReadonly<HasMetadata>));
  };
  for (const object of cache.list()) put(object);
  cache.subscribe((event) => {
    if (event.new !== undefined) put(event.new);
    else if (event.old !== undefined) index.delete(objectKey(event.old as DeepReadonly<HasMetadata>));
  });
  return index;
}
