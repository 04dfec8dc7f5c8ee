/** Carries out a plan of slices. */
import type { Endpoint, EndpointSlice } from '#api/generated/discovery/v1.ts';
import { endpointslices } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isNotFound } from '#api/status.ts';
import { objectKey } from '#client/object-index.ts';
import type { ControllerContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/pod-control.ts';
import type { Group, SlicesPlan } from '#kinds/discovery/endpointslice/slices-plan.ts';

export interface SliceOwner {
  /** The key creations are expected under. */
  readonly id: string;
  readonly ctx: ControllerContext;
  newSlice(group: Group, endpoints: Endpoint[]): EndpointSlice;
}

/** Creates, updates and deletes; throws the first failure after all were tried. */
export async function applySlices(plan: SlicesPlan, owner: SliceOwner): Promise<void> {
  const { ctx, id } = owner;
  ctx.expectations.expectCreations(id, plan.creates.length);
  const creates = plan.creates.map(async ({ group, endpoints }) => {
    try {
      await ctx.client.create(endpointslices, owner.newSlice(group, endpoints));
    } catch (error) {
      ctx.expectations.creationObserved(id);
      if (!isNamespaceTerminating(error)) throw error;
    }
  });
  const updates = plan.updates.map((slice) => ctx.client.update(endpointslices, slice));
  const deletes = plan.deletes.map((slice) => deleteSlice(objectKey(slice), ctx));
  const results = await Promise.allSettled([...creates, ...updates, ...deletes]);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

async function deleteSlice(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  try {
    await ctx.client.delete(endpointslices, key);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
