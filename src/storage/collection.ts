/**
 * The store's surface, as the API server and in-process readers see it. Implemented by storage/store.ts.
 */
import type { Head, StoredObject, StoreEvent, Version } from '#storage/version.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export interface CollectionDefinition {
  /** `pods`, `deployments.apps`; unique, part of the format on disk. */
  readonly name: string;
  /** The selectable fields of an object of this collection. */
  selectableFields?(object: DeepReadonly<StoredObject>): Record<string, string>;
  /** Dropped this long after their last write, without a timer of their own. */
  readonly ttlMs?: number;
  /** Oldest are dropped above this (Events: 32 MB). */
  readonly maxBytes?: number;
}

/** A value to write: the object as it will be read (without resourceVersion) and its bytes. Ownership passes to the store. */
export interface NewValue {
  readonly object: StoredObject;
  /** Computed by the store when absent. */
  readonly bytes?: Uint8Array;
}

export interface Collection {
  readonly definition: CollectionDefinition;
  /** The applied version: what readers see. */
  get(namespace: string, name: string): Version | undefined;
  /** The newest version handed to the backend, applied or not: what a writer builds on. Undefined: absent or being deleted. */
  pending(namespace: string, name: string): Version | undefined;
  /**
   * Writes and resolves once the version is applied. `expected` is the revision of `pending`, or 'absent'.
   * Throws RevisionMismatch, KeyExists, Failed, Unknown or ReadOnly (storage/errors.ts).
   */
  write(
    key: { namespace: string; name: string },
    expected: number | 'absent',
    value: NewValue,
    options?: { volatile?: boolean },
  ): Promise<Version>;
  /** Resolves with the last version, carrying the deletion's revision. */
  delete(
    key: { namespace: string; name: string },
    expected: number,
    options?: { volatile?: boolean },
  ): Promise<Version>;
  /** The present state, immutable, O(1). */
  root(): Root;
  /** The state at a revision in the window. Throws Compacted or FutureRevision. */
  rootAt(revision: number): Root;
  /** Live events from now on, called in revision order within the turn in which a batch is applied. Returns cancel. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** Events after `revision`, oldest first. Throws Compacted when the window no longer covers them. */
  eventsSince(revision: number): readonly StoreEvent[];
  /** The applied objects whose ownerReferences name `uid`. Valid until the next await. */
  ownedBy(uid: string): Iterable<Version>;
  /**
   * The applied versions with a label or a selectable field of one of `values`, in the order of `root()`. Undefined when
   * there is no index for `key` yet: the caller scans; a key that is asked for again gets an index.
   */
  havingValue(kind: 'labels' | 'fields', key: string, values: readonly string[]): readonly Version[] | undefined;
  readonly size: number;
}

/** An immutable, ordered state of one collection. */
export interface Root {
  readonly revision: number;
  readonly size: number;
  get(namespace: string, name: string): Version | undefined;
  namespaces(): Iterable<string>;
  count(namespace?: string): number;
  /** How many versions `scan` with the same arguments yields, without the scan. */
  countAfter(namespace: string | undefined, after: { namespace: string; name: string }): number;
  /** In order of upstream's keys (namespace + '/', then name); starts after `after` if given. */
  scan(namespace?: string, after?: { namespace: string; name: string }): Iterable<Version>;
}

export type { Head, StoredObject, StoreEvent, Version };
