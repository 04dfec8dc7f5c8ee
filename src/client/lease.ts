/**
 * Leader election by a Lease: of several processes that could do something, one does it.
 *
 *   await lead(ports, { key: { namespace: 'kube-system', name: 'x' }, identity: 'host_1' }, (signal) => work(signal));
 *
 * Whether another holder still lives is judged by what this process sees change, never by the times in the Lease: clocks differ.
 * @see https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
 */
import { type Clock, microTimestamp, sleep } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { ObjectKey } from '#api/object.ts';
import type { Lease } from '#api/generated/coordination/v1.ts';
import { leases } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';

export interface LeaderElectionPorts {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the candidacy; a held Lease is given back. */
  readonly signal: AbortSignal;
}

export interface LeaderElectionOptions {
  readonly key: ObjectKey;
  /** Different for every process. */
  readonly identity: string;
  /** A holder that has not renewed for so long is taken to be gone; 15 s unless said otherwise. */
  readonly leaseDurationMs?: number;
  /** A holder that could not renew for so long gives up; 10 s. */
  readonly renewDeadlineMs?: number;
  /** Between two tries; 2 s. */
  readonly retryPeriodMs?: number;
}

/**
 * Waits until this process leads, runs `work` until it ends, and gives the Lease back. Rejects when the Lease is lost:
 * `work` is then told by its signal. Resolves at once when the ports' signal is aborted while waiting.
 */
export async function lead(
  ports: LeaderElectionPorts,
  options: LeaderElectionOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const candidate = new Candidate(ports, options);
  if (!(await candidate.acquire())) return;
  const lost = new AbortController();
  const working = work(AbortSignal.any([ports.signal, lost.signal]));
  const renewing = candidate.renew(lost);
  try {
    await working;
  } finally {
    candidate.finish();
    await renewing;
  }
  if (lost.signal.aborted) throw lost.signal.reason;
}

/** Invariant: `#seenMs` is when the record last changed before our eyes. */
class Candidate {
  readonly #ports: LeaderElectionPorts;
  readonly #options: LeaderElectionOptions &
    Required<Pick<LeaderElectionOptions, 'leaseDurationMs' | 'retryPeriodMs' | 'renewDeadlineMs'>>;
  readonly #done = new AbortController();
  #seen = '';
  #seenMs = 0;

  constructor(ports: LeaderElectionPorts, options: LeaderElectionOptions) {
    this.#ports = ports;
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
  }

  /** False: the signal came first. */
  async acquire(): Promise<boolean> {
    const { signal } = this.#ports;
    while (!signal.aborted) {
      if (await this.#try()) return true;
      await this.#pause(signal);
    }
    return false;
  }

  /** Until {@link finish}, then gives the Lease back; aborts `lost` when it could not be renewed in time. */
  async renew(lost: AbortController): Promise<void> {
    const { clock } = this.#ports;
    let renewedMs = clock.monotonic();
    while (!this.#done.signal.aborted) {
      await this.#pause(this.#done.signal);
      if (this.#done.signal.aborted) break;
      if (await this.#try()) renewedMs = clock.monotonic();
      else if (clock.monotonic() - renewedMs >= this.#options.renewDeadlineMs) {
        lost.abort(new Error(`the lease ${this.#options.key.namespace}/${this.#options.key.name} was lost`));
        return;
      }
    }
    await this.#release();
  }

  finish(): void {
    this.#done.abort();
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await sleep(this.#ports.clock, this.#options.retryPeriodMs, signal).catch(() => undefined);
  }

  /** True: the Lease is ours now. A conflict, or a server that does not answer, is a no. */
  async #try(): Promise<boolean> {
    const { client, clock, log } = this.#ports;
    const { key, identity, leaseDurationMs } = this.#options;
    try {
      const found = await client.find(leases, key);
      const now = microTimestamp(clock.now());
      const renewed = { holderIdentity: identity, leaseDurationSeconds: leaseDurationMs / 1000, renewTime: now };
      if (found === undefined) {
        const spec = { ...renewed, acquireTime: now, leaseTransitions: 0 };
        await client.create(leases, { metadata: { ...key }, spec } as Lease);
        return true;
      }
      const isOurs = found.spec?.holderIdentity === identity;
      if (!isOurs && this.#isHeld(found)) return false;
      const spec = isOurs
        ? { ...found.spec, ...renewed }
        : { ...renewed, acquireTime: now, leaseTransitions: (found.spec?.leaseTransitions ?? 0) + 1 };
      await client.update(leases, { ...found, spec });
      return true;
    } catch (error) {
      log.debug('a lease was not taken', { name: key.name, error: errorMessage(error) });
      return false;
    }
  }

  #isHeld({ spec, metadata }: Lease): boolean {
    const nowMs = this.#ports.clock.monotonic();
    if ((spec?.holderIdentity ?? '') === '') return false;
    if (metadata.resourceVersion !== this.#seen) {
      this.#seen = metadata.resourceVersion ?? '';
      this.#seenMs = nowMs;
    }
    return nowMs - this.#seenMs < (spec?.leaseDurationSeconds ?? 0) * 1000;
  }

  async #release(): Promise<void> {
    const { client, clock, log } = this.#ports;
    const { key, identity } = this.#options;
    try {
      const found = await client.find(leases, key);
      if (found?.spec?.holderIdentity !== identity) return;
      const spec = {
        ...found.spec,
        holderIdentity: '',
        leaseDurationSeconds: 1,
        renewTime: microTimestamp(clock.now()),
      };
      await client.update(leases, { ...found, spec });
    } catch (error) {
      log.debug('a lease was not given back', { name: key.name, error: errorMessage(error) });
    }
  }
}
