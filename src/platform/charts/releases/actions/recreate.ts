/** --recreate-pods: deletes the pods that changed objects select, so that their controllers start new ones. */
import { pods } from '#api/generated/resources.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import { errorMessage } from '#base/logger.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';

const bySelector: ReadonlySet<string> = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Deployment', 'Job']);
const byLabels: ReadonlySet<string> = new Set(['ReplicationController', 'Service']);

/** A failure is only logged, and ends it, as in Helm. */
export async function recreatePods(context: ReleaseContext, objects: readonly ReleaseObject[]): Promise<void> {
  for (const one of objects) {
    const labelSelector = selectorOf(one);
    if (labelSelector === undefined) continue;
    const { namespace, name } = one.key;
    try {
      const list = await context.client.list(pods, { namespace, labelSelector });
      for (const { metadata } of list.items)
        await context.client.delete(
          pods,
          { namespace, name: metadata.name ?? '' },
          { preconditions: metadata.uid === undefined ? {} : { uid: metadata.uid } },
        );
    } catch (error) {
      const what = `unable to recreate pods for object ${namespace}/${name} because an error occurred`;
      context.debug(`${what}: ${errorMessage(error)}`);
      return;
    }
  }
}

function selectorOf({ resource, object }: ReleaseObject): string | undefined {
  const selector = (object['spec'] as { selector?: Record<string, unknown> } | undefined)?.selector;
  if (selector === undefined) return undefined;
  if (bySelector.has(resource.kind)) return formatLabelSelector(selector as Parameters<typeof formatLabelSelector>[0]);
  if (byLabels.has(resource.kind)) return formatLabelSelector({ matchLabels: selector as Record<string, string> });
  return undefined;
}
