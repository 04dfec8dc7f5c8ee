/** Waiting for a release's objects: until all are ready, until all are gone. */
import { isStatusError } from '#api/status.ts';
import { errorMessage } from '#base/logger.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { goDuration } from '#platform/charts/releases/times.ts';
import type { LiveObjects } from '#platform/charts/releases/wait/live-objects.ts';
import { isReady } from '#platform/charts/releases/wait/ready.ts';
import type { Readiness } from '#platform/charts/releases/wait/ready.ts';
import { waitUntil } from '#platform/charts/releases/wait/until.ts';

/** How long to wait, and whether Jobs must have completed. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly jobs: 'wait' | 'ignore';
  readonly signal?: AbortSignal | undefined;
}

const deadlineMessage = 'context deadline exceeded';

/** Resolves when all objects are ready. Throws a ReleaseError: the deadline, or what failed for good. */
export async function waitForReady(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
  { timeoutMs, jobs, signal }: WaitOptions,
): Promise<void> {
  context.debug(`beginning wait for ${objects.length} resources with timeout of ${goDuration(timeoutMs)}`);
  const check = async (live: LiveObjects): Promise<boolean> => {
    const readiness: Readiness = { live, jobs, debug: context.debug };
    for (const one of objects) if (!(await settled(one, readiness, context))) return false;
    return true;
  };
  await waitUntil(context, { timeoutMs, signal, timeoutMessage: deadlineMessage }, check);
}

/** A server in trouble is asked again at the next change; every other refusal ends the waiting. */
async function settled(one: ReleaseObject, readiness: Readiness, context: ReleaseContext): Promise<boolean> {
  try {
    return await isReady(one, readiness);
  } catch (error) {
    const isTransient = isStatusError(error) && (error.code === 429 || (error.code >= 500 && error.code !== 501));
    if (!isTransient) throw error;
    context.debug(`Error received when checking status of resource ${one.key.name}. Error: '${errorMessage(error)}'`);
    return false;
  }
}

/** Resolves when none of the objects exists any more. */
export async function waitForDeletion(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
  { timeoutMs, signal }: Pick<WaitOptions, 'timeoutMs' | 'signal'>,
): Promise<void> {
  context.debug(
    `beginning wait for ${objects.length} resources to be deleted with timeout of ${goDuration(timeoutMs)}`,
  );
  const check = async (live: LiveObjects): Promise<boolean> => {
    for (const { resource, key } of objects) if ((await live.get(resource, key)) !== undefined) return false;
    return true;
  };
  await waitUntil(context, { timeoutMs, signal, timeoutMessage: deadlineMessage }, check);
}
