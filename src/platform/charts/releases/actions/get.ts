/** What is recorded of one release: `helm history`, `status` and `get all|hooks|manifest|metadata|notes|values`. */
import type { HasMetadata } from '#api/object.ts';
import { errorMessage } from '#base/logger.ts';
import { pods } from '#api/generated/resources.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { coalesceValues } from '#platform/charts/values/coalesce.ts';
import type { Table } from '#platform/charts/values/table.ts';
import type { Release } from '#platform/charts/release.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, releaseNameProblem } from '#platform/charts/releases/errors.ts';
import { releaseAt, releaseHistory } from '#platform/charts/releases/storage/history.ts';

/** All revisions, oldest first. Throws NotFound. */
export async function historyOfRelease(context: ReleaseContext, name: string): Promise<Release[]> {
  await context.resources.reach();
  if (releaseNameProblem(name) !== undefined) throw new ReleaseError(`release name is invalid: ${name}`);
  return releaseHistory(context.driver, name);
}

/** A revision, or the newest one for 0. Throws NotFound. */
export async function getRelease(context: ReleaseContext, name: string, revision = 0): Promise<Release> {
  await context.resources.reach();
  if (releaseNameProblem(name) !== undefined)
    throw new ReleaseError(`releaseContent: Release name is invalid: ${name}`);
  return releaseAt(context.driver, name, revision);
}

/** The values that the user gave, or with the chart's defaults below them. */
export async function getValues(
  context: ReleaseContext,
  name: string,
  { revision = 0, scope = 'user' }: { readonly revision?: number; readonly scope?: 'user' | 'all' } = {},
): Promise<Table> {
  const release = await getRelease(context, name, revision);
  if (scope === 'user') return release.config;
  return coalesceValues(release.chart, release.config, { mode: 'coalesce', warn: (message) => context.warn(message) });
}

/** An object of a release as the cluster has it; undefined if it is not there. */
export interface LiveResource {
  readonly wanted: ReleaseObject;
  readonly live: HasMetadata | undefined;
}

/** A release with its objects and the pods that they select: `status --show-resources`. */
export interface ReleaseResources {
  readonly release: Release;
  readonly resources: readonly LiveResource[];
  readonly relatedPods: readonly HasMetadata[];
}

/** Throws NotFound. Objects that cannot be read count as not there. */
export async function getReleaseResources(
  context: ReleaseContext,
  name: string,
  revision = 0,
): Promise<ReleaseResources> {
  const release = await getRelease(context, name, revision);
  const wanted = await buildObjects(context, release.manifest);
  const resources = await Promise.all(wanted.map(async (one) => ({ wanted: one, live: await readLive(context, one) })));
  return { release, resources, relatedPods: await selectedPods(context, wanted) };
}

async function readLive(context: ReleaseContext, one: ReleaseObject): Promise<HasMetadata | undefined> {
  try {
    return await context.client.find(one.resource, one.key);
  } catch (error) {
    context.debug(`Get resource ${one.key.name} failed, err:${errorMessage(error)}`);
    return undefined;
  }
}

const podOwners: ReadonlySet<string> = new Set(['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

async function selectedPods(context: ReleaseContext, objects: readonly ReleaseObject[]): Promise<HasMetadata[]> {
  const selections = new Map<string, { namespace: string; labelSelector: string }>();
  for (const { resource, object, key } of objects) {
    const selector = (object['spec'] as { selector?: Record<string, unknown> } | undefined)?.selector;
    const matchLabels = podOwners.has(resource.kind)
      ? selector?.['matchLabels']
      : resource.kind === 'ReplicationController'
        ? selector
        : undefined;
    if (matchLabels === undefined) continue;
    const labelSelector = formatLabelSelector({ matchLabels: matchLabels as Record<string, string> });
    if (!selections.has(labelSelector)) selections.set(labelSelector, { namespace: key.namespace, labelSelector });
  }
  const lists = await Promise.all([...selections.values()].map((selection) => context.client.list(pods, selection)));
  return lists.flatMap(({ items }) => items);
}
