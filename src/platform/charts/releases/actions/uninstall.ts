/** `helm uninstall`. */
import { errorMessage } from '#base/logger.ts';
import { readYamlValue } from '#platform/charts/values/yaml-values.ts';
import { isTable } from '#platform/charts/values/table.ts';
import { splitManifests, sortForUninstall } from '#platform/charts/manifests.ts';
import type { Manifest } from '#platform/charts/manifests.ts';
import type { Release } from '#platform/charts/release.ts';
import { clientSide, deleteObjects } from '#platform/charts/releases/cluster/create.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, isReleaseProblem, releaseNameProblem } from '#platform/charts/releases/errors.ts';
import { runHooks } from '#platform/charts/releases/hooks/run-hooks.ts';
import { withLease } from '#platform/charts/releases/lock/with-lease.ts';
import { ReleaseRecord } from '#platform/charts/releases/record.ts';
import { recordChange, releaseAt, releaseHistory, removeRecord } from '#platform/charts/releases/storage/history.ts';
import { recordTime } from '#platform/charts/releases/times.ts';
import { waitForDeletion } from '#platform/charts/releases/wait/wait.ts';

/** What is uninstalled, and how. */
export interface UninstallOptions {
  readonly name: string;
  readonly timeoutMs: number;
  /** Until all objects are gone. */
  readonly wait?: boolean;
  readonly keepHistory?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly disableHooks?: boolean;
  readonly dryRun?: boolean;
  readonly cascade?: 'background' | 'foreground' | 'orphan';
  readonly description?: string;
  readonly signal?: AbortSignal;
  /** The caller holds the release's Lease already. */
  readonly isLocked?: boolean;
}

/** What was uninstalled; `info` names what the resource policy kept. */
export interface Uninstalled {
  readonly release: Release;
  readonly info: string;
}

/** Uninstalls a release; undefined if there is none and `ignoreNotFound` is set. Throws a ReleaseError. */
export async function uninstallRelease(
  context: ReleaseContext,
  options: UninstallOptions,
): Promise<Uninstalled | undefined> {
  await context.resources.reach();
  const { name } = options;
  if (options.dryRun === true) {
    if (releaseNameProblem(name) !== undefined)
      throw new ReleaseError(`releaseContent: Release name is invalid: ${name}`);
    return { release: await releaseAt(context.driver, name, 0), info: '' };
  }
  if (releaseNameProblem(name) !== undefined) throw new ReleaseError(`uninstall: Release name is invalid: ${name}`);
  const history = await historyOf(context, options);
  if (history === undefined) return undefined;
  if (options.isLocked === true) return uninstall(context, { options, history, signal: options.signal });
  return withLease(context, options, async ({ signal }) =>
    // What was read before the Lease was held may be old.
    uninstall(context, { options, history: (await historyOf(context, options)) ?? history, signal }),
  );
}

async function historyOf(context: ReleaseContext, options: UninstallOptions): Promise<Release[] | undefined> {
  try {
    return await releaseHistory(context.driver, options.name);
  } catch (error) {
    if (options.ignoreNotFound === true) return undefined;
    const problem = isReleaseProblem(error, 'NotFound') ? 'NotFound' : 'Other';
    throw new ReleaseError(`uninstall: Release not loaded: ${options.name}: ${errorMessage(error)}`, problem);
  }
}

interface Work {
  readonly options: UninstallOptions;
  readonly history: readonly Release[];
  readonly signal: AbortSignal | undefined;
}

async function uninstall(context: ReleaseContext, { options, history, signal }: Work): Promise<Uninstalled> {
  const last = history.at(-1) as Release;
  if (last.info.status === 'uninstalled') return purgeUninstalled(context, options, history);
  const record = new ReleaseRecord(context, { ...last, info: { ...last.info, deleted: recordTime(context.clock) } });
  record.setStatus('uninstalling', 'Deletion in progress (or silently failed)');
  const hooks = { timeoutMs: options.timeoutMs, signal, mode: clientSide };
  if (options.disableHooks !== true) await runHooks(context, record, 'pre-delete', hooks);
  await record.store();
  const { objects, kept, failures } = await deleteRelease(context, record.release, options);
  if (failures.length > 0) {
    context.debug(`uninstall: Failed to delete release: [${failures.join(' ')}]`);
    throw new ReleaseError(`failed to delete release: ${options.name}`);
  }
  const errors: string[] = [];
  const collect = (error: unknown): void => void errors.push(errorMessage(error));
  if (options.wait === true) await waitForDeletion(context, objects, { ...options, signal }).catch(collect);
  if (options.disableHooks !== true) await runHooks(context, record, 'post-delete', hooks).catch(collect);
  record.setStatus('uninstalled', options.description || 'Uninstallation complete');
  if (options.keepHistory === true) await keepRecords(context, record);
  else
    await purge(context, history).catch((error: unknown) =>
      errors.push(`uninstall: Failed to purge the release: ${errorMessage(error)}`),
    );
  if (errors.length > 0)
    throw new ReleaseError(`uninstallation completed with ${errors.length} error(s): ${errors.join('; ')}`);
  const info = kept === '' ? '' : `These resources were kept due to the resource policy:\n${kept}`;
  return { release: record.release, info };
}

async function purgeUninstalled(
  context: ReleaseContext,
  options: UninstallOptions,
  history: readonly Release[],
): Promise<Uninstalled> {
  if (options.keepHistory === true)
    throw new ReleaseError(`the release named ${JSON.stringify(options.name)} is already deleted`);
  await purge(context, history).catch((error: unknown) => {
    throw new ReleaseError(`uninstall: Failed to purge the release: ${errorMessage(error)}`);
  });
  return { release: history.at(-1) as Release, info: '' };
}

async function purge(context: ReleaseContext, history: readonly Release[]): Promise<void> {
  for (const release of history) await removeRecord(context.driver, release);
}

async function keepRecords(context: ReleaseContext, record: ReleaseRecord): Promise<void> {
  await record.store();
  const history = await releaseHistory(context.driver, record.release.name);
  for (const release of history) {
    if (release.info.status !== 'deployed') continue;
    await recordChange(context.driver, { ...release, info: { ...release.info, status: 'superseded' } });
  }
}

interface Deleted {
  readonly objects: readonly ReleaseObject[];
  /** One line per kept object. */
  readonly kept: string;
  readonly failures: readonly string[];
}

async function deleteRelease(
  context: ReleaseContext,
  release: Release,
  { cascade = 'background' }: UninstallOptions,
): Promise<Deleted> {
  let manifests: readonly Manifest[];
  try {
    manifests = sortForUninstall(splitManifests(release.manifest));
  } catch (error) {
    const message = `corrupted release record. You must manually delete the resources: ${errorMessage(error)}`;
    return { objects: [], kept: release.manifest, failures: [message] };
  }
  const kept = manifests.filter(({ content }) => policyOf(content) === 'keep');
  const going = manifests.filter(({ content }) => policyOf(content) === undefined);
  const keptText = kept.map(({ kind, content }) => `[${kind}] ${nameOf(content)}\n`).join('');
  let objects: ReleaseObject[];
  try {
    objects = await buildObjects(context, going.map(({ content }) => `\n---\n${content}`).join(''));
  } catch (error) {
    const message = `unable to build kubernetes objects for delete: ${errorMessage(error)}`;
    return { objects: [], kept: '', failures: [message] };
  }
  if (objects.length === 0) return { objects, kept: keptText, failures: [] };
  const propagation = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const;
  const { failures } = await deleteObjects(context, objects, propagation[cascade]);
  return { objects, kept: keptText, failures };
}

/** The resource policy of a document; an unknown one keeps it from being deleted, too, without a word, as in Helm. */
function policyOf(content: string): string | undefined {
  const annotations = metadataOf(content)?.get('annotations');
  const policy = isTable(annotations) ? annotations.get('helm.sh/resource-policy') : undefined;
  return typeof policy === 'string' ? policy.trim().toLowerCase() : undefined;
}

function nameOf(content: string): string {
  const name = metadataOf(content)?.get('name');
  return typeof name === 'string' ? name : '';
}

function metadataOf(content: string) {
  const value = readYamlValue(content);
  const metadata = isTable(value) ? value.get('metadata') : undefined;
  return isTable(metadata) ? metadata : undefined;
}
