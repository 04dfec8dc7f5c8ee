/** Which finalizers a DELETE adds or takes: how dependents are dealt with. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { ObjectMeta } from '#api/object.ts';
import type { Resource } from '#api/resource.ts';
import type { DeleteOptions } from '#apiserver/registry/delete-options.ts';

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** Undefined: they stay as they are. */
export function deletionFinalizers(
  resource: Resource,
  metadata: DeepReadonly<ObjectMeta>,
  options: DeleteOptions,
): string[] | undefined {
  const current = metadata.finalizers ?? [];
  const next = current.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  if (shouldOrphan(resource, current, options)) next.push(orphan);
  if (shouldWait(resource, current, options)) next.push(foreground);
  const isSame = next.length === current.length && next.every((finalizer) => current.includes(finalizer));
  return isSame ? undefined : next;
}

function shouldOrphan(resource: Resource, current: readonly string[], options: DeleteOptions): boolean {
  if (resource.defaultPropagation === 'None') return false;
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Orphan';
  const standing = current.find((finalizer) => finalizer === orphan || finalizer === foreground);
  return standing === undefined ? resource.defaultPropagation === 'Orphan' : standing === orphan;
}

function shouldWait(resource: Resource, current: readonly string[], options: DeleteOptions): boolean {
  if (resource.defaultPropagation === 'None' || options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Foreground';
  return current.find((finalizer) => finalizer === orphan || finalizer === foreground) === foreground;
}
