/**
 * Adoption and release: which objects a controller may call its own. The rules are upstream's ControllerRefManager:
 *
 * - owned and selected: kept; owned and no longer selected: released, unless the owner is going away;
 * - selected and without a controller: adopted, unless either is going away.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { isInvalid, isNotFound } from '#api/status.ts';
import type { Selector } from '#api/meta/label-selector.ts';
import { controllerOf, controllerReference } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import type { ControllerContext } from '#controller/controller.ts';
import { orphansOf } from '#controller/orphans.ts';

export interface Claim<O extends HasMetadata, T extends HasMetadata> {
  readonly owner: DeepReadonly<O>;
  readonly ownerResource: ResourceRef<O>;
  readonly resource: ResourceRef<T>;
  readonly selector: Selector;
  /** Objects that must not be adopted though the labels match (pods that have finished). */
  readonly mayAdopt?: (object: DeepReadonly<T>) => boolean;
}

/** Objects of the owner's namespace that are its own after adopting and releasing. Throws when it could not adopt. */
export async function claimObjects<O extends HasMetadata, T extends HasMetadata>(
  ctx: ControllerContext,
  claim: Claim<O, T>,
): Promise<DeepReadonly<T>[]> {
  const { owner, selector } = claim;
  const cache = ctx.cache(claim.resource);
  const meta = (owner as HasMetadata).metadata;
  const claimed: DeepReadonly<T>[] = [];
  const released: DeepReadonly<T>[] = [];
  for (const object of cache.owned(meta.uid ?? '')) {
    const itsMeta = (object as HasMetadata).metadata;
    if (controllerOf(object as HasMetadata)?.uid !== meta.uid) continue;
    if (selector.matches(itsMeta.labels)) claimed.push(object);
    else if (meta.deletionTimestamp === undefined) released.push(object);
  }
  for (const object of released) await release(ctx, claim, object);
  if (meta.deletionTimestamp === undefined && !selector.isNothing) claimed.push(...(await adoptOrphans(ctx, claim)));
  return claimed;
}

async function adoptOrphans<O extends HasMetadata, T extends HasMetadata>(
  ctx: ControllerContext,
  claim: Claim<O, T>,
): Promise<DeepReadonly<T>[]> {
  const namespace = (claim.owner as HasMetadata).metadata.namespace ?? '';
  const orphans: DeepReadonly<T>[] = [];
  for (const object of orphansOf(ctx.cache(claim.resource), namespace)) {
    const meta = (object as HasMetadata).metadata;
    if (meta.deletionTimestamp !== undefined || !claim.selector.matches(meta.labels)) continue;
    if (claim.mayAdopt === undefined || claim.mayAdopt(object)) orphans.push(object);
  }
  if (orphans.length === 0) return orphans;
  await checkOwnerLives(ctx, claim);
  const adopted: DeepReadonly<T>[] = [];
  for (const object of orphans) if (await adopt(ctx, claim, object)) adopted.push(object);
  return adopted;
}

/** Asks the server, not the cache: an owner that is being deleted must not adopt what is being orphaned. */
async function checkOwnerLives<O extends HasMetadata, T extends HasMetadata>(
  ctx: ControllerContext,
  claim: Claim<O, T>,
): Promise<void> {
  const meta = (claim.owner as HasMetadata).metadata;
  const fresh = await ctx.client.get(claim.ownerResource, objectKey(claim.owner as HasMetadata));
  const { kind } = claim.ownerResource;
  if (fresh.metadata.uid !== meta.uid) {
    throw new Error(
      `original ${kind} ${meta.namespace}/${meta.name} is gone: got uid ${fresh.metadata.uid}, wanted ${meta.uid}`,
    );
  }
  if (fresh.metadata.deletionTimestamp !== undefined) {
    throw new Error(`${meta.namespace}/${meta.name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
  }
}

/** False: it is gone, or another object of that name. */
async function adopt<O extends HasMetadata, T extends HasMetadata>(
  ctx: ControllerContext,
  claim: Claim<O, T>,
  object: DeepReadonly<T>,
): Promise<boolean> {
  const reference = controllerReference(claim.owner as HasMetadata, claim.ownerResource);
  const uid = (object as HasMetadata).metadata.uid;
  try {
    const patch = { metadata: { ownerReferences: [reference], uid } };
    await ctx.client.patch(claim.resource, objectKey(object as HasMetadata), patch, { type: 'strategic' });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function release<O extends HasMetadata, T extends HasMetadata>(
  ctx: ControllerContext,
  claim: Claim<O, T>,
  object: DeepReadonly<T>,
): Promise<void> {
  const ownerUid = (claim.owner as HasMetadata).metadata.uid;
  const uid = (object as HasMetadata).metadata.uid;
  try {
    const patch = { metadata: { ownerReferences: [{ $patch: 'delete', uid: ownerUid }], uid } };
    await ctx.client.patch(claim.resource, objectKey(object as HasMetadata), patch, { type: 'strategic' });
  } catch (error) {
    // Invalid: it is another object of that name, or has no owner any more. Either way it is not ours.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
