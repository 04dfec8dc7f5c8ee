/**
 * One version of one object as the store keeps it: the accepted JSON bytes with resourceVersion spliced in, and a small
 * parsed head. The whole object is parsed when somebody first asks for it, frozen, and shared by all readers.
 */
import type { DeepReadonly } from '#base/immutable.ts';

export interface Version {
  readonly revision: number;
  /** UTF-8 JSON, `metadata.resourceVersion` included. Shared; must not be changed. */
  readonly bytes: Uint8Array;
  readonly head: Head;
  /** Parsed when first asked for; forgotten by the store once the version is replaced, and parsed again if need be. */
  readonly object: DeepReadonly<StoredObject>;
  readonly memo: VersionMemo;
}

/** What readers derive from a version and keep with it; goes when the version goes. */
export interface VersionMemo {
  /** Behind the closing brace of metadata in `bytes`. */
  metadataEnd: number | undefined;
  /** The row of Tables; its maker's business. */
  row: unknown;
}

/** The store's view of an object: it knows metadata and nothing else. */
export interface StoredObject {
  metadata: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    ownerReferences?: { uid: string; controller?: boolean }[];
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** What selectors, indexes and the garbage collector need, without the body. */
export interface Head {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerUids: readonly string[];
  /** Selectable fields of the kind (`spec.nodeName`, `status.phase`), by its head function. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A change that was applied. `memo` lets each reader keep what it derived from it (watch frames by format). */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** The new version; for DELETED the last one, its bytes carrying the revision of the deletion. */
  readonly version: Version;
  /** What it replaced. */
  readonly previous: Version | undefined;
  readonly memo: Map<string, unknown>;
}
