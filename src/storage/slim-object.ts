/**
 * Parsed objects without the weight of managedFields, which are two thirds of a pod's memory and read by writers alone: in
 * a slim object they are a property that parses them anew, each time it is read, from the stored bytes.
 */
import { findManagedFields, type ManagedFieldsRange } from '#storage/head-scan.ts';
import type { StoredObject } from '#storage/version.ts';

interface Origin {
  readonly bytes: Uint8Array;
  readonly range: ManagedFieldsRange;
}
interface SlimMetadata {
  readonly [origin]: Origin;
}

const origin = Symbol('bytes');
const decoder = new TextDecoder();
const lazily: PropertyDescriptor & ThisType<SlimMetadata> = {
  enumerable: true,
  get() {
    const { bytes, range } = this[origin];
    return JSON.parse(decoder.decode(bytes.subarray(range.value, range.valueEnd)));
  },
};

/** The object of `bytes`. `from`: in metadata, behind its first field and the comma. */
export function parseSlim(bytes: Uint8Array, from: number): StoredObject {
  const range = findManagedFields(bytes, from);
  if (range === undefined) return JSON.parse(decoder.decode(bytes)) as StoredObject;
  const text = decoder.decode(bytes.subarray(0, range.cut)) + decoder.decode(bytes.subarray(range.cutEnd));
  const object = JSON.parse(text) as StoredObject;
  attach(object.metadata, { bytes, range });
  return object;
}

/** The same object in less memory; `object` itself if it has no managedFields or is slim. `bytes`, `from`: as {@link parseSlim}. */
export function slimmed(object: StoredObject, bytes: Uint8Array, from: number): StoredObject {
  if (Object.hasOwn(object.metadata, origin) || object.metadata['managedFields'] === undefined) return object;
  const range = findManagedFields(bytes, from);
  if (range === undefined) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  attach(metadata, { bytes, range });
  return { ...object, metadata };
}

/**
 * Whether all field sets of an object are shared with others (writers freeze those that are): giving them up frees nothing.
 */
export function sharesManagedFields({ metadata }: StoredObject): boolean {
  const entries = metadata['managedFields'];
  return (
    Array.isArray(entries) &&
    (entries as { fieldsV1?: unknown }[]).every(({ fieldsV1 }) => fieldsV1 !== undefined && Object.isFrozen(fieldsV1))
  );
}

function attach(metadata: StoredObject['metadata'], from: Origin): void {
  Object.defineProperty(metadata, origin, { value: from });
  Object.defineProperty(metadata, 'managedFields', lazily);
}
