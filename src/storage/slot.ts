/** Where the versions of one key are between hand-over and application, and the map of all keys of a collection. */
import type { State } from '#storage/root.ts';
import type { StoredVersion } from '#storage/stored-version.ts';

/** A write that was handed over and has its revision. */
export interface Pending {
  /** For a deletion the last version, carrying the deletion's revision. */
  readonly version: StoredVersion;
  readonly isDeletion: boolean;
}

/** A write whose revision only the answer tells (etcd). */
export interface Outstanding {
  readonly bytes: Uint8Array | undefined;
  readonly object: StoredVersion['object'] | undefined;
  /** Set when a record that looks like this write is applied. */
  seen: StoredVersion | undefined;
}

export class Slot {
  readonly namespace: string;
  readonly name: string;
  /** What readers see. */
  applied: StoredVersion | undefined;
  /** The newest version handed over, if it is not applied yet. */
  pending: Pending | undefined;
  /** At most one; the next write of the key waits for `idle`. */
  outstanding: Outstanding | undefined;
  idle: Promise<unknown> | undefined;
  /** The fate of an earlier write is unknown: the state must be read again before the next one. */
  isUnsettled = false;

  constructor(namespace: string, name: string, applied: StoredVersion | undefined) {
    this.namespace = namespace;
    this.name = name;
    this.applied = applied;
  }

  /** What a writer builds on. */
  get head(): StoredVersion | undefined {
    if (this.pending === undefined) return this.applied;
    return this.pending.isDeletion ? undefined : this.pending.version;
  }

  get isIdle(): boolean {
    return this.pending === undefined && this.outstanding === undefined && this.idle === undefined && !this.isUnsettled;
  }
}

/**
 * Slots by namespace and name; no joined keys. A fork starts with an empty map over the state it was forked from and makes
 * slots as keys are written; there a slot that holds nothing says that the key is gone.
 */
export class SlotMap {
  readonly #namespaces = new Map<string, Map<string, Slot>>();
  readonly #base: State | undefined;

  constructor(base: State | undefined) {
    this.#base = base;
  }

  find(namespace: string, name: string): Slot | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  applied(namespace: string, name: string): StoredVersion | undefined {
    const slot = this.find(namespace, name);
    return slot === undefined ? this.#base?.get(namespace, name) : slot.applied;
  }

  /** The slot of a key, made if there is none. */
  of(namespace: string, name: string): Slot {
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    let slot = names.get(name);
    if (slot === undefined) {
      slot = new Slot(namespace, name, this.#base?.get(namespace, name));
      names.set(name, slot);
    }
    return slot;
  }

  /** Forgets a slot that holds nothing. */
  release(slot: Slot): void {
    if (slot.applied !== undefined || !slot.isIdle || this.#base !== undefined) return;
    const names = this.#namespaces.get(slot.namespace);
    if (names?.get(slot.name) !== slot) return;
    names.delete(slot.name);
    if (names.size === 0) this.#namespaces.delete(slot.namespace);
  }
}
