/** What follows a failed upgrade: --cleanup-on-fail and --atomic (--rollback-on-failure). */
import { errorMessage } from '#base/logger.ts';
import type { Release } from '#platform/charts/release.ts';
import { deleteObjects } from '#platform/charts/releases/cluster/create.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import type { ChangeOptions, ServerSide } from '#platform/charts/releases/actions/options.ts';
import { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';
import { releaseHistory } from '#platform/charts/releases/storage/history.ts';

/** A failed upgrade. */
export interface FailedUpgrade {
  readonly options: ChangeOptions & {
    readonly cleanupOnFail?: boolean;
    readonly recreatePods?: boolean;
    readonly serverSide?: ServerSide;
  };
  readonly release: Release;
  readonly created: readonly ReleaseObject[];
  /** Why it failed. */
  readonly message: string;
}

/** Undoes what the options say and answers the error to throw. */
export async function undoUpgrade(context: ReleaseContext, failed: FailedUpgrade): Promise<ReleaseError> {
  const { options, release, created, message } = failed;
  const failure = (text: string): ReleaseError => new ReleaseError(text, 'Failed', release);
  if (options.cleanupOnFail === true && created.length > 0) {
    context.debug(`Cleanup on fail set, cleaning up ${created.length} resources`);
    const { failures } = await deleteObjects(context, created);
    if (failures.length > 0)
      return failure(
        `an error occurred while cleaning up resources. original upgrade error: ${message}: unable to cleanup resources: ${failures.join(', ')}`,
      );
    context.debug('Resource cleanup complete');
  }
  if (options.atomic !== true) return failure(message);
  context.debug('Upgrade failed and atomic is set, rolling back to last successful release');
  const good = await lastGood(context, release.name);
  if (good === undefined)
    return failure(
      `unable to find a previously successful release when attempting to rollback. original upgrade error: ${message}`,
    );
  try {
    await rollbackRelease(context, {
      name: release.name,
      revision: good.version,
      timeoutMs: options.timeoutMs,
      wait: true,
      waitForJobs: options.waitForJobs === true,
      disableHooks: options.disableHooks === true,
      recreatePods: options.recreatePods === true,
      force: options.force === true,
      forceConflicts: options.forceConflicts === true,
      maxHistory: 0,
      isLocked: true,
      ...(options.serverSide === undefined ? {} : { serverSide: options.serverSide }),
    });
  } catch (error) {
    return failure(
      `an error occurred while rolling back the release. original upgrade error: ${message}: ${errorMessage(error)}`,
    );
  }
  return failure(`release ${release.name} failed, and has been rolled back due to atomic being set: ${message}`);
}

async function lastGood(context: ReleaseContext, name: string): Promise<Release | undefined> {
  const history = await releaseHistory(context.driver, name);
  return history.findLast(({ info }) => info.status === 'superseded' || info.status === 'deployed');
}
