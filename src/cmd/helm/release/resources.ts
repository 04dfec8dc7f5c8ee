/** The objects of a release as the cluster has them: `helm status --show-resources`. */
import type { HasMetadata } from '#api/object.ts';
import { tableText } from '#cmd/helm/table.ts';
import { humanDuration } from '#base/human-duration.ts';
import type { Release } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { getReleaseResources } from '#platform/charts/releases/actions/get.ts';

/** A release, and its objects as JSON by kind, or as tables. Rejects if there is no such release. */
export async function shownResources(
  context: ReleaseContext,
  options: { readonly name: string; readonly revision: number; readonly form: 'json' | 'table' },
): Promise<{ readonly release: Release; readonly resources: string }> {
  const { release, resources, relatedPods } = await getReleaseResources(context, options.name, options.revision);
  const groups = new Map<string, HasMetadata[]>();
  for (const { live } of resources) if (live !== undefined) add(groups, kindOf(live), live);
  for (const pod of relatedPods) add(groups, 'v1/Pod(related)', pod);
  if (options.form === 'json') return { release, resources: JSON.stringify(Object.fromEntries([...groups].sort())) };
  return { release, resources: [...groups].map(([kind, objects]) => tableOf(kind, objects, context)).join('') };
}

function add(groups: Map<string, HasMetadata[]>, kind: string, object: HasMetadata): void {
  const list = groups.get(kind);
  if (list === undefined) groups.set(kind, [object]);
  else list.push(object);
}

/** Helm names a group by version and kind alone. */
function kindOf(object: HasMetadata): string {
  const { apiVersion = 'v1', kind = '' } = object as { readonly apiVersion?: string; readonly kind?: string };
  return `${apiVersion.split('/').at(-1)}/${kind}`;
}

/** Deviation: names and ages; Helm shows the server's own columns. */
function tableOf(kind: string, objects: readonly HasMetadata[], context: ReleaseContext): string {
  const rows = objects.map(({ metadata }) => {
    const created = Date.parse(String(metadata.creationTimestamp ?? ''));
    return [metadata.name ?? '', Number.isNaN(created) ? '<unknown>' : humanDuration(context.clock.now() - created)];
  });
  return `==> ${kind}\n${tableText([['NAME', 'AGE'], ...rows])}\n`;
}
