/**
 * The Cache port over the store's own trees: in-process controllers, the scheduler and DNS read the one copy that is
 * there anyway. A change is seen by listeners within the turn in which the store applied it.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import { groupResource, type ResourceRef } from '#api/resource-ref.ts';
import type { Cache, CacheListener, Caches } from '#client/cache.ts';
import type { Collection } from '#storage/collection.ts';

/** A Cache that holds nothing of its own. */
export class StoreCache<T extends HasMetadata> implements Cache<T> {
  readonly #collection: Collection;
  readonly synced: Promise<void> = Promise.resolve();

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  get(key: ObjectKey): DeepReadonly<T> | undefined {
    return this.#collection.get(key.namespace, key.name)?.object as DeepReadonly<T> | undefined;
  }

  *list(namespace?: string): Iterable<DeepReadonly<T>> {
    for (const version of this.#collection.root().scan(namespace)) yield version.object as unknown as DeepReadonly<T>;
  }

  *owned(uid: string): Iterable<DeepReadonly<T>> {
    for (const version of this.#collection.ownedBy(uid)) yield version.object as unknown as DeepReadonly<T>;
  }

  subscribe(listener: CacheListener<T>): () => void {
    return this.#collection.subscribe((event) => {
      const old = event.previous?.object as DeepReadonly<T> | undefined;
      listener({
        old,
        new: event.type === 'DELETED' ? undefined : (event.version.object as unknown as DeepReadonly<T>),
      });
    });
  }
}

/** The collection that holds a resource's objects; the registry knows (several resources may share one). */
export type CollectionFinder = (resource: ResourceRef) => Collection;

/** One StoreCache per resource. */
export function createStoreCaches(find: CollectionFinder): Caches {
  const caches = new Map<string, unknown>();
  return {
    of<T extends HasMetadata>(resource: ResourceRef<T>): Cache<T> {
      const name = groupResource(resource);
      let cache = caches.get(name) as Cache<T> | undefined;
      if (cache === undefined) {
        cache = new StoreCache<T>(find(resource));
        caches.set(name, cache);
      }
      return cache;
    },
  };
}
