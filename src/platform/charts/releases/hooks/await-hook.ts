/** When a hook has run: a Job has completed, a Pod has succeeded; every other kind has run once it exists. */
import type { Job } from '#api/generated/batch/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { inBatches, failureTexts } from '#platform/charts/releases/cluster/batches.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, joinedFailures } from '#platform/charts/releases/errors.ts';
import { goDuration } from '#platform/charts/releases/times.ts';
import { waitUntil } from '#platform/charts/releases/wait/until.ts';

/** How long a hook may take; 0 is without end, as in Helm. */
export interface HookDeadline {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const longestTimeoutMs = 100 * 365 * 24 * 3_600_000;

/** Throws one ReleaseError of everything that failed or was not done in time. */
export async function awaitHooks(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
  deadline: HookDeadline,
): Promise<void> {
  const failures = failureTexts(await inBatches(objects, (object) => awaitHook(context, object, deadline)));
  if (failures.length > 0) throw new ReleaseError(joinedFailures(failures));
}

async function awaitHook(
  context: ReleaseContext,
  { resource, key }: ReleaseObject,
  { timeoutMs, signal }: HookDeadline,
): Promise<void> {
  const { kind } = resource;
  if (kind !== 'Job' && kind !== 'Pod') return;
  context.debug(`Watching for changes to ${kind} ${key.name} with timeout of ${goDuration(timeoutMs)}`);
  const deadline = {
    timeoutMs: timeoutMs <= 0 ? longestTimeoutMs : timeoutMs,
    timeoutMessage: 'timed out waiting for the condition',
    signal,
  };
  let wasThere = false;
  await waitUntil(context, deadline, async (live) => {
    const object = await live.get(resource, key);
    if (object === undefined) return wasThere;
    wasThere = true;
    return kind === 'Job' ? isJobDone(object as Job) : isPodDone(object as Pod);
  });
}

function isJobDone({ metadata, status }: Job): boolean {
  for (const condition of status?.conditions ?? []) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Complete') return true;
    if (condition.type === 'Failed') throw new ReleaseError(`job ${metadata.name} failed: ${condition.reason ?? ''}`);
  }
  return false;
}

function isPodDone({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed') throw new ReleaseError(`pod ${metadata.name} failed`);
  return status?.phase === 'Succeeded';
}
