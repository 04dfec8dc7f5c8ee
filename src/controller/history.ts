/**
 * The history of a pod template as ControllerRevisions: what DaemonSets and StatefulSets roll back to. A revision's name ends
 * in the hash of the template it holds; pods carry that hash in the label `controller-revision-hash`.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { ControllerRevision } from '#api/generated/apps/v1.ts';
import type { PodTemplateSpec } from '#api/generated/core/v1.ts';
import type { LabelSelector } from '#api/generated/meta/v1.ts';
import { controllerrevisions } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { isAlreadyExists, isNotFound } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { controllerReference } from '#api/meta/owner-references.ts';
import { objectKey } from '#client/object-index.ts';
import { claimObjects } from '#controller/claim.ts';
import type { ControllerContext } from '#controller/controller.ts';
import { templateHash } from '#controller/template-hash.ts';

export const revisionHashLabel = 'controller-revision-hash';

type Revision = DeepReadonly<ControllerRevision>;

export interface TemplateOwner<T extends HasMetadata> {
  readonly object: DeepReadonly<T>;
  readonly resource: ResourceRef<T>;
  readonly template: DeepReadonly<PodTemplateSpec>;
  readonly selector: DeepReadonly<LabelSelector> | undefined;
  readonly collisionCount: number;
}
export interface History {
  readonly current: Revision;
  /** Oldest first, without the current one. */
  readonly old: readonly Revision[];
}
/** The name is taken by another template: the owner's collision count has to rise. */
export class HashCollision extends Error {
  override name = 'HashCollision';
}

/** The hash that pods of a revision carry. */
export function hashOf(revision: Revision): string {
  return revision.metadata.labels?.[revisionHashLabel] ?? '';
}

/** Finds or makes the revision of the owner's template; one that is used again becomes the newest. */
export async function syncHistory<T extends HasMetadata>(
  ctx: ControllerContext,
  owner: TemplateOwner<T>,
): Promise<History> {
  const all = await claimObjects<T, ControllerRevision>(ctx, {
    owner: owner.object,
    ownerResource: owner.resource,
    resource: controllerrevisions,
    selector: selectorOf(owner.selector),
  });
  all.sort((a, b) => a.revision - b.revision);
  const data = { spec: { template: inOrder({ ...(cloneJson(owner.template) as object), $patch: 'replace' }) } };
  const newest = all.at(-1)?.revision ?? 0;
  const present = all.findLast((revision) => semanticEqual(revision.data, data));
  const old = all.filter((revision) => revision !== present);
  if (present === undefined) return { current: await create(ctx, owner, { data, revision: newest + 1 }), old };
  if (present.revision === newest) return { current: present, old };
  const changed = { ...(cloneJson(present) as ControllerRevision), revision: newest + 1 };
  return { current: await ctx.client.update(controllerrevisions, changed), old };
}

/** With keys sorted: clients compare the bytes of the data with those of a template that Go has printed. */
function inOrder<T>(value: T): T {
  if (Array.isArray(value)) return value.map(inOrder) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(item)])) as T;
}

async function create<T extends HasMetadata>(
  ctx: ControllerContext,
  owner: TemplateOwner<T>,
  content: { data: Record<string, unknown>; revision: number },
): Promise<ControllerRevision> {
  const meta = (owner.object as HasMetadata).metadata;
  const hash = templateHash(owner.template, owner.collisionCount);
  const revision: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${meta.name}-${hash}`,
      namespace: meta.namespace,
      labels: { ...owner.template.metadata?.labels, [revisionHashLabel]: hash },
      annotations: { ...meta.annotations },
      ownerReferences: [controllerReference(owner.object as HasMetadata, owner.resource)],
    },
    ...content,
  };
  try {
    return await ctx.client.create(controllerrevisions, revision);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const taken = await ctx.client.get(controllerrevisions, objectKey(revision));
    if (semanticEqual(taken.data, content.data)) return taken;
    throw new HashCollision(`${revision.metadata.name} holds another template`);
  }
}

/** Deletes the oldest beyond `limit`, except those whose hash is in `live`. */
export async function trimHistory(
  ctx: ControllerContext,
  old: readonly Revision[],
  options: { limit: number; live: ReadonlySet<string> },
): Promise<void> {
  const unused = old.filter((revision) => !options.live.has(hashOf(revision)));
  for (const revision of unused.slice(0, Math.max(0, unused.length - options.limit))) {
    try {
      await ctx.client.delete(controllerrevisions, objectKey(revision));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
