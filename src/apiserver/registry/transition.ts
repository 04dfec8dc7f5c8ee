/** From the stored object to the next: what stays the server's, when a generation begins, and what is no change at all. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject } from '#api/object.ts';
import { jsonEqual } from '#api/meta/equality.ts';

type Old = DeepReadonly<KubeObject>;

/** uid, creation and deletion cannot be changed by a client; a missing value is filled in. */
export function keepSystemFields(object: KubeObject, old: Old): void {
  const { metadata } = object;
  delete metadata.selfLink;
  if ((metadata.uid ?? '') === '' && old.metadata.uid !== undefined) metadata.uid = old.metadata.uid;
  if (old.metadata.creationTimestamp !== undefined) metadata.creationTimestamp = old.metadata.creationTimestamp;
  if (old.metadata.deletionTimestamp === undefined) return;
  metadata.deletionTimestamp = old.metadata.deletionTimestamp;
  const grace = old.metadata.deletionGracePeriodSeconds;
  if (grace !== undefined && metadata.deletionGracePeriodSeconds === undefined)
    metadata.deletionGracePeriodSeconds = grace;
}

/**
 * Whether a field is what it was. If so, the object gets the very value of the old one: later comparisons and rules see at
 * once that nothing changed, and the two versions share its memory.
 */
function keepsField(object: Record<string, unknown>, old: Readonly<Record<string, unknown>>, field: string): boolean {
  const value = old[field];
  if (!jsonEqual(object[field], value)) return false;
  if (typeof value === 'object' && object[field] !== value) object[field] = value;
  return true;
}

/** A change of anything but metadata and status begins a new generation. */
export function setGeneration(object: KubeObject, old: Old): void {
  const current = old.metadata.generation;
  if (current === undefined && object.metadata.generation === undefined) delete object.metadata.generation;
  for (const field of fieldsOf(object, old)) {
    if (field === 'metadata' || field === 'status' || field === 'apiVersion' || field === 'kind') continue;
    if (keepsField(object, old, field)) continue;
    object.metadata.generation = (current ?? 0) + 1;
    return;
  }
}

function fieldsOf(a: object, b: object): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)]);
}

/** Nothing differs but resourceVersion and the times in managedFields. */
export function isUnchanged(object: KubeObject, old: Old): boolean {
  for (const field of fieldsOf(object, old)) {
    if (field !== 'metadata' && field !== 'apiVersion' && field !== 'kind' && !keepsField(object, old, field))
      return false;
  }
  const metadata = object.metadata as unknown as Record<string, unknown>;
  const oldMetadata = old.metadata as unknown as Record<string, unknown>;
  for (const field of fieldsOf(metadata, oldMetadata)) {
    if (field === 'resourceVersion' || field === 'managedFields') continue;
    if (!keepsField(metadata, oldMetadata, field)) return false;
  }
  return sameManagers(object.metadata.managedFields, old.metadata.managedFields);
}

type Entries = DeepReadonly<KubeObject>['metadata']['managedFields'];

function sameManagers(a: Entries, b: Entries): boolean {
  if (a === b) return true;
  const left = a ?? [];
  const right = b ?? [];
  if (left.length !== right.length) return false;
  return left.every((entry, i) => entry === right[i] || jsonEqual({ ...entry, time: '' }, { ...right[i], time: '' }));
}
