/**
 * Server-side apply of a release's objects, as Helm 4 does it, and the change from client-side to server-side management:
 * what the manager `helm` wrote by Update becomes what it applied, so that a field left out later is removed.
 */
import { errorMessage } from '#base/logger.ts';
import type { HasMetadata, ObjectMeta } from '#api/object.ts';
import { isConflict, isStatusError } from '#api/status.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { fieldManager } from '#platform/charts/releases/context.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';

type ManagedFields = NonNullable<ObjectMeta['managedFields']>;
type ManagedFieldsEntry = ManagedFields[number];
type FieldTree = { readonly [step: string]: FieldTree };

/** Applies one object and answers it as the server has it. Conflicts and refusals are ReleaseErrors in Helm 4's words. */
export async function applyObject(
  context: ReleaseContext,
  one: ReleaseObject,
  { forceConflicts, dryRun = false }: { readonly forceConflicts: boolean; readonly dryRun?: boolean },
): Promise<HasMetadata> {
  const { resource, key, object } = one;
  const options = { type: 'apply', fieldManager, force: forceConflicts, fieldValidation: 'Strict', dryRun } as const;
  try {
    return await context.client.patch<HasMetadata>(resource, key, object, options);
  } catch (error) {
    context.objectFailed?.({ object: one, error });
    if (isStatusError(error) && error.code === 415)
      throw new ReleaseError(`server-side apply not available on the server: ${errorMessage(error)}`);
    const what = `${key.namespace}/${key.name} ${kindText(one)}`;
    if (isConflict(error))
      throw new ReleaseError(`conflict occurred while applying object ${what}: ${errorMessage(error)}`);
    if (isStatusError(error)) throw new ReleaseError(`server-side apply failed for object ${what}: ${error.message}`);
    throw error;
  }
}

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Service`. */
function kindText({ resource }: ReleaseObject): string {
  return `${resource.group}/${resource.version}, Kind=${resource.kind}`;
}

/** Hands what `helm` manages by Update on a live object over to its Apply; does nothing where there is none. */
export async function adoptManagedFields(
  context: ReleaseContext,
  one: ReleaseObject,
  live: HasMetadata,
): Promise<void> {
  let current = live;
  for (let tries = 1; ; tries++) {
    const upgraded = upgradedManagedFields(current.metadata.managedFields ?? []);
    if (upgraded === undefined) return;
    const patch = [
      { op: 'replace', path: '/metadata/managedFields', value: upgraded },
      { op: 'replace', path: '/metadata/resourceVersion', value: current.metadata.resourceVersion },
    ];
    try {
      await context.client.patch(one.resource, one.key, patch, { type: 'json', fieldManager });
      return;
    } catch (error) {
      if (!isConflict(error) || tries === 5) throw adoptionError(one, error);
      current = await context.client.get(one.resource, one.key);
    }
  }
}

function adoptionError(one: ReleaseObject, error: unknown): ReleaseError {
  const what = `${one.key.namespace}/${one.key.name} ${kindText(one)}`;
  return new ReleaseError(`failed to patch object to upgrade CSA field manager ${what}: ${errorMessage(error)}`);
}

/** Undefined if there is nothing to hand over. */
export function upgradedManagedFields(entries: ManagedFields): ManagedFields | undefined {
  const byUpdate = entries.filter((entry) => isOwn(entry, 'Update'));
  if (byUpdate.length === 0) return undefined;
  const target = entries.find((entry) => isOwn(entry, 'Apply')) ?? byUpdate[0];
  if (target === undefined) return undefined;
  const fields = byUpdate
    .filter(({ apiVersion }) => apiVersion === target.apiVersion)
    .reduce((tree, entry) => union(tree, treeOf(entry)), treeOf(target));
  const applied: ManagedFieldsEntry = { ...target, operation: 'Apply', manager: fieldManager, fieldsV1: fields };
  return entries
    .map((entry) => (entry === target ? applied : entry))
    .filter((entry) => entry === applied || !isOwn(entry, 'Update'));
}

function isOwn(entry: ManagedFieldsEntry, operation: string): boolean {
  return entry.manager === fieldManager && entry.operation === operation && (entry.subresource ?? '') === '';
}

function treeOf(entry: ManagedFieldsEntry): FieldTree {
  return (entry.fieldsV1 ?? {}) as FieldTree;
}

function union(a: FieldTree, b: FieldTree): FieldTree {
  const result: Record<string, FieldTree> = { ...a };
  for (const [step, tree] of Object.entries(b)) {
    const existing = result[step];
    result[step] = existing === undefined ? tree : union(existing, tree);
  }
  return result;
}
