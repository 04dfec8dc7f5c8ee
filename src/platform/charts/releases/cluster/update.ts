/**
 * From one manifest's objects to the next one's: what is missing is created, what is there is patched, what is no longer
 * wanted is deleted. The patch is made of three versions: as the release had it, as it is wanted, as it is on the cluster.
 */
import type { HasMetadata } from '#api/object.ts';
import { threeWayPatch } from '#api/patch/three-way.ts';
import { definitionOfKind } from '#api/schema/kinds.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { errorMessage } from '#base/logger.ts';
import type { ApplyMode } from '#platform/charts/releases/cluster/create.ts';
import { createObject, retryingConflicts } from '#platform/charts/releases/cluster/create.ts';
import { twoWayMergePatch } from '#platform/charts/releases/cluster/merge-diff.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { isSameObject } from '#platform/charts/releases/cluster/objects.ts';
import { adoptManagedFields, applyObject } from '#platform/charts/releases/cluster/server-side.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { fieldManager } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';

/** How the objects are written. */
export interface UpdateMode extends ApplyMode {
  /** PUT instead of patches. */
  readonly replace: boolean;
  /** Custom resources are patched from three versions instead of two: for objects that are taken over. */
  readonly threeWayForCustom: boolean;
  /** The release was client-side so far: its managed fields are handed over first. */
  readonly adoptsManagedFields: boolean;
}

/** What was done, whether or not it ended well. */
export interface Changes {
  readonly created: ReleaseObject[];
  readonly updated: ReleaseObject[];
  readonly deleted: ReleaseObject[];
}

const readsAtOnce = 16;

/**
 * Brings the cluster from `original` to `target`; `changes` is filled while it goes, so that a failure can be cleaned up.
 * Throws a ReleaseError: at once if an object cannot be read or created, at the end for all patches that failed.
 */
export async function updateObjects(
  context: ReleaseContext,
  { original, target }: { readonly original: readonly ReleaseObject[]; readonly target: readonly ReleaseObject[] },
  { mode, changes }: { readonly mode: UpdateMode; readonly changes: Changes },
): Promise<void> {
  context.debug(`checking ${target.length} resources for changes`);
  const problems: string[] = [];
  const live = liveObjects(context, target);
  for (const [index, object] of target.entries()) {
    const current = await live(index);
    if (current === undefined) {
      changes.created.push(object);
      await createObject(context, object, mode).catch((error: unknown) => {
        throw new ReleaseError(`failed to create resource: ${errorMessage(error)}`);
      });
      context.debug(
        `Created a new ${object.resource.kind} called ${JSON.stringify(object.key.name)} in ${object.key.namespace}\n`,
      );
      continue;
    }
    const before = original.find((one) => isSameObject(one, object));
    try {
      await updateObject(context, object, { before: before?.object ?? current, current, mode });
    } catch (error) {
      context.debug(`error updating the resource ${JSON.stringify(object.key.name)}:\n\t ${errorMessage(error)}`);
      problems.push(errorMessage(error));
    }
    changes.updated.push(object);
  }
  if (problems.length > 0) throw new ReleaseError(problems.join(' && '));
  const unwanted = original.filter((one) => !target.some((other) => isSameObject(one, other)));
  for (const object of unwanted) if (await removeUnwanted(context, object)) changes.deleted.push(object);
}

/** Reads ahead of the writes, a few at once. */
function liveObjects(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
): (index: number) => Promise<HasMetadata | undefined> {
  const reads: Promise<HasMetadata | undefined>[] = [];
  const readTo = (end: number): void => {
    for (let index = reads.length; index < Math.min(end, objects.length); index++) {
      const one = objects[index] as ReleaseObject;
      const read = context.client.find(one.resource, one.key).catch((error: unknown) => {
        throw new ReleaseError(`could not get information about the resource: ${errorMessage(error)}`);
      });
      read.catch(() => {});
      reads.push(read);
    }
  };
  return (index) => {
    readTo(index + readsAtOnce);
    return reads[index] as Promise<HasMetadata | undefined>;
  };
}

interface Versions {
  readonly before: HasMetadata;
  readonly current: HasMetadata;
  readonly mode: UpdateMode;
}

async function updateObject(context: ReleaseContext, target: ReleaseObject, versions: Versions): Promise<void> {
  const { mode, current } = versions;
  if (mode.replace) return replaceObject(context, target, current);
  if (mode.method === 'server') {
    if (mode.adoptsManagedFields) await adoptManagedFields(context, target, current);
    await applyObject(context, target, mode);
    return;
  }
  const { resource, key } = target;
  const { patch, type } = clientPatch(target, versions);
  if (Object.keys(patch).length === 0) {
    context.debug(`Looks like there are no changes for ${resource.kind} ${JSON.stringify(key.name)}`);
    return;
  }
  context.debug(`Patch ${resource.kind} ${JSON.stringify(key.name)} in namespace ${key.namespace}`);
  try {
    await context.client.patch(resource, key, patch, { type, fieldManager });
  } catch (error) {
    context.objectFailed?.({ object: target, error });
    throw new ReleaseError(
      `cannot patch ${JSON.stringify(key.name)} with kind ${resource.kind}: ${errorMessage(error)}`,
    );
  }
}

async function replaceObject(context: ReleaseContext, target: ReleaseObject, current: HasMetadata): Promise<void> {
  const { resource, object } = target;
  const { resourceVersion } = current.metadata;
  const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  try {
    await retryingConflicts(() => context.client.update(resource, { ...object, metadata }, { fieldManager }));
  } catch (error) {
    context.objectFailed?.({ object: target, error });
    throw new ReleaseError(`failed to replace object: ${errorMessage(error)}`);
  }
}

/** The patch that Helm would send; empty if nothing is to be changed. */
export function clientPatch(
  target: ReleaseObject,
  { before, current, mode }: Versions,
): { patch: Record<string, unknown>; type: 'strategic' | 'merge' } {
  const versions = {
    original: before as unknown as Record<string, unknown>,
    modified: target.object as Record<string, unknown>,
    current: current as unknown as Record<string, unknown>,
  };
  const definition = strategicDefinition(target);
  if (definition !== undefined)
    return { patch: threeWayPatch(versions, builtinSchemas.type(definition)), type: 'strategic' };
  if (mode.threeWayForCustom) return { patch: threeWayPatch(versions), type: 'merge' };
  return { patch: twoWayMergePatch(versions.original, versions.modified), type: 'merge' };
}

/** Helm knows client-go's kinds; APIServices are custom resources to it. */
function strategicDefinition({ resource }: ReleaseObject): string | undefined {
  return resource.group === 'apiregistration.k8s.io' ? undefined : definitionOfKind(resource);
}

/** Whether it is gone now; failures are only logged, as Helm does. */
async function removeUnwanted(context: ReleaseContext, object: ReleaseObject): Promise<boolean> {
  const { resource, key } = object;
  const name = JSON.stringify(key.name);
  context.debug(`Deleting ${resource.kind} ${name} in namespace ${key.namespace}...`);
  try {
    const live = await context.client.get(resource, key);
    if (live.metadata.annotations?.[resourcePolicyAnnotation] === 'keep') {
      context.debug(`Skipping delete of ${name} due to annotation [${resourcePolicyAnnotation}=keep]`);
      return false;
    }
    await retryingConflicts(() => context.client.delete(resource, key, { propagationPolicy: 'Background' }));
    return true;
  } catch (error) {
    context.debug(`Failed to delete ${name}, err: ${errorMessage(error)}`);
    return false;
  }
}

/** `keep`: the object outlives its release. */
export const resourcePolicyAnnotation = 'helm.sh/resource-policy';
