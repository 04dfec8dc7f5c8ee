/** What hooks and tests printed. */
import { pods } from '#api/generated/resources.ts';
import { resourcePath } from '#api/resource-ref.ts';
import { errorMessage } from '#base/logger.ts';
import { readBody } from '#client/response-body.ts';
import type { Hook } from '#platform/charts/release.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';

/** Hands the logs of a Job's or Pod's containers to the context's hookOutput. Throws what the server refuses. */
export async function outputHookLogs(context: ReleaseContext, hook: Hook): Promise<void> {
  if (context.hookOutput === undefined || (hook.kind !== 'Job' && hook.kind !== 'Pod')) return;
  const [object] = await buildObjects(context, hook.manifest);
  const namespace = object?.key.namespace ?? context.namespace;
  const selection =
    hook.kind === 'Job' ? { labelSelector: `job-name=${hook.name}` } : { fieldSelector: `metadata.name=${hook.name}` };
  const list = await context.client.list(pods, { namespace, ...selection });
  for (const { metadata, spec } of list.items) {
    for (const { name: container } of spec?.containers ?? []) {
      const pod = metadata.name ?? '';
      const text = await podLog(context, { namespace, pod, container }).catch(() => {
        throw new ReleaseError(`Failed to stream pod logs for pod: ${pod}, container: ${container}`);
      });
      context.hookOutput({ namespace, pod, container }, text);
    }
  }
}

/** The whole log of a container, or of a pod's only one. */
export async function podLog(
  { client }: ReleaseContext,
  { namespace, pod, container }: { readonly namespace: string; readonly pod: string; readonly container?: string },
): Promise<string> {
  const path = resourcePath(pods, namespace, pod, 'log');
  const query = container === undefined ? '' : `container=${encodeURIComponent(container)}`;
  return new TextDecoder().decode(await readBody(await client.request({ method: 'GET', path, query })));
}

/** The logs of a release's tests in their order, as `helm test --logs` prints them. Throws a ReleaseError for a pod without logs. */
export async function testLogs(context: ReleaseContext, hooks: readonly Hook[]): Promise<string> {
  let text = '';
  for (const hook of hooks) {
    const log = await podLog(context, { namespace: context.namespace, pod: hook.name }).catch((error: unknown) => {
      throw new ReleaseError(`unable to get pod logs for ${hook.name}: ${errorMessage(error)}`);
    });
    text += `POD LOGS: ${hook.name}\n${log}\n`;
  }
  return text;
}
