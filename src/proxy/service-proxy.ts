/**
 * Keeps a {@link Dataplane} equal to the Services of the cluster: every change wakes it, changes of one moment are
 * coalesced into one apply. Nothing runs while nothing changes.
 */
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import { endpointslices, services } from '#api/generated/resources.ts';
import type { Caches } from '#client/cache.ts';
import { compileRules, type HostPortRule, type RuleSet } from '#proxy/rules.ts';

/** The port to the packet filter. */
export interface Dataplane {
  /** Makes the rules hold, as one transaction. Rejects and changes nothing on error. */
  apply(rules: RuleSet): Promise<void>;
  /** Removes everything it ever made. */
  remove(): Promise<void>;
}

/** Host ports of the pods that run on this node: the agent's knowledge. */
export interface HostPortSource {
  hostPorts(): readonly HostPortRule[];
  subscribe(listener: () => void): () => void;
}

const coalesceMs = 15;
const retryMs = 1000;

/**
 * Invariants: 1. at most one apply at a time; 2. the last change is always applied; 3. a failed apply is tried again.
 */
export class ServiceProxy {
  readonly #caches: Caches;
  readonly #dataplane: Dataplane;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #nodeName: string;
  readonly #hostPorts: HostPortSource;
  readonly #stops: (() => void)[] = [];
  #scheduled = false;
  #running = false;
  #dirty = false;
  #stopped = false;

  constructor(
    caches: Caches,
    dataplane: Dataplane,
    clock: Clock,
    log: Logger,
    options: { nodeName: string; hostPorts: HostPortSource },
  ) {
    this.#caches = caches;
    this.#dataplane = dataplane;
    this.#clock = clock;
    this.#log = log;
    this.#nodeName = options.nodeName;
    this.#hostPorts = options.hostPorts;
  }

  /** Resolves once the first rule set holds. */
  async start(): Promise<void> {
    const watched = [this.#caches.of(services), this.#caches.of(endpointslices)];
    await Promise.all(watched.map((cache) => cache.synced));
    for (const cache of watched) this.#stops.push(cache.subscribe(() => this.#wake(coalesceMs)));
    this.#stops.push(this.#hostPorts.subscribe(() => this.#wake(coalesceMs)));
    await this.#apply();
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
  }

  #wake(delayMs: number): void {
    this.#dirty = true;
    if (this.#scheduled || this.#running || this.#stopped) return;
    this.#scheduled = true;
    this.#clock.after(delayMs, () => {
      this.#scheduled = false;
      void this.#apply();
    });
  }

  async #apply(): Promise<void> {
    if (this.#stopped) return;
    this.#running = true;
    this.#dirty = false;
    let delayMs = coalesceMs;
    try {
      const rules = compileRules(
        this.#caches.of(services).list(),
        this.#caches.of(endpointslices).list(),
        this.#hostPorts.hostPorts(),
        this.#nodeName,
      );
      await this.#dataplane.apply(rules);
    } catch (error) {
      this.#log.error('service rules could not be applied', { error: errorMessage(error) });
      this.#dirty = true;
      delayMs = retryMs;
    }
    this.#running = false;
    if (this.#dirty) this.#wake(delayMs);
  }
}
