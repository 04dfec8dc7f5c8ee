/**
 * Who owns what, over all resources of the server. There is no graph in memory: dependents are found by the caches' owner
 * index, owners by the kind and name their references give.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Logger } from '#base/logger.ts';
import type { HasMetadata, ObjectKey, OwnerReference } from '#api/object.ts';
import { groupResource } from '#api/resource-ref.ts';
import type { Cache, CacheEvent, Caches } from '#client/cache.ts';
import type { DiscoveredResource } from '#client/discovery.ts';
import { guarded } from '#client/guarded.ts';
import { groupOf } from '#controller/owned.ts';

/** One object, whatever its kind. */
export interface Item {
  readonly resource: DiscoveredResource;
  readonly key: ObjectKey;
  readonly uid: string;
}
export interface Dependent extends Item {
  readonly object: DeepReadonly<HasMetadata>;
}

export function itemId(item: Item): string {
  return `${groupResource(item.resource)}/${item.key.namespace}/${item.key.name}/${item.uid}`;
}

export function itemOf(resource: DiscoveredResource, object: DeepReadonly<HasMetadata>): Item {
  const { namespace = '', name = '', uid = '' } = object.metadata;
  return { resource, key: { namespace, name }, uid };
}

const ignored = new Set(['events', 'events.events.k8s.io']);
const neededVerbs = ['delete', 'list', 'watch'];

/**
 * 1. Every resource that can be deleted, listed and watched is followed from the `sync` on that first named it.
 * 2. A resource that the server no longer has is not asked any more.
 */
export class OwnershipGraph {
  readonly #caches: Caches;
  readonly #log: Logger;
  readonly #onEvent: (resource: DiscoveredResource, event: CacheEvent<HasMetadata>) => void;
  readonly #followed = new Map<string, { resource: DiscoveredResource; cache: Cache<HasMetadata>; stop: () => void }>();
  readonly #byKind = new Map<string, DiscoveredResource>();

  constructor(
    caches: Caches,
    log: Logger,
    onEvent: (resource: DiscoveredResource, event: CacheEvent<HasMetadata>) => void,
  ) {
    this.#caches = caches;
    this.#log = log;
    this.#onEvent = onEvent;
  }

  /** Follows what is new, forgets what is gone. Resolves when the new ones are complete. */
  async sync(resources: readonly DiscoveredResource[]): Promise<void> {
    const wanted = new Map<string, DiscoveredResource>();
    for (const resource of resources) {
      if (neededVerbs.every((verb) => resource.verbs.includes(verb)) && !ignored.has(groupResource(resource))) {
        wanted.set(groupResource(resource), resource);
      }
    }
    for (const [name, { stop, resource }] of this.#followed) {
      if (wanted.has(name)) continue;
      stop();
      this.#followed.delete(name);
      this.#byKind.delete(`${resource.group}/${resource.kind}`);
    }
    const added = [...wanted.values()].filter((resource) => !this.#followed.has(groupResource(resource)));
    const caches = added.map((resource) => this.#follow(resource));
    await Promise.all(caches.map((cache) => cache.synced));
    for (const [at, resource] of added.entries()) {
      for (const object of caches[at]?.list() ?? []) this.#onEvent(resource, { old: undefined, new: object });
    }
  }

  #follow(resource: DiscoveredResource): Cache<HasMetadata> {
    const cache = this.#caches.of(resource);
    const stop = cache.subscribe(guarded(this.#log, (event) => this.#onEvent(resource, event)));
    this.#followed.set(groupResource(resource), { resource, cache, stop });
    this.#byKind.set(`${resource.group}/${resource.kind}`, resource);
    return cache;
  }

  *dependents(uid: string): Generator<Dependent> {
    for (const { resource, cache } of this.#followed.values()) {
      for (const object of cache.owned(uid)) yield { ...itemOf(resource, object), object };
    }
  }

  /** The resource an owner reference names; undefined if the server has no such kind. */
  resourceOf(reference: DeepReadonly<OwnerReference>): DiscoveredResource | undefined {
    return this.#byKind.get(`${groupOf(reference.apiVersion)}/${reference.kind}`);
  }

  /** What the caches know of an owner. */
  findOwner(resource: DiscoveredResource, key: ObjectKey): DeepReadonly<HasMetadata> | undefined {
    return this.#followed.get(groupResource(resource))?.cache.get(key);
  }
}
