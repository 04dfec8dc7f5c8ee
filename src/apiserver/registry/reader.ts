/** Reads of other kinds for hooks, admission and authorizers: applied versions, shared and frozen. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Reader } from '#api/resource.ts';
import { collectionOf, type Endpoint, servedObject } from '#apiserver/registry/endpoint.ts';

export function makeReader(endpointOf: (resource: ResourceRef) => Endpoint): Reader {
  return {
    get<T extends HasMetadata>(resource: ResourceRef<T>, key: ObjectKey): DeepReadonly<T> | undefined {
      const endpoint = endpointOf(resource);
      const version = collectionOf(endpoint).get(key.namespace, key.name);
      return version === undefined ? undefined : (servedObject(endpoint, version) as DeepReadonly<T>);
    },
    *list<T extends HasMetadata>(resource: ResourceRef<T>, namespace?: string): Iterable<DeepReadonly<T>> {
      const endpoint = endpointOf(resource);
      for (const version of collectionOf(endpoint).root().scan(namespace))
        yield servedObject(endpoint, version) as DeepReadonly<T>;
    },
  };
}
