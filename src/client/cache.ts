/**
 * A cache of one resource, kept current: what controllers, the scheduler, the proxy and the agent read.
 * Two implementations: client/reflector.ts (list and watch over a Client) and cluster/store-cache.ts (reads the store's
 * own trees in process, so that nothing is held twice).
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';

export interface Cache<T extends HasMetadata> {
  get(key: ObjectKey): DeepReadonly<T> | undefined;
  /** All, or those of one namespace. The iterable is only valid until the next await. */
  list(namespace?: string): Iterable<DeepReadonly<T>>;
  /** Objects whose ownerReferences name this uid. */
  owned(uid: string): Iterable<DeepReadonly<T>>;
  /** Called for every change from now on, after the cache shows it. Returns cancel. */
  subscribe(listener: CacheListener<T>): () => void;
  /** Resolves once the first list is complete. */
  readonly synced: Promise<void>;
}
export interface CacheEvent<T> {
  /** Undefined: it was added. */
  readonly old: DeepReadonly<T> | undefined;
  /** Undefined: it is gone. */
  readonly new: DeepReadonly<T> | undefined;
}
export type CacheListener<T> = (event: CacheEvent<T>) => void;

/** One cache per resource, made when first asked for and shared. */
export interface Caches {
  of<T extends HasMetadata>(resource: ResourceRef<T>): Cache<T>;
}
