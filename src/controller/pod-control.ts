/** Creating pods from a template and deleting them, with the events that upstream's controllers send about it. */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { Pod, PodTemplateSpec } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { isNotFound, isStatusError } from '#api/status.ts';
import { controllerReference } from '#api/meta/owner-references.ts';
import type { ControllerContext } from '#controller/controller.ts';

export interface PodOwner {
  readonly object: DeepReadonly<HasMetadata>;
  readonly resource: ResourceRef;
}

/** The pod a template stands for: labels, annotations, finalizers and spec copied, owned by `owner`, name generated. */
export function podFromTemplate(template: DeepReadonly<PodTemplateSpec>, owner: PodOwner): Pod {
  const meta = template.metadata;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.object.metadata.name}-`,
      namespace: owner.object.metadata.namespace,
      ownerReferences: [controllerReference(owner.object, owner.resource)],
    },
    spec: cloneJson(template.spec) as Pod['spec'],
  };
  if (meta?.labels !== undefined) pod.metadata.labels = { ...meta.labels };
  if (meta?.annotations !== undefined) pod.metadata.annotations = { ...meta.annotations };
  if (meta?.finalizers !== undefined) pod.metadata.finalizers = [...meta.finalizers];
  return pod;
}

/** Creates it and says so in an event about the owner. Throws what the server answered. */
export async function createPod(ctx: ControllerContext, pod: Pod, owner: PodOwner): Promise<void> {
  try {
    const created = await ctx.client.create(pods, pod);
    ctx.events.event(owner.object, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
  } catch (error) {
    if (!isNamespaceTerminating(error)) {
      ctx.events.event(owner.object, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(error)}`);
    }
    throw error;
  }
}

/** Deletes it and says so. False: it was gone already. */
export async function deletePod(ctx: ControllerContext, pod: DeepReadonly<Pod>, owner: PodOwner): Promise<boolean> {
  const { namespace = '', name = '' } = pod.metadata;
  try {
    await ctx.client.delete(pods, { namespace, name });
    ctx.events.event(owner.object, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    ctx.events.event(owner.object, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`);
    throw error;
  }
}

/** Nothing can be created in a namespace that is going away; retrying is no use. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    isStatusError(error) && error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true
  );
}

/**
 * Calls `action` up to `count` times in batches of 1, 2, 4, …, and stops after the first batch with a failure: if all would
 * fail for the same reason, only a few are tried. Answers how many succeeded, and the first failure.
 */
export async function slowStart(
  count: number,
  action: (index: number) => Promise<void>,
): Promise<{ succeeded: number; failure?: unknown }> {
  let succeeded = 0;
  for (let done = 0, size = 1; done < count; done += size, size *= 2) {
    size = Math.min(size, count - done);
    const batch = Array.from({ length: size }, (_, i) => action(done + i));
    const results = await Promise.allSettled(batch);
    const failed = results.find((result) => result.status === 'rejected');
    succeeded += results.filter((result) => result.status === 'fulfilled').length;
    if (failed !== undefined) return { succeeded, failure: failed.reason };
  }
  return { succeeded };
}
