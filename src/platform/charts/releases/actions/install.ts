/** `helm install`. */
import { errorMessage } from '#base/logger.ts';
import { namespaces } from '#api/generated/resources.ts';
import { isAlreadyExists } from '#api/status.ts';
import type { Chart } from '#platform/charts/chart.ts';
import type { Release } from '#platform/charts/release.ts';
import type { ApplyMode } from '#platform/charts/releases/cluster/create.ts';
import { createObjects } from '#platform/charts/releases/cluster/create.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import { adoptable, markOwned } from '#platform/charts/releases/cluster/ownership.ts';
import { updateObjects } from '#platform/charts/releases/cluster/update.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { fieldManager } from '#platform/charts/releases/context.ts';
import { ReleaseError, isReleaseProblem, releaseNameProblem, throwIfEnded } from '#platform/charts/releases/errors.ts';
import { enabledCrds, installCrds } from '#platform/charts/releases/actions/crds.ts';
import type { ChangeOptions, RenderChoices } from '#platform/charts/releases/actions/options.ts';
import { applyMethodOf, checkLabels } from '#platform/charts/releases/actions/options.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
import { runHooks } from '#platform/charts/releases/hooks/run-hooks.ts';
import type { HeldRelease } from '#platform/charts/releases/lock/with-lease.ts';
import { withLease } from '#platform/charts/releases/lock/with-lease.ts';
import { releaseManifest } from '#platform/charts/releases/manifest-text.ts';
import { ReleaseRecord } from '#platform/charts/releases/record.ts';
import { renderLive } from '#platform/charts/releases/render-live.ts';
import { recordChange, releaseHistory } from '#platform/charts/releases/storage/history.ts';
import { recordTime } from '#platform/charts/releases/times.ts';
import { waitForReady } from '#platform/charts/releases/wait/wait.ts';
import { copyTable } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** What is installed, and how. */
export interface InstallOptions extends ChangeOptions, RenderChoices {
  readonly name: string;
  readonly chart: Chart;
  readonly values: Table;
  readonly createNamespace?: boolean;
  /** Allows the name of a release that is uninstalled or failed. */
  readonly replace?: boolean;
  /** Leaves crds/ alone. */
  readonly skipCrds?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** Server-side apply; Helm 3's create and patch otherwise. */
  readonly serverSide?: boolean;
}

/**
 * Installs a chart and answers its release; with a dry run only what would be recorded. Throws a ReleaseError; what was
 * recorded by then stays recorded as failed, unless `atomic` is set.
 */
export async function installRelease(context: ReleaseContext, options: InstallOptions): Promise<Release> {
  await context.resources.reach();
  const isDryRun = (options.dryRun ?? 'none') !== 'none';
  if (!isDryRun && options.hideSecret === true)
    throw new ReleaseError('Hiding Kubernetes secrets requires a dry-run mode');
  const problem = releaseNameProblem(options.name);
  if (problem !== undefined) throw new ReleaseError(`release name ${JSON.stringify(options.name)}: ${problem}`);
  if (isDryRun) return (await prepare(context, options, 1)).record.release;
  return withLease(context, options, (held) => install(context, options, held));
}

async function install(context: ReleaseContext, options: InstallOptions, held: HeldRelease): Promise<Release> {
  const last = await nameInUse(context, options);
  const { record, objects, adopted } = await prepare(context, options, (last?.version ?? 0) + 1);
  if (options.createNamespace === true) await createNamespace(context);
  if (last !== undefined) await supersede(context, last);
  await held.noteRevision(record.release.version);
  await record.create(0);
  try {
    await perform(context, { options, record, objects, adopted, held });
  } catch (error) {
    throw await fail(context, { options, record, error });
  }
  await record.store();
  return record.release;
}

/** The last revision under this name, if `replace` allows to go on after it. Throws if the name is in use. */
async function nameInUse(context: ReleaseContext, options: InstallOptions): Promise<Release | undefined> {
  const history = await releaseHistory(context.driver, options.name).catch(() => []);
  const last = history.at(-1);
  if (last === undefined) return undefined;
  const { status, description } = last.info;
  const isReplaceable = options.replace === true && (status === 'uninstalled' || status === 'failed');
  // What a killed install of ours left behind is replaced without being asked to.
  const isInterrupted = history.length === 1 && status === 'failed' && description.startsWith('Interrupted: ');
  if (isReplaceable || isInterrupted) return last;
  throw new ReleaseError('cannot re-use a name that is still in use', 'Exists');
}

async function supersede(context: ReleaseContext, last: Release): Promise<void> {
  if (last.info.status === 'failed') return;
  const info = { ...last.info, status: 'superseded', description: 'superseded by new release' } as const;
  await recordChange(context.driver, { ...last, info });
}

interface Prepared {
  readonly record: ReleaseRecord;
  readonly objects: readonly ReleaseObject[];
  readonly adopted: readonly ReleaseObject[];
}

/** Everything before the first record is written: CRDs, rendering, ownership. */
async function prepare(context: ReleaseContext, options: InstallOptions, version: number): Promise<Prepared> {
  const { name, chart, dryRun = 'none' } = options;
  const crds = options.skipCrds === true ? [] : enabledCrds(chart, options.values);
  if (crds.length > 0 && dryRun !== 'none')
    context.debug(
      'WARNING: This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.',
    );
  else if (crds.length > 0) await installCrds(context, crds, options.signal);
  checkLabels(options.labels);
  const rendered = await renderLive(context, chart, {
    release: { name, namespace: context.namespace, revision: 1, action: 'install' },
    values: options.values,
    notes: options.subNotes === true ? 'all' : 'root',
    schemas: options.skipSchemaValidation === true ? 'skip' : 'check',
    lookups: dryRun === 'client' ? 'none' : 'live',
    ...(options.hostByName === undefined ? {} : { hostByName: options.hostByName }),
  });
  const manifest = await releaseManifest(rendered, {
    hideSecrets: options.hideSecret === true,
    postRenderer: options.postRenderer,
  });
  const now = recordTime(context.clock);
  const record = new ReleaseRecord(context, {
    name,
    namespace: context.namespace,
    version,
    info: {
      firstDeployed: now,
      lastDeployed: now,
      deleted: '',
      description: dryRun === 'none' ? 'Initial install underway' : 'Dry run complete',
      status: 'pending-install',
      notes: rendered.notes,
    },
    chart: rendered.chart,
    config: copyTable(options.values),
    manifest,
    hooks: rendered.hooks,
    labels: options.labels ?? {},
    applyMethod: applyMethodOf(options.serverSide === true),
  });
  const objects = await buildObjects(context, manifest).catch((error: unknown) => {
    throw new ReleaseError(`unable to build kubernetes objects from release manifest: ${errorMessage(error)}`);
  });
  markOwned(objects, record.release);
  const owner = { ...record.release, takeOwnership: options.takeOwnership === true };
  const adopted = await adoptable(context, objects, owner).catch((error: unknown) => {
    throw new ReleaseError(`Unable to continue with install: ${errorMessage(error)}`, 'Exists');
  });
  return { record, objects, adopted };
}

async function createNamespace(context: ReleaseContext): Promise<void> {
  const name = context.namespace;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } }, spec: {} };
  try {
    await context.client.create(namespaces, namespace, { fieldManager });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

interface Performance extends Prepared {
  readonly options: InstallOptions;
  readonly held: HeldRelease;
}

async function perform(context: ReleaseContext, performance: Performance): Promise<void> {
  const { options, record, objects, adopted, held } = performance;
  const mode: ApplyMode = {
    method: options.serverSide === true ? 'server' : 'client',
    forceConflicts: options.forceConflicts === true,
  };
  const hooks = { timeoutMs: options.timeoutMs, signal: held.signal, mode };
  if (options.disableHooks !== true)
    await runHooks(context, record, 'pre-install', hooks).catch((error: unknown) => {
      throw new ReleaseError(`failed pre-install: ${errorMessage(error)}`);
    });
  throwIfEnded(held.signal);
  if (adopted.length === 0 && objects.length > 0) await createObjects(context, objects, mode);
  else if (objects.length > 0)
    await updateObjects(
      context,
      { original: adopted, target: objects },
      {
        mode: {
          ...mode,
          replace: options.force === true,
          threeWayForCustom: options.takeOwnership === true,
          adoptsManagedFields: false,
        },
        changes: { created: [], updated: [], deleted: [] },
      },
    );
  if (options.wait === true || options.atomic === true)
    await waitForReady(context, objects, {
      timeoutMs: options.timeoutMs,
      jobs: options.waitForJobs === true ? 'wait' : 'ignore',
      signal: held.signal,
    });
  if (options.disableHooks !== true)
    await runHooks(context, record, 'post-install', hooks).catch((error: unknown) => {
      throw new ReleaseError(`failed post-install: ${errorMessage(error)}`);
    });
  record.setStatus('deployed', options.description || 'Install complete');
}

/** Records the failure, or removes the release where `atomic` wants that. Answers the error to throw. */
async function fail(
  context: ReleaseContext,
  {
    options,
    record,
    error,
  }: { readonly options: InstallOptions; readonly record: ReleaseRecord; readonly error: unknown },
): Promise<ReleaseError> {
  // Whoever has taken the release over answers for it from now on.
  if (isReleaseProblem(error, 'Locked')) return error as ReleaseError;
  const message = errorMessage(error);
  record.setStatus('failed', `Release ${JSON.stringify(options.name)} failed: ${message}`);
  if (options.atomic !== true) {
    await record.store();
    return new ReleaseError(message, 'Failed', record.release);
  }
  context.debug('Install failed and atomic is set, uninstalling release');
  try {
    await uninstallRelease(context, {
      name: options.name,
      timeoutMs: options.timeoutMs,
      disableHooks: options.disableHooks === true,
      isLocked: true,
    });
  } catch (undoing) {
    return new ReleaseError(
      `an error occurred while uninstalling the release. original install error: ${message}: ${errorMessage(undoing)}`,
      'Failed',
      record.release,
    );
  }
  return new ReleaseError(
    `release ${options.name} failed, and has been uninstalled due to atomic being set: ${message}`,
    'Failed',
    record.release,
  );
}
