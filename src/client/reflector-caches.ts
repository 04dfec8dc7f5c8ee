/** Caches over a Client: one Reflector per resource, started when first asked for and shared. */
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Cache, Caches } from '#client/cache.ts';
import type { ReflectorPorts } from '#client/reflector.ts';
import { Reflector } from '#client/reflector.ts';

/** The caches live until `ports.signal` is aborted. */
export function createReflectorCaches(ports: ReflectorPorts): Caches {
  const caches = new Map<string, unknown>();
  return {
    of<T extends HasMetadata>(resource: ResourceRef<T>): Cache<T> {
      const key = `${resource.plural}.${resource.version}.${resource.group}`;
      let cache = caches.get(key) as Cache<T> | undefined;
      if (cache === undefined) caches.set(key, (cache = new Reflector(resource, ports)));
      return cache;
    },
  };
}
