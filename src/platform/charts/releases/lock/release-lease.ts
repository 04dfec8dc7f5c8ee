/**
 * The Lease that whoever changes a release holds: `wheelhouse.helm.v1.<name>` in the release's namespace, renewed every three
 * seconds, gone when the operation has ended. Helm knows nothing of it; between two of ours it makes sure that
 * - two operations never run at once,
 * - a client that was killed blocks nobody for long: its Lease is not renewed any more, and who takes it over may end the
 *   revision that it left pending (the Lease's annotation says which one).
 * Whoever may not write Leases works without, as Helm does.
 *
 * Deviation: Helm's only lock is the status of the record.
 */
import { microTimestamp } from '#base/clock.ts';
import { uuid } from '#base/random.ts';
import { errorMessage } from '#base/logger.ts';
import type { Lease } from '#api/generated/coordination/v1.ts';
import { leases } from '#api/generated/resources.ts';
import { isAlreadyExists, isConflict, isForbidden, isNotFound, isStatusError } from '#api/status.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, operationInProgress } from '#platform/charts/releases/errors.ts';
import { timeMs } from '#platform/charts/releases/times.ts';
import { waitUntil } from '#platform/charts/releases/wait/until.ts';

/** The annotation that names the revision being written. */
const revisionAnnotation = 'helm.wheelhouse.dev/revision';
const durationSeconds = 10;
const renewMs = 3000;
/** A Lease that is overdue by this much is taken without watching it first, whatever the clocks of two machines differ by. */
const longOverdueMs = 60_000;

/** The name of a release's Lease. */
export function leaseName(release: string): string {
  return `wheelhouse.helm.v1.${release}`;
}

/** What a holder left behind that is gone. */
export interface Abandoned {
  readonly holder: string;
  readonly revision: number | undefined;
}

/**
 * 1. While it is held, `signal` is not aborted; it is when another holder is found in the Lease.
 * 2. `#lease` is the newest version that this holder wrote; undefined means that there is none.
 */
export class ReleaseLease {
  readonly #context: ReleaseContext;
  readonly #name: string;
  readonly #holder: string;
  readonly #lost = new AbortController();
  #lease: Lease | undefined;
  #stopTimer: () => void = () => {};
  #renewal: Promise<void> = Promise.resolve();
  #isReleased = false;
  #isNamespaceMissing = false;

  private constructor(context: ReleaseContext, release: string) {
    this.#context = context;
    this.#name = leaseName(release);
    this.#holder = `${context.identity ?? 'wheelhouse'}_${uuid(context.random)}`;
  }

  /** Aborted when somebody else has taken the release over. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Acquires a release's Lease; `abandoned` says whose was taken over. Throws Pending if its holder is alive. Without the
   * right to write Leases, or without the namespace, it is not held and nothing else happens.
   */
  static async acquire(
    context: ReleaseContext,
    release: string,
    signal?: AbortSignal,
  ): Promise<{ readonly lease: ReleaseLease; readonly abandoned: Abandoned | undefined }> {
    const lease = new ReleaseLease(context, release);
    return { lease, abandoned: await lease.#tryToAcquire(signal) };
  }

  async #tryToAcquire(signal?: AbortSignal): Promise<Abandoned | undefined> {
    try {
      return await this.#acquire(signal);
    } catch (error) {
      if (!isForbidden(error) && !isNotFound(error)) throw error;
      this.#context.debug(`working without a Lease: ${errorMessage(error)}`);
      this.#isNamespaceMissing = isNotFound(error);
      return undefined;
    }
  }

  /** Says which revision is being written; before it is recorded as pending. */
  async noteRevision(revision: number): Promise<void> {
    // An installation may have made the namespace meanwhile.
    if (this.#isNamespaceMissing) await this.#tryToAcquire();
    if (this.#lease === undefined) return;
    const { metadata } = this.#lease;
    const annotations = { ...metadata.annotations, [revisionAnnotation]: String(revision) };
    this.#lease = { ...this.#lease, metadata: { ...metadata, annotations } };
    await this.#renewNow();
  }

  /** Ends the renewals and removes the Lease. */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#stopTimer();
    await this.#renewal;
    const { namespace } = this.#context;
    const uid = this.#lease?.metadata.uid;
    if (uid === undefined || this.#lost.signal.aborted) return;
    this.#lease = undefined;
    try {
      await this.#context.client.delete(leases, { namespace, name: this.#name }, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) this.#context.debug(`cannot remove the Lease: ${errorMessage(error)}`);
    }
  }

  async #acquire(signal: AbortSignal | undefined): Promise<Abandoned | undefined> {
    const { client, namespace } = this.#context;
    for (;;) {
      try {
        // Usually nobody holds it: the first request is the one that makes it.
        const created = await this.#create();
        if (created !== undefined) {
          this.#hold(created);
          return undefined;
        }
        const existing = await client.get(leases, { namespace, name: this.#name });
        await this.#refuseLiveHolder(existing, signal);
        const transitions = (existing.spec?.leaseTransitions ?? 0) + 1;
        this.#hold(await client.update(leases, this.#leaseNow(existing, transitions)));
        return abandonedBy(existing);
      } catch (error) {
        // Another one was faster, or gone by then: look again.
        const isOvertaken =
          isConflict(error) || (isNotFound(error) && isStatusError(error) && error.details?.kind === leases.plural);
        if (!isOvertaken) throw error;
      }
    }
  }

  /** Undefined: there is one. */
  async #create(): Promise<Lease | undefined> {
    try {
      return await this.#context.client.create(leases, this.#leaseNow());
    } catch (error) {
      if (isAlreadyExists(error)) return undefined;
      throw error;
    }
  }

  /** Resolves once the holder is known to be gone: it did not renew for as long as its Lease lasts. */
  async #refuseLiveHolder(existing: Lease, signal: AbortSignal | undefined): Promise<void> {
    const { holderIdentity = '', renewTime = '', leaseDurationSeconds = durationSeconds } = existing.spec ?? {};
    const overdueMs = this.#context.clock.now() - timeMs(renewTime) - leaseDurationSeconds * 1000;
    if (holderIdentity === '' || overdueMs > longOverdueMs) return;
    const key = { namespace: this.#context.namespace, name: this.#name };
    this.#context.debug(`the release is held by ${holderIdentity}; waiting whether it is alive`);
    const deadline = { timeoutMs: leaseDurationSeconds * 1000, timeoutMessage: silent, signal };
    try {
      await waitUntil(this.#context, deadline, async (live) => {
        const now = (await live.get(leases, key)) as Lease | undefined;
        if (now === undefined) return true;
        if (now.spec?.renewTime !== renewTime) throw operationInProgress(`${now.spec?.holderIdentity} is at it`);
        return false;
      });
    } catch (error) {
      if (!(error instanceof ReleaseError) || error.message !== silent) throw error;
    }
  }

  #leaseNow(existing?: Lease, leaseTransitions = 0): Lease {
    const now = microTimestamp(this.#context.clock.now());
    const { [revisionAnnotation]: _revision, ...annotations } = existing?.metadata.annotations ?? {};
    const metadata = existing?.metadata ?? { name: this.#name, namespace: this.#context.namespace };
    return {
      metadata: { ...metadata, annotations },
      spec: {
        holderIdentity: this.#holder,
        leaseDurationSeconds: durationSeconds,
        acquireTime: now,
        renewTime: now,
        leaseTransitions,
      },
    };
  }

  #hold(lease: Lease): void {
    this.#lease = lease;
    this.#schedule();
  }

  #schedule(): void {
    this.#stopTimer();
    if (this.#isReleased) return;
    this.#stopTimer = this.#context.clock.after(renewMs, () => {
      this.#renewal = this.#renewNow().catch((error: unknown) =>
        this.#context.debug(`cannot renew the Lease: ${errorMessage(error)}`),
      );
    });
  }

  async #renewNow(): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined) return;
    const renewTime = microTimestamp(this.#context.clock.now());
    try {
      this.#lease = await this.#context.client.update(leases, { ...lease, spec: { ...lease.spec, renewTime } });
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      this.#lost.abort(new ReleaseError('another client has taken over this release', 'Locked'));
      return;
    } finally {
      if (!this.#lost.signal.aborted) this.#schedule();
    }
  }
}

const silent = 'the holder did not renew its Lease';

function abandonedBy({ metadata, spec }: Lease): Abandoned {
  const revision = metadata.annotations?.[revisionAnnotation];
  return { holder: spec?.holderIdentity ?? '', revision: revision === undefined ? undefined : Number(revision) };
}

/** Removes a release's Lease, whoever holds it. Answers its holder, or undefined if there was none. */
export async function breakLease(context: ReleaseContext, release: string): Promise<string | undefined> {
  const key = { namespace: context.namespace, name: leaseName(release) };
  const lease = await context.client.find(leases, key);
  if (lease === undefined) return undefined;
  await context.client.delete(leases, key);
  return lease.spec?.holderIdentity ?? '';
}
