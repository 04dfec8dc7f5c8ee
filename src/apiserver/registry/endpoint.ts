/**
 * One served version of one resource: the Resource value with everything the registry derives from it once.
 *
 * The stored JSON always begins with `{"apiVersion":"v1","kind":"Pod","metadata":{"resourceVersion":"7",`: apiVersion and
 * kind are written first, and the store splices the revision right behind the opening of metadata. So list items (which
 * carry neither), metadata and the revision are found by offset, without parsing.
 */
import { assert } from '#base/assert.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject } from '#api/object.ts';
import type { FieldSet } from '#api/managed-fields/field-set.ts';
import { internSet } from '#api/managed-fields/interned-sets.ts';
import { objectText } from '#api/managed-fields/object-text.ts';
import { apiVersionOf, groupResource } from '#api/resource-ref.ts';
import type { Resource, StoredAs } from '#api/resource.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';
import type { Collection, NewValue } from '#storage/collection.ts';
import type { Version } from '#storage/version.ts';

export interface Endpoint {
  readonly resource: Resource;
  /** `apps/v1`. */
  readonly apiVersion: string;
  /** Compiled at its first use. */
  readonly schema: TypeSchema;
  /** The definition has a status. */
  readonly hasStatus: boolean;
  /** metadata.generation is kept. */
  readonly hasGeneration: boolean;
  /** Undefined: stores nothing. */
  readonly collection: Collection | undefined;
  /** The resource's objects are stored in another shape. */
  readonly storedAs: StoredAs<KubeObject> | undefined;
  /** `{"apiVersion":"v1","kind":"Pod",` of the stored bytes. */
  readonly storedPrefix: Uint8Array;
  readonly listKind: string;
  /** Served bytes of versions that are stored in another shape. */
  readonly converted: WeakMap<Version, ServedVersion>;
}

export interface ServedVersion {
  readonly object: DeepReadonly<KubeObject>;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();

export interface EndpointParts {
  readonly resource: Resource;
  readonly schema: () => TypeSchema;
  readonly collection: Collection | undefined;
}

export function makeEndpoint({ resource, schema, collection }: EndpointParts): Endpoint {
  const storedAs = resource.storedAs as StoredAs<KubeObject> | undefined;
  const stored = storedAs?.resource ?? resource;
  let compiled: TypeSchema | undefined;
  return {
    resource,
    apiVersion: apiVersionOf(resource),
    get schema() {
      compiled ??= schema();
      return compiled;
    },
    get hasStatus() {
      return resource.subresources?.status !== undefined;
    },
    get hasGeneration() {
      return resource.generation === 'spec' || (resource.generation === undefined && this.schema.fields.has('spec'));
    },
    collection,
    storedAs,
    storedPrefix: encoder.encode(objectPrefix(apiVersionOf(stored), stored.kind)),
    listKind: resource.listKind ?? `${resource.kind}List`,
    converted: new WeakMap(),
  };
}

/** The collection of a resource's objects: `pods`, `deployments.apps`. */
export function collectionName(resource: Resource): string {
  return groupResource(resource.storedAs?.resource ?? resource);
}

export function objectPrefix(apiVersion: string, kind: string): string {
  return `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},`;
}

/** Names the resource in error messages. */
export function collectionOf(endpoint: Endpoint): Collection {
  assert(endpoint.collection !== undefined, `${endpoint.resource.plural} are stored`);
  return endpoint.collection;
}

/** What errors name an object of several versions by: the group and kind it is stored as. */
export function internalKind({ resource, storedAs }: Endpoint): { group: string; kind: string } {
  const { group, kind } = storedAs?.resource ?? resource;
  return { group, kind };
}

/** A subresource that is a create (binding) changes the object past its rules: no generation, no field manager. */
export function bypassesRules({ resource }: Endpoint, subresource: string): boolean {
  const hooks = subresource === '' ? undefined : resource.subresources?.[subresource];
  return hooks !== undefined && hooks !== true && 'create' in hooks;
}

/** The object in the shape this endpoint serves. Shared; must not be changed. */
export function servedObject(endpoint: Endpoint, version: Version): DeepReadonly<KubeObject> {
  if (endpoint.storedAs === undefined) return version.object as DeepReadonly<KubeObject>;
  return convertedVersion(endpoint, version).object;
}

/**
 * The same for writers, who read managedFields more than once: a property that parses them at each reading (see
 * storage/slim-object.ts) is read, and their sets are those other objects have.
 */
export function writableObject(endpoint: Endpoint, version: Version): DeepReadonly<KubeObject> {
  const object = servedObject(endpoint, version);
  if (Object.getOwnPropertyDescriptor(object.metadata, 'managedFields')?.get === undefined) return object;
  const metadata = { ...object.metadata };
  const managedFields = metadata.managedFields?.map((entry) =>
    entry.fieldsV1 === undefined ? entry : { ...entry, fieldsV1: internSet(entry.fieldsV1 as FieldSet).set },
  );
  return { ...object, metadata: { ...metadata, managedFields } } as DeepReadonly<KubeObject>;
}

/** The JSON this endpoint serves, resourceVersion included. */
export function servedBytes(endpoint: Endpoint, version: Version): Uint8Array {
  return endpoint.storedAs === undefined ? version.bytes : convertedVersion(endpoint, version).bytes;
}

function convertedVersion(endpoint: Endpoint, version: Version): ServedVersion {
  let served = endpoint.converted.get(version);
  if (served === undefined) {
    assert(endpoint.storedAs !== undefined, 'only another shape is converted');
    const converted = endpoint.storedAs.fromStored(version.object as DeepReadonly<KubeObject>);
    const object = layout(endpoint, converted);
    served = { object, bytes: encoder.encode(JSON.stringify(object)) };
    endpoint.converted.set(version, served);
  }
  return served;
}

/** The object with apiVersion, kind and metadata first and resourceVersion first of all in metadata. */
function layout(endpoint: Endpoint, object: KubeObject): KubeObject {
  const { metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  const { resourceVersion, ...other } = metadata;
  return {
    apiVersion: endpoint.apiVersion,
    kind: endpoint.resource.kind,
    metadata: { resourceVersion, ...other } as KubeObject['metadata'],
    ...rest,
  };
}

/**
 * The value to store: converted if stored in another shape, apiVersion and kind first, no resourceVersion.
 * The object belongs to the store afterwards.
 */
function storedObject(endpoint: Endpoint, object: KubeObject): KubeObject {
  if (endpoint.storedAs === undefined) return ordered(object, endpoint.apiVersion, endpoint.resource.kind);
  const stored = endpoint.storedAs.resource;
  return ordered(endpoint.storedAs.toStored(object), apiVersionOf(stored), stored.kind);
}

/** What is handed to the store: {@link storedObject} and its bytes. */
export function storedValue(endpoint: Endpoint, object: KubeObject): NewValue {
  const stored = storedObject(endpoint, object);
  return { object: stored as never, bytes: encoder.encode(objectText(stored)) };
}

function ordered(object: KubeObject, apiVersion: string, kind: string): KubeObject {
  delete object.metadata.resourceVersion;
  const keys = Object.keys(object);
  if (keys[0] === 'apiVersion' && keys[1] === 'kind' && keys[2] === 'metadata') {
    object.apiVersion = apiVersion;
    object.kind = kind;
    return object;
  }
  const { metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest };
}
