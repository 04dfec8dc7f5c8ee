/** Runs a release's hooks for one event: by weight, one after the other, deleting them as their policies say. */
import { errorMessage } from '#base/logger.ts';
import type { Hook, HookEvent, Release } from '#platform/charts/release.ts';
import type { ApplyMode } from '#platform/charts/releases/cluster/create.ts';
import { createObjects, deleteObjects } from '#platform/charts/releases/cluster/create.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import type { HookDeadline } from '#platform/charts/releases/hooks/await-hook.ts';
import { awaitHooks } from '#platform/charts/releases/hooks/await-hook.ts';
import { outputHookLogs } from '#platform/charts/releases/hooks/hook-logs.ts';
import type { ReleaseRecord } from '#platform/charts/releases/record.ts';
import { recordTime } from '#platform/charts/releases/times.ts';
import { waitForDeletion } from '#platform/charts/releases/wait/wait.ts';

/** What hooks run with. */
export interface HookOptions extends HookDeadline {
  readonly mode: ApplyMode;
}

type DeletePolicy = 'before-hook-creation' | 'hook-succeeded' | 'hook-failed';

/** The hooks of an event in the order in which they run. */
export function hooksOf(release: Release, event: HookEvent): Hook[] {
  return release.hooks.filter(({ events }) => events.includes(event)).sort(byWeight);
}

function byWeight(a: Hook, b: Hook): number {
  return a.weight - b.weight || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/**
 * Runs the hooks; each one's last run is kept in the record, which is stored when a hook starts. Throws the ReleaseError of
 * the first hook that fails.
 */
export async function runHooks(
  context: ReleaseContext,
  record: ReleaseRecord,
  event: HookEvent,
  options: HookOptions,
): Promise<void> {
  const names = hooksOf(record.release, event).map(hookKey);
  const hookAt = (key: string): Hook => record.release.hooks.find((hook) => hookKey(hook) === key) as Hook;
  for (const [index, key] of names.entries()) {
    if (hookAt(key).deletePolicies.length === 0)
      record.setHook(hookAt(key), { deletePolicies: ['before-hook-creation'] });
    await deleteByPolicy(context, hookAt(key), { policy: 'before-hook-creation', options });
    try {
      await runHook(context, record, { hook: hookAt(key), event, options });
    } catch (error) {
      if (!(error instanceof HookFailure)) throw error;
      await afterFailure(context, hookAt(key), options);
      for (const earlier of names.slice(0, index))
        await deleteByPolicy(context, hookAt(earlier), { policy: 'hook-succeeded', options });
      throw new ReleaseError(error.message);
    }
  }
  for (const key of names.toReversed()) {
    const hook = hookAt(key);
    if (hook.outputLogPolicies.includes('hook-succeeded')) await output(context, hook);
    await deleteByPolicy(context, hook, { policy: 'hook-succeeded', options });
  }
}

/** The hook was created, and then it failed or took too long. */
class HookFailure extends Error {
  override name = 'HookFailure';
}

function hookKey(hook: Hook): string {
  return `${hook.path}\n${hook.kind}\n${hook.name}\n${hook.manifest}`;
}

async function runHook(
  context: ReleaseContext,
  record: ReleaseRecord,
  { hook, event, options }: { readonly hook: Hook; readonly event: HookEvent; readonly options: HookOptions },
): Promise<void> {
  const objects = await buildObjects(context, hook.manifest).catch((error: unknown) => {
    throw new ReleaseError(`unable to build kubernetes object for ${event} hook ${hook.path}: ${errorMessage(error)}`);
  });
  const startedAt = recordTime(context.clock);
  record.setHook(hook, { lastRun: { startedAt, completedAt: '', phase: 'Running' } });
  await record.store();
  const end = (phase: string): void =>
    record.setHook(hook, { lastRun: { startedAt, completedAt: recordTime(context.clock), phase } });
  try {
    await createObjects(context, objects, options.mode);
  } catch (error) {
    end('Failed');
    throw new ReleaseError(`warning: Hook ${event} ${hook.path} failed: ${errorMessage(error)}`);
  }
  try {
    await awaitHooks(context, objects, options);
    end('Succeeded');
  } catch (error) {
    end('Failed');
    throw new HookFailure(errorMessage(error));
  }
}

async function afterFailure(context: ReleaseContext, hook: Hook, options: HookOptions): Promise<void> {
  if (hook.outputLogPolicies.includes('hook-failed')) await output(context, hook);
  try {
    await deleteByPolicy(context, hook, { policy: 'hook-failed', options });
  } catch (error) {
    context.warn(`error deleting the hook resource on hook failure: ${errorMessage(error)}`);
  }
}

async function output(context: ReleaseContext, hook: Hook): Promise<void> {
  try {
    await outputHookLogs(context, hook);
  } catch (error) {
    context.warn(`error outputting logs for hook failure: ${errorMessage(error)}`);
  }
}

/** CRDs are never deleted: their custom resources would go with them. */
async function deleteByPolicy(
  context: ReleaseContext,
  hook: Hook,
  { policy, options }: { readonly policy: DeletePolicy; readonly options: HookOptions },
): Promise<void> {
  if (hook.kind === 'CustomResourceDefinition' || !hook.deletePolicies.includes(policy)) return;
  const objects = await buildObjects(context, hook.manifest).catch((error: unknown) => {
    throw new ReleaseError(`unable to build kubernetes object for deleting hook ${hook.path}: ${errorMessage(error)}`);
  });
  const { failures } = await deleteObjects(context, objects);
  if (failures.length > 0) throw new ReleaseError(failures.join('; '));
  await waitForDeletion(context, objects, options);
}
