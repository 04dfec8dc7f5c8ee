/** `helm rollback`. */
import { errorMessage } from '#base/logger.ts';
import type { Release } from '#platform/charts/release.ts';
import { deleteObjects } from '#platform/charts/releases/cluster/create.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import { markOwned } from '#platform/charts/releases/cluster/ownership.ts';
import type { Changes, UpdateMode } from '#platform/charts/releases/cluster/update.ts';
import { updateObjects } from '#platform/charts/releases/cluster/update.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import {
  ReleaseError,
  isReleaseProblem,
  releaseNameProblem,
  releaseNotFound,
} from '#platform/charts/releases/errors.ts';
import type { ServerSide } from '#platform/charts/releases/actions/options.ts';
import { applyMethodOf, isServerSide } from '#platform/charts/releases/actions/options.ts';
import { recreatePods } from '#platform/charts/releases/actions/recreate.ts';
import { runHooks } from '#platform/charts/releases/hooks/run-hooks.ts';
import type { HeldRelease } from '#platform/charts/releases/lock/with-lease.ts';
import { withLease } from '#platform/charts/releases/lock/with-lease.ts';
import { ReleaseRecord } from '#platform/charts/releases/record.ts';
import { deployedReleases, recordChange, releaseHistory } from '#platform/charts/releases/storage/history.ts';
import { recordTime } from '#platform/charts/releases/times.ts';
import { waitForReady } from '#platform/charts/releases/wait/wait.ts';

/** To which revision, and how. */
export interface RollbackOptions {
  readonly name: string;
  /** 0: the one before the last. */
  readonly revision: number;
  readonly timeoutMs: number;
  readonly wait?: boolean;
  readonly waitForJobs?: boolean;
  readonly disableHooks?: boolean;
  readonly dryRun?: boolean;
  readonly recreatePods?: boolean;
  readonly force?: boolean;
  readonly forceConflicts?: boolean;
  readonly cleanupOnFail?: boolean;
  readonly maxHistory: number;
  readonly serverSide?: ServerSide;
  readonly signal?: AbortSignal;
  /** The caller holds the release's Lease already. */
  readonly isLocked?: boolean;
}

/** Rolls a release back and answers the new revision. Throws a ReleaseError. */
export async function rollbackRelease(context: ReleaseContext, options: RollbackOptions): Promise<Release> {
  await context.resources.reach();
  context.debug(`preparing rollback of ${options.name}`);
  if (releaseNameProblem(options.name) !== undefined)
    throw new ReleaseError(`prepareRollback: Release name is invalid: ${options.name}`);
  if (options.revision < 0) throw new ReleaseError('invalid release revision');
  if (options.dryRun === true) return (await prepare(context, options)).record.release;
  if (options.isLocked === true) return rollback(context, options, unheld(options));
  return withLease(context, options, (held) => rollback(context, options, held));
}

function unheld({ signal }: RollbackOptions): HeldRelease {
  return { signal: signal ?? new AbortController().signal, noteRevision: async () => {} };
}

interface Prepared {
  readonly current: Release;
  readonly record: ReleaseRecord;
  readonly isServerSide: boolean;
}

async function prepare(context: ReleaseContext, options: RollbackOptions): Promise<Prepared> {
  const { name } = options;
  const history = await releaseHistory(context.driver, name);
  const current = history.at(-1);
  if (current === undefined) throw releaseNotFound();
  const wanted = options.revision === 0 ? current.version - 1 : options.revision;
  const previous = history.find(({ version }) => version === wanted);
  if (previous === undefined) throw new ReleaseError(`release has no ${wanted} version`);
  context.debug(`rolling back ${name} (current: v${current.version}, target: v${wanted})`);
  const serverSide = isServerSide(options.serverSide ?? 'auto', previous.applyMethod);
  const record = new ReleaseRecord(context, {
    ...previous,
    version: current.version + 1,
    namespace: current.namespace,
    info: {
      firstDeployed: current.info.firstDeployed,
      lastDeployed: recordTime(context.clock),
      deleted: '',
      status: 'pending-rollback',
      notes: previous.info.notes,
      description: `Rollback to ${wanted}`,
    },
    applyMethod: applyMethodOf(serverSide, previous.applyMethod),
  });
  return { current, record, isServerSide: serverSide };
}

async function rollback(context: ReleaseContext, options: RollbackOptions, held: HeldRelease): Promise<Release> {
  const prepared = await prepare(context, options);
  const { record } = prepared;
  await held.noteRevision(record.release.version);
  await record.create(options.maxHistory);
  await perform(context, { options, prepared, held });
  await recordChange(context.driver, record.release);
  return record.release;
}

interface Performance {
  readonly options: RollbackOptions;
  readonly prepared: Prepared;
  readonly held: HeldRelease;
}

async function perform(context: ReleaseContext, { options, prepared, held }: Performance): Promise<void> {
  const { current, record } = prepared;
  const failed = (what: string) => (error: unknown) => {
    throw new ReleaseError(`${what}: ${errorMessage(error)}`);
  };
  const original = await buildObjects(context, current.manifest).catch(
    failed('unable to build kubernetes objects from current release manifest'),
  );
  const target = await buildObjects(context, record.release.manifest).catch(
    failed('unable to build kubernetes objects from new release manifest'),
  );
  const mode: UpdateMode = {
    method: prepared.isServerSide ? 'server' : 'client',
    forceConflicts: options.forceConflicts === true,
    replace: options.force === true && !prepared.isServerSide,
    threeWayForCustom: false,
    adoptsManagedFields: prepared.isServerSide && current.applyMethod !== 'ssa',
  };
  const hooks = { timeoutMs: options.timeoutMs, signal: held.signal, mode };
  // Deviation: in Helm a failed hook leaves the revision pending, and the release cannot be upgraded any more.
  const endFailed = async (error: unknown): Promise<never> => {
    record.setStatus('failed', `Rollback ${JSON.stringify(options.name)} failed: ${errorMessage(error)}`);
    await record.store();
    throw error;
  };
  if (options.disableHooks !== true) await runHooks(context, record, 'pre-rollback', hooks).catch(endFailed);
  markOwned(target, record.release);
  const changes: Changes = { created: [], updated: [], deleted: [] };
  await updateObjects(context, { original, target }, { mode, changes }).catch((error: unknown) =>
    fail(context, { options, prepared, changes }, error),
  );
  if (options.recreatePods === true) await recreatePods(context, changes.updated);
  if (options.wait === true)
    await waitForReady(context, target, {
      timeoutMs: options.timeoutMs,
      jobs: options.waitForJobs === true ? 'wait' : 'ignore',
      signal: held.signal,
    }).catch(async (error: unknown) => {
      record.setStatus('failed', `Release ${JSON.stringify(options.name)} failed: ${errorMessage(error)}`);
      await record.store();
      throw new ReleaseError(`release ${options.name} failed: ${errorMessage(error)}`, 'Failed', record.release);
    });
  if (options.disableHooks !== true) await runHooks(context, record, 'post-rollback', hooks).catch(endFailed);
  await supersedeDeployed(context, current.name);
  record.setStatus('deployed');
}

async function supersedeDeployed(context: ReleaseContext, name: string): Promise<void> {
  const deployed = await deployedReleases(context.driver, name).catch((error: unknown) => {
    if (isReleaseProblem(error, 'NoDeployedReleases')) return [];
    throw error;
  });
  for (const release of deployed) {
    context.debug(`superseding previous deployment ${release.version}`);
    await recordChange(context.driver, { ...release, info: { ...release.info, status: 'superseded' } });
  }
}

async function fail(
  context: ReleaseContext,
  {
    options,
    prepared,
    changes,
  }: { readonly options: RollbackOptions; readonly prepared: Prepared; readonly changes: Changes },
  error: unknown,
): Promise<never> {
  const { current, record } = prepared;
  const message = errorMessage(error);
  record.setStatus('failed', `Rollback ${JSON.stringify(options.name)} failed: ${message}`);
  context.debug(`warning: ${record.release.info.description}`);
  const superseded = new ReleaseRecord(context, current);
  superseded.setStatus('superseded');
  await superseded.store();
  await record.store();
  if (options.cleanupOnFail === true && changes.created.length > 0) {
    const { failures } = await deleteObjects(context, changes.created);
    if (failures.length > 0)
      throw new ReleaseError(
        `an error occurred while cleaning up resources. original rollback error: ${message}: unable to cleanup resources: ${failures.join(', ')}`,
        'Failed',
        record.release,
      );
  }
  throw new ReleaseError(message, 'Failed', record.release);
}
