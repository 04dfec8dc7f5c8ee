/** The objects of one resource by namespace and name, and by the uids of their owners. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';

/**
 * 1. An object is found by its key exactly as long as it was set last and not deleted.
 * 2. `owned(uid)` yields exactly the objects whose present version names that uid among its owners.
 */
export class ObjectIndex<T extends HasMetadata> {
  readonly #namespaces = new Map<string, Map<string, DeepReadonly<T>>>();
  readonly #owned = new Map<string, Set<DeepReadonly<T>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: ObjectKey): DeepReadonly<T> | undefined {
    return this.#namespaces.get(key.namespace)?.get(key.name);
  }

  *list(namespace?: string): Generator<DeepReadonly<T>, void> {
    if (namespace !== undefined) {
      yield* this.#namespaces.get(namespace)?.values() ?? [];
      return;
    }
    for (const names of this.#namespaces.values()) yield* names.values();
  }

  owned(uid: string): Iterable<DeepReadonly<T>> {
    return this.#owned.get(uid) ?? [];
  }

  /** Returns what it replaced. */
  set(object: DeepReadonly<T>): DeepReadonly<T> | undefined {
    const key = objectKey(object);
    let names = this.#namespaces.get(key.namespace);
    if (names === undefined) this.#namespaces.set(key.namespace, (names = new Map()));
    const old = names.get(key.name);
    if (old === undefined) this.#size++;
    else this.#disown(old);
    names.set(key.name, object);
    this.#own(object);
    return old;
  }

  /** Returns what was there. */
  delete(key: ObjectKey): DeepReadonly<T> | undefined {
    const names = this.#namespaces.get(key.namespace);
    const old = names?.get(key.name);
    if (names === undefined || old === undefined) return undefined;
    names.delete(key.name);
    if (names.size === 0) this.#namespaces.delete(key.namespace);
    this.#disown(old);
    this.#size--;
    return old;
  }

  #own(object: DeepReadonly<T>): void {
    for (const owner of (object as HasMetadata).metadata.ownerReferences ?? []) {
      let set = this.#owned.get(owner.uid);
      if (set === undefined) this.#owned.set(owner.uid, (set = new Set()));
      set.add(object);
    }
  }

  #disown(object: DeepReadonly<T>): void {
    for (const owner of (object as HasMetadata).metadata.ownerReferences ?? []) {
      const set = this.#owned.get(owner.uid);
      if (set?.delete(object) === true && set.size === 0) this.#owned.delete(owner.uid);
    }
  }
}

/** Where an object lives; '' stands for no namespace. */
export function objectKey(object: DeepReadonly<HasMetadata>): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
}
