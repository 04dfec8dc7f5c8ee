/** `helm upgrade`. */
import { errorMessage } from '#base/logger.ts';
import type { Chart } from '#platform/charts/chart.ts';
import type { Release } from '#platform/charts/release.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import { adoptable, markOwned } from '#platform/charts/releases/cluster/ownership.ts';
import type { Changes, UpdateMode } from '#platform/charts/releases/cluster/update.ts';
import { updateObjects } from '#platform/charts/releases/cluster/update.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import {
  ReleaseError,
  isReleaseProblem,
  noDeployedReleases,
  operationInProgress,
  releaseNameProblem,
  throwIfEnded,
} from '#platform/charts/releases/errors.ts';
import type { ChangeOptions, RenderChoices, ServerSide } from '#platform/charts/releases/actions/options.ts';
import { applyMethodOf, checkLabels, isServerSide } from '#platform/charts/releases/actions/options.ts';
import { recreatePods } from '#platform/charts/releases/actions/recreate.ts';
import { undoUpgrade } from '#platform/charts/releases/actions/undo.ts';
import type { ValuePolicy } from '#platform/charts/releases/actions/reuse-values.ts';
import { reuseValues } from '#platform/charts/releases/actions/reuse-values.ts';
import { runHooks } from '#platform/charts/releases/hooks/run-hooks.ts';
import type { HeldRelease } from '#platform/charts/releases/lock/with-lease.ts';
import { isPending, withLease } from '#platform/charts/releases/lock/with-lease.ts';
import { releaseManifest } from '#platform/charts/releases/manifest-text.ts';
import { ReleaseRecord } from '#platform/charts/releases/record.ts';
import { renderLive } from '#platform/charts/releases/render-live.ts';
import { deployedReleases, lastRelease, recordChange } from '#platform/charts/releases/storage/history.ts';
import { recordTime } from '#platform/charts/releases/times.ts';
import { waitForReady } from '#platform/charts/releases/wait/wait.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** What is upgraded, and how. */
export interface UpgradeOptions extends ChangeOptions, RenderChoices {
  readonly name: string;
  readonly chart: Chart;
  readonly values: Table;
  /** What becomes of the values given so far. */
  readonly valuePolicy?: ValuePolicy;
  /** Revisions that are kept; 0 keeps all. Helm's default is 10. */
  readonly maxHistory: number;
  /** What was created is deleted if the upgrade fails. */
  readonly cleanupOnFail?: boolean;
  /** Deletes the pods of changed workloads, so that they start anew. */
  readonly recreatePods?: boolean;
  /** Added to the release's labels; the value `null` takes one away. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly serverSide?: ServerSide;
}

/**
 * Upgrades a release and answers its new revision; with a dry run only what would be recorded. Throws a ReleaseError:
 * NoDeployedReleases if there is nothing to upgrade, Pending if another operation is under way.
 */
export async function upgradeRelease(context: ReleaseContext, options: UpgradeOptions): Promise<Release> {
  await context.resources.reach();
  const isDryRun = (options.dryRun ?? 'none') !== 'none';
  if (releaseNameProblem(options.name) !== undefined)
    throw new ReleaseError(`release name is invalid: ${options.name}`);
  if (!isDryRun && options.hideSecret === true)
    throw new ReleaseError('Hiding Kubernetes secrets requires a dry-run mode');
  context.debug(`preparing upgrade for ${options.name}`);
  if (isDryRun) {
    const { record } = await prepareUpgrade(context, options);
    record.setStatus('pending-upgrade', options.description || 'Dry run complete');
    return record.release;
  }
  return withLease(context, options, async (held) => {
    const prepared = await prepareUpgrade(context, options);
    await held.noteRevision(prepared.record.release.version);
    await prepared.record.create(options.maxHistory);
    await perform(context, { options, prepared, held });
    await recordChange(context.driver, prepared.record.release);
    return prepared.record.release;
  });
}

/** An upgrade that is ready to be performed. */
export interface PreparedUpgrade {
  readonly current: Release;
  readonly record: ReleaseRecord;
  /** Objects of the current revision, and those that are adopted. */
  readonly original: readonly ReleaseObject[];
  readonly target: readonly ReleaseObject[];
  readonly isServerSide: boolean;
}

/** Everything before the first record is written. */
export async function prepareUpgrade(context: ReleaseContext, options: UpgradeOptions): Promise<PreparedUpgrade> {
  const { name } = options;
  const last = await lastOf(context, name);
  if (isPending(last.info.status)) throw operationInProgress();
  const current = last.info.status === 'deployed' ? last : await currentOf(context, last);
  const serverSide = isServerSide(options.serverSide ?? 'auto', last.applyMethod);
  const { chart, values } = reuseValues(context, current, options);
  const version = last.version + 1;
  const rendered = await renderLive(context, chart, {
    release: { name, namespace: current.namespace, revision: version, action: 'upgrade' },
    values,
    notes: options.subNotes === true ? 'all' : 'root',
    schemas: options.skipSchemaValidation === true ? 'skip' : 'check',
    lookups: options.dryRun === 'client' ? 'none' : 'live',
    ...(options.hostByName === undefined ? {} : { hostByName: options.hostByName }),
  });
  const manifest = await releaseManifest(rendered, {
    hideSecrets: options.hideSecret === true,
    postRenderer: options.postRenderer,
  });
  checkLabels(options.labels);
  const record = new ReleaseRecord(context, {
    name,
    namespace: current.namespace,
    version,
    info: {
      firstDeployed: current.info.firstDeployed,
      lastDeployed: recordTime(context.clock),
      deleted: '',
      description: 'Preparing upgrade',
      status: 'pending-upgrade',
      notes: rendered.notes,
    },
    chart: rendered.chart,
    config: values,
    manifest,
    hooks: rendered.hooks,
    labels: mergedLabels(last.labels, options.labels),
    applyMethod: applyMethodOf(serverSide, last.applyMethod),
  });
  return { current, record, isServerSide: serverSide, ...(await objectsOf(context, { current, record, options })) };
}

async function lastOf(context: ReleaseContext, name: string): Promise<Release> {
  try {
    return await lastRelease(context.driver, name);
  } catch (error) {
    throw isReleaseProblem(error, 'NotFound') ? noDeployedReleases(name) : error;
  }
}

/** What the cluster has: the deployed revision, or the last one if none ever was. */
async function currentOf(context: ReleaseContext, last: Release): Promise<Release> {
  try {
    return (await deployedReleases(context.driver, last.name))[0] ?? last;
  } catch (error) {
    const { status } = last.info;
    const isUsable = status === 'failed' || status === 'superseded';
    if (isReleaseProblem(error, 'NoDeployedReleases') && isUsable) return last;
    throw error;
  }
}

function mergedLabels(
  current: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...current, ...wanted }).filter(([, value]) => value !== 'null'));
}

async function objectsOf(
  context: ReleaseContext,
  {
    current,
    record,
    options,
  }: { readonly current: Release; readonly record: ReleaseRecord; readonly options: UpgradeOptions },
): Promise<{ original: ReleaseObject[]; target: ReleaseObject[] }> {
  // The manifest is checked first by itself, so that its mistakes are named before those of the old one.
  const target = await buildObjects(context, record.release.manifest);
  const original = await buildObjects(context, current.manifest).catch((error: unknown) => {
    const message = errorMessage(error);
    throw new ReleaseError(
      message.includes('no matches for kind')
        ? `current release manifest contains removed kubernetes api(s) for this kubernetes version and it is therefore unable to build the kubernetes objects for performing the diff. error from kubernetes: ${message}`
        : `unable to build kubernetes objects from current release manifest: ${message}`,
    );
  });
  markOwned(target, record.release);
  const known = new Set(original.map(objectId));
  const added = target.filter((one) => !known.has(objectId(one)));
  const owner = { ...record.release, takeOwnership: options.takeOwnership === true };
  const adopted = await adoptable(context, added, owner).catch((error: unknown) => {
    throw new ReleaseError(`Unable to continue with update: ${errorMessage(error)}`, 'Exists');
  });
  return { original: [...original, ...adopted], target };
}

function objectId({ resource, key }: ReleaseObject): string {
  return `${resource.group}/${resource.version}/${resource.kind}/${key.namespace}/${key.name}`;
}

interface Performance {
  readonly options: UpgradeOptions;
  readonly prepared: PreparedUpgrade;
  readonly held: HeldRelease;
}

async function perform(context: ReleaseContext, performance: Performance): Promise<void> {
  const { options, prepared } = performance;
  const { record } = prepared;
  const changes: Changes = { created: [], updated: [], deleted: [] };
  try {
    await change(context, performance, changes);
  } catch (error) {
    // Whoever has taken the release over answers for it from now on.
    if (isReleaseProblem(error, 'Locked')) throw error;
    const message = errorMessage(error);
    record.setStatus('failed', `Upgrade ${JSON.stringify(options.name)} failed: ${message}`);
    context.debug(`warning: ${record.release.info.description}`);
    await record.store();
    throw await undoUpgrade(context, { options, release: record.release, created: changes.created, message });
  }
  await recordChange(context.driver, {
    ...prepared.current,
    info: { ...prepared.current.info, status: 'superseded' },
  }).catch((error: unknown) =>
    context.debug(`warning: Failed to update release ${options.name}: ${errorMessage(error)}`),
  );
  record.setStatus('deployed', options.description || 'Upgrade complete');
}

async function change(context: ReleaseContext, performance: Performance, changes: Changes): Promise<void> {
  const { options, prepared, held } = performance;
  const { record, original, target } = prepared;
  const mode: UpdateMode = {
    method: prepared.isServerSide ? 'server' : 'client',
    forceConflicts: options.forceConflicts === true,
    replace: options.force === true && !prepared.isServerSide,
    threeWayForCustom: false,
    adoptsManagedFields: prepared.isServerSide && prepared.current.applyMethod !== 'ssa',
  };
  const hooks = { timeoutMs: options.timeoutMs, signal: held.signal, mode };
  if (options.disableHooks === true) context.debug(`upgrade hooks disabled for ${options.name}`);
  else
    await runHooks(context, record, 'pre-upgrade', hooks).catch((error: unknown) => {
      throw new ReleaseError(`pre-upgrade hooks failed: ${errorMessage(error)}`);
    });
  throwIfEnded(held.signal);
  await updateObjects(context, { original, target }, { mode, changes });
  if (options.recreatePods === true) await recreatePods(context, changes.updated);
  if (options.wait === true || options.atomic === true)
    await waitForReady(context, target, {
      timeoutMs: options.timeoutMs,
      jobs: options.waitForJobs === true ? 'wait' : 'ignore',
      signal: held.signal,
    });
  if (options.disableHooks !== true)
    await runHooks(context, record, 'post-upgrade', hooks).catch((error: unknown) => {
      throw new ReleaseError(`post-upgrade hooks failed: ${errorMessage(error)}`);
    });
}
