/**
 * What a controller has asked for and not yet seen in its caches. While something is outstanding, the cache is known to be
 * behind, and acting on it would create or delete twice.
 */
import type { Clock } from '#base/clock.ts';
import type { Expectations } from '#controller/controller.ts';

/** After so long an observation is taken to be lost, and the cache is believed again. */
export const expectationsTimeoutMs = 300_000;

interface Outstanding {
  creations: number;
  readonly deletions: Set<string>;
  atMs: number;
}

/**
 * 1. An owner without outstanding creations and deletions has no entry.
 * 2. An observation that nobody expects changes nothing.
 */
export class ControllerExpectations implements Expectations {
  readonly #clock: Clock;
  readonly #owners = new Map<string, Outstanding>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  satisfied(owner: string): boolean {
    const outstanding = this.#owners.get(owner);
    return outstanding === undefined || this.#clock.now() - outstanding.atMs > expectationsTimeoutMs;
  }

  expectCreations(owner: string, count: number): void {
    if (count > 0) this.#of(owner).creations += count;
  }

  expectDeletions(owner: string, uids: readonly string[]): void {
    if (uids.length === 0) return;
    const { deletions } = this.#of(owner);
    for (const uid of uids) deletions.add(uid);
  }

  creationObserved(owner: string): void {
    const outstanding = this.#owners.get(owner);
    if (outstanding === undefined || outstanding.creations === 0) return;
    outstanding.creations--;
    this.#drop(owner, outstanding);
  }

  deletionObserved(owner: string, uid: string): void {
    const outstanding = this.#owners.get(owner);
    if (outstanding?.deletions.delete(uid) === true) this.#drop(owner, outstanding);
  }

  forget(owner: string): void {
    this.#owners.delete(owner);
  }

  #of(owner: string): Outstanding {
    let outstanding = this.#owners.get(owner);
    if (outstanding === undefined || !this.#isFresh(outstanding)) {
      outstanding = { creations: 0, deletions: new Set(), atMs: 0 };
      this.#owners.set(owner, outstanding);
    }
    outstanding.atMs = this.#clock.now();
    return outstanding;
  }

  /** False: too old to be built upon. */
  #isFresh(outstanding: Outstanding): boolean {
    return this.#clock.now() - outstanding.atMs <= expectationsTimeoutMs;
  }

  #drop(owner: string, outstanding: Outstanding): void {
    if (outstanding.creations === 0 && outstanding.deletions.size === 0) this.#owners.delete(owner);
  }
}
