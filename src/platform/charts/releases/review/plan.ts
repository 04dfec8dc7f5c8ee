/**
 * What an upgrade would do, found out without doing it: every object of the new manifest is written with dryRun, so that
 * defaults, webhooks and refusals are the server's own; the answer is compared with what the cluster has.
 */
import { errorMessage } from '#base/logger.ts';
import type { HasMetadata } from '#api/object.ts';
import type { UpgradeOptions } from '#platform/charts/releases/actions/upgrade.ts';
import { prepareUpgrade } from '#platform/charts/releases/actions/upgrade.ts';
import type { PreparedUpgrade } from '#platform/charts/releases/actions/upgrade.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects, isSameObject } from '#platform/charts/releases/cluster/objects.ts';
import type { UpdateMode } from '#platform/charts/releases/cluster/update.ts';
import { clientPatch, resourcePolicyAnnotation } from '#platform/charts/releases/cluster/update.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { fieldManager } from '#platform/charts/releases/context.ts';
import { getRelease } from '#platform/charts/releases/actions/get.ts';
import { markOwned } from '#platform/charts/releases/cluster/ownership.ts';
import { isSameToReviewer, objectDiff } from '#platform/charts/releases/review/object-text.ts';

/** What becomes of one object; `keep`: it leaves the release, but its resource policy keeps it. */
export type PlannedAction = 'create' | 'change' | 'unchanged' | 'delete' | 'keep' | 'refused';

/** One object of a plan. */
export interface PlannedObject {
  readonly action: PlannedAction;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The template it comes from; '' for objects that leave the release. */
  readonly source: string;
  /** Unified diff of the object's YAML, Secrets hidden; '' where nothing changes. */
  readonly diff: string;
  /** Why the server would refuse it; '' unless the action is `refused`. */
  readonly refusal: string;
}

/** What an upgrade would do, in the order in which it would. */
export interface Plan {
  readonly name: string;
  readonly namespace: string;
  /** The revision that would be written. */
  readonly revision: number;
  readonly objects: readonly PlannedObject[];
}

/** Makes the plan of an upgrade. Nothing is written. Throws as upgradeRelease does before its first write. */
export async function planUpgrade(context: ReleaseContext, options: UpgradeOptions): Promise<Plan> {
  await context.resources.reach();
  const prepared = await prepareUpgrade(context, { ...options, dryRun: 'server' });
  const { name, namespace, version } = prepared.record.release;
  const mode: UpdateMode = {
    method: prepared.isServerSide ? 'server' : 'client',
    forceConflicts: options.forceConflicts === true,
    replace: false,
    threeWayForCustom: false,
    adoptsManagedFields: false,
  };
  const kept = await Promise.all(prepared.target.map((one) => plannedChange(context, one, { prepared, mode })));
  const leaving = prepared.original.filter((one) => !prepared.target.some((other) => isSameObject(one, other)));
  const removed = await Promise.all(leaving.map((one) => plannedRemoval(context, one)));
  const objects = [...kept, ...removed.filter((one) => one !== undefined)];
  return { name, namespace, revision: version, objects };
}

async function plannedChange(
  context: ReleaseContext,
  target: ReleaseObject,
  { prepared, mode }: { readonly prepared: PreparedUpgrade; readonly mode: UpdateMode },
): Promise<PlannedObject> {
  const live = await context.client.find(target.resource, target.key);
  const before = prepared.original.find((one) => isSameObject(one, target))?.object ?? live;
  try {
    if (live === undefined) {
      const options = { fieldManager, dryRun: true };
      const created = await context.client.create(target.resource, target.object, options);
      return described(target, { action: 'create', diff: objectDiff(undefined, created) });
    }
    const after = await dryRun(context, target, { before: before ?? live, live, mode });
    const isSame = isSameToReviewer(live, after);
    return described(target, { action: isSame ? 'unchanged' : 'change', diff: isSame ? '' : objectDiff(live, after) });
  } catch (error) {
    return described(target, {
      action: 'refused',
      diff: objectDiff(live, target.object),
      refusal: errorMessage(error),
    });
  }
}

/** The object as the server would have it after the write. */
async function dryRun(
  context: ReleaseContext,
  target: ReleaseObject,
  { before, live, mode }: { readonly before: HasMetadata; readonly live: HasMetadata; readonly mode: UpdateMode },
): Promise<HasMetadata> {
  const { resource, key } = target;
  const common = { fieldManager, dryRun: true };
  if (mode.method === 'server')
    return context.client.patch<HasMetadata>(resource, key, target.object, {
      ...common,
      type: 'apply',
      force: mode.forceConflicts,
    });
  const { patch, type } = clientPatch(target, { before, current: live, mode });
  if (Object.keys(patch).length === 0) return live;
  return context.client.patch<HasMetadata>(resource, key, patch, { ...common, type });
}

/** Undefined: it is gone already. */
async function plannedRemoval(context: ReleaseContext, one: ReleaseObject): Promise<PlannedObject | undefined> {
  const live = await context.client.find(one.resource, one.key);
  if (live === undefined) return undefined;
  const isKept = live.metadata.annotations?.[resourcePolicyAnnotation] === 'keep';
  const action = isKept ? 'keep' : 'delete';
  return { ...described(one, { action, diff: isKept ? '' : objectDiff(live, undefined) }), source: '' };
}

function described(
  { resource, key, object, source }: ReleaseObject,
  result: { readonly action: PlannedAction; readonly diff: string; readonly refusal?: string },
): PlannedObject {
  const apiVersion = object.apiVersion ?? '';
  return { apiVersion, kind: resource.kind, ...key, source, refusal: '', ...result };
}

/** What differs between the last revision and the cluster. */
export interface Drift {
  readonly name: string;
  readonly revision: number;
  /** `missing`: somebody deleted it. `changed`: the release would set fields back; the diff shows which. */
  readonly objects: readonly (Omit<PlannedObject, 'action'> & { readonly state: 'missing' | 'changed' })[];
}

/** Compares a release's newest revision with the cluster; fields that the release does not set may be anything. */
export async function detectDrift(context: ReleaseContext, name: string): Promise<Drift> {
  const release = await getRelease(context, name);
  const objects = await buildObjects(context, release.manifest);
  markOwned(objects, release);
  const mode: UpdateMode = {
    method: 'client',
    forceConflicts: false,
    replace: false,
    threeWayForCustom: true,
    adoptsManagedFields: false,
  };
  const states = await Promise.all(
    objects.map(async (one) => {
      const { action: _action, ...place } = described(one, { action: 'unchanged', diff: '' });
      const live = await context.client.find(one.resource, one.key);
      if (live === undefined) return { ...place, state: 'missing' as const };
      const after = await dryRun(context, one, { before: one.object, live, mode });
      if (isSameToReviewer(live, after)) return undefined;
      return { ...place, state: 'changed' as const, diff: objectDiff(live, after) };
    }),
  );
  return { name, revision: release.version, objects: states.filter((state) => state !== undefined) };
}
