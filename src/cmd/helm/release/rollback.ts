/** `helm rollback`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import type { RollbackFlags } from '#cmd/helm/release/commands.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';

/** Rolls back to a revision, or to the one before the last. Rejects with the reason. */
export async function rollback(
  flags: RollbackFlags,
  [name = '', given]: readonly string[],
  context: HelmContext,
): Promise<void> {
  if (given !== undefined && !/^[+-]?\d+$/.test(given))
    throw new Error(
      `could not convert revision to a number: strconv.Atoi: parsing ${JSON.stringify(given)}: invalid syntax`,
    );
  await withReleases(context, (releases) =>
    rollbackRelease(releases, {
      name,
      revision: Number(given ?? 0),
      timeoutMs: flags.timeout,
      wait: flags.wait,
      waitForJobs: flags.waitForJobs,
      disableHooks: flags.noHooks,
      dryRun: flags.dryRun,
      recreatePods: flags.recreatePods,
      force: flags.force || flags.forceReplace,
      forceConflicts: flags.forceConflicts,
      cleanupOnFail: flags.cleanupOnFail,
      maxHistory: flags.historyMax,
      serverSide: flags.serverSide === 'auto' ? 'auto' : flags.serverSide === 'true',
      signal: releases.signal,
    }),
  );
  context.write('Rollback was a success! Happy Helming!\n');
}
