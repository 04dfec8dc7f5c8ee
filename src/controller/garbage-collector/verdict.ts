/** What becomes of a dependent, given the state of its owners. Pure. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata, OwnerReference } from '#api/object.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export interface Owners {
  /** There, and not on its way out in the foreground. */
  readonly solid: readonly DeepReadonly<OwnerReference>[];
  /** Gone. */
  readonly dangling: readonly DeepReadonly<OwnerReference>[];
  /** Waits for its dependents to be gone first. */
  readonly waiting: readonly DeepReadonly<OwnerReference>[];
}

export type Verdict =
  | { readonly kind: 'keep' }
  /** Some owners remain: drop the references to those that do not. */
  | { readonly kind: 'unlink'; readonly uids: readonly string[] }
  | { readonly kind: 'delete'; readonly propagation: 'Orphan' | 'Background' | 'Foreground' };

/** `hasDependents`: somebody names the object as owner. */
export function judge(object: DeepReadonly<HasMetadata>, owners: Owners, hasDependents: boolean): Verdict {
  const { solid, dangling, waiting } = owners;
  if (solid.length > 0) {
    const uids = [...dangling, ...waiting].map((reference) => reference.uid);
    return uids.length === 0 ? { kind: 'keep' } : { kind: 'unlink', uids };
  }
  if (waiting.length > 0 && hasDependents) return { kind: 'delete', propagation: 'Foreground' };
  if (hasFinalizer(object, orphanFinalizer)) return { kind: 'delete', propagation: 'Orphan' };
  if (hasFinalizer(object, foregroundFinalizer)) return { kind: 'delete', propagation: 'Foreground' };
  return { kind: 'delete', propagation: 'Background' };
}

export function hasFinalizer(object: DeepReadonly<HasMetadata>, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}

export function isBeingDeleted(object: DeepReadonly<HasMetadata>): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** It is deleted in the foreground and waits for its dependents. */
export function waitsForDependents(object: DeepReadonly<HasMetadata>): boolean {
  return isBeingDeleted(object) && hasFinalizer(object, foregroundFinalizer);
}

/** The dependent holds up the deletion of this owner. */
export function blocks(dependent: DeepReadonly<HasMetadata>, ownerUid: string): boolean {
  const reference = dependent.metadata.ownerReferences?.find((owner) => owner.uid === ownerUid);
  return reference?.blockOwnerDeletion === true;
}
