/** Runs an operation while its release's Lease is held, and ends what a client that was killed left pending. */
import type { ReleaseStatus } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, isReleaseProblem } from '#platform/charts/releases/errors.ts';
import type { Abandoned } from '#platform/charts/releases/lock/release-lease.ts';
import { ReleaseLease, breakLease } from '#platform/charts/releases/lock/release-lease.ts';
import { lastRelease, recordChange } from '#platform/charts/releases/storage/history.ts';

const pendingStates: ReadonlySet<ReleaseStatus> = new Set(['pending-install', 'pending-upgrade', 'pending-rollback']);

/** Whether a revision is being worked on, as far as its record says. */
export function isPending(status: ReleaseStatus): boolean {
  return pendingStates.has(status);
}

/** What an operation may use of its Lease. */
export interface HeldRelease {
  /** Aborted when the operation must end: the user's wish, or the Lease is lost. */
  readonly signal: AbortSignal;
  /** To be called before a revision is recorded as pending. */
  noteRevision(revision: number): Promise<void>;
}

/** Runs `work` with the Lease; the Lease is gone afterwards, whatever happens. Throws Pending if another client holds it. */
export async function withLease<T>(
  context: ReleaseContext,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal | undefined },
  work: (held: HeldRelease) => Promise<T>,
): Promise<T> {
  context.resources.prepare();
  const { lease, abandoned } = await ReleaseLease.acquire(context, name, signal);
  try {
    if (abandoned !== undefined) await endAbandoned(context, name, abandoned);
    const signals = signal === undefined ? [lease.signal] : [lease.signal, signal];
    return await work({
      signal: AbortSignal.any(signals),
      noteRevision: (revision) => lease.noteRevision(revision),
    });
  } finally {
    await lease.release();
  }
}

async function endAbandoned(context: ReleaseContext, name: string, { holder, revision }: Abandoned): Promise<void> {
  const last = await newest(context, name);
  if (last === undefined || last.version !== revision || !isPending(last.info.status)) return;
  context.warn(
    `revision ${revision} of ${name} was left ${last.info.status} by a client that is gone; it is recorded as failed`,
  );
  const description = `Interrupted: ${holder}, which ran this operation, is gone`;
  await recordChange(context.driver, { ...last, info: { ...last.info, status: 'failed', description } });
}

async function newest(context: ReleaseContext, name: string) {
  try {
    return await lastRelease(context.driver, name);
  } catch (error) {
    if (isReleaseProblem(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** What `helm unlock` did. */
export interface Unlocked {
  /** The holder whose Lease was removed. */
  readonly holder: string | undefined;
  /** The revision that was pending and is failed now. */
  readonly revision: number | undefined;
}

/**
 * Frees a release by hand: removes its Lease and records a pending revision as failed. For releases that another tool left
 * pending; nothing tells a live one from a dead one. Throws NotFound if there is no such release.
 */
export async function unlockRelease(context: ReleaseContext, name: string): Promise<Unlocked> {
  await context.resources.reach();
  const holder = await breakLease(context, name);
  const last = await newest(context, name);
  if (last === undefined && holder === undefined) throw new ReleaseError('release: not found', 'NotFound');
  if (last === undefined || !isPending(last.info.status)) return { holder, revision: undefined };
  const description = `Unlocked by hand while ${last.info.status}`;
  await recordChange(context.driver, { ...last, info: { ...last.info, status: 'failed', description } });
  return { holder, revision: last.version };
}
