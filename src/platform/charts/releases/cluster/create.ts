/** Creating and deleting a release's objects. */
import { errorMessage } from '#base/logger.ts';
import type { HasMetadata } from '#api/object.ts';
import { isAlreadyExists, isConflict, isNotFound } from '#api/status.ts';
import type { DeleteCallOptions } from '#client/client.ts';
import type { Outcome } from '#platform/charts/releases/cluster/batches.ts';
import { failureTexts, inBatches } from '#platform/charts/releases/cluster/batches.ts';
import { applyObject } from '#platform/charts/releases/cluster/server-side.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { fieldManager } from '#platform/charts/releases/context.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { ReleaseError, joinedFailures } from '#platform/charts/releases/errors.ts';

/** How objects are written: by Helm 3's create and patch, or by server-side apply. */
export interface ApplyMode {
  readonly method: 'client' | 'server';
  /** Server-side only: takes fields over from other managers. */
  readonly forceConflicts: boolean;
}

export const clientSide: ApplyMode = { method: 'client', forceConflicts: false };

const conflictTries = 5;

/** Creates all objects. Throws one ReleaseError of everything that failed; Exists if all that failed exists already. */
export async function createObjects(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
  mode: ApplyMode,
): Promise<void> {
  context.debug(`creating ${objects.length} resource(s)`);
  if (objects.length === 0) throw new ReleaseError('no objects visited');
  const outcomes = await inBatches(objects, async (object) => void (await createObject(context, object, mode)));
  const failures = outcomes.filter((outcome) => outcome !== undefined);
  if (failures.length === 0) return;
  const problem = isAlreadyExists(failures[0]) ? 'Exists' : 'Other';
  throw new ReleaseError(joinedFailures(failures.map(errorMessage)), problem);
}

/** Creates one object and answers it as the server has it. */
export async function createObject(
  context: ReleaseContext,
  object: ReleaseObject,
  mode: ApplyMode,
): Promise<HasMetadata> {
  if (mode.method === 'server') return applyObject(context, object, mode);
  try {
    return await retryingConflicts(() => context.client.create(object.resource, object.object, { fieldManager }));
  } catch (error) {
    context.objectFailed?.({ object, error });
    throw error;
  }
}

/** What was asked to go, and what refused. */
export interface Deletions {
  readonly deleted: readonly ReleaseObject[];
  readonly failures: readonly string[];
}

/** Deletes all objects; those that are gone already count as deleted. Waits for no finalizers. */
export async function deleteObjects(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
  propagationPolicy: NonNullable<DeleteCallOptions['propagationPolicy']> = 'Background',
): Promise<Deletions> {
  if (objects.length === 0) return { deleted: [], failures: ['object not found, skipping delete: no objects visited'] };
  const outcomes: Outcome[] = await inBatches(objects, (object) => deleteObject(context, object, propagationPolicy));
  return { deleted: objects.filter((_, index) => outcomes[index] === undefined), failures: failureTexts(outcomes) };
}

async function deleteObject(
  context: ReleaseContext,
  { resource, key }: ReleaseObject,
  propagationPolicy: NonNullable<DeleteCallOptions['propagationPolicy']>,
): Promise<void> {
  context.debug(`Starting delete for ${JSON.stringify(key.name)} ${resource.kind}`);
  try {
    await retryingConflicts(() => context.client.delete(resource, key, { propagationPolicy }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    context.debug(`Ignoring delete failure for ${JSON.stringify(key.name)} ${resource.kind}: ${errorMessage(error)}`);
  }
}

/** Tries again when another writer was faster, at most five times in all. */
export async function retryingConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || tries === conflictTries) throw error;
    }
  }
}
