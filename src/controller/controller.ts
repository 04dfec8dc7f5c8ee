/**
 * A controller is a value: which objects it is for, which it owns, and what to do about one of them. It never sees an
 * event; it reads the caches, compares, and acts through the client. controller/manager.ts runs it.
 *
 * Throw = retry with back-off (5 ms doubling to 1000 s, as upstream's rate limiter). A TerminalError is logged and dropped.
 * @see https://kubernetes.io/docs/concepts/architecture/controller/
 */
import type { Clock } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Logger } from '#base/logger.ts';
import type { Random } from '#base/random.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Cache } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/events.ts';

export interface Controller<T extends HasMetadata = HasMetadata> {
  /** As upstream's, `deployment-controller`: the user agent, the event source, a metric label. */
  readonly name: string;
  /** The kind whose keys are reconciled. */
  readonly for: ResourceRef<T>;
  /** Kinds whose change wakes the controller owner (by controller ownerReference). */
  readonly owns?: readonly ResourceRef[];
  /** Kinds whose change wakes other keys: returns them. */
  readonly watches?: readonly Watch[];
  /** Kinds that are only read; they are synced before the first reconcile. */
  readonly reads?: readonly ResourceRef[];
  /** At once; 5 unless said otherwise. */
  readonly workers?: number;
  /** Key `{namespace: '', name: ''}` is reconciled once at the start (for work that belongs to no object). */
  readonly atStart?: boolean;
  reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined | void>;
}

export interface Watch<T extends HasMetadata = HasMetadata> {
  readonly resource: ResourceRef<T>;
  /** Keys of the controller's own kind that this change concerns; `old` undefined: added, `now` undefined: gone. */
  keys(now: DeepReadonly<T> | undefined, old: DeepReadonly<T> | undefined, ctx: ControllerContext): Iterable<ObjectKey>;
}

/** A {@link Watch} with the types of its resource. */
export function watch<T extends HasMetadata>(resource: ResourceRef<T>, keys: Watch<T>['keys']): Watch {
  return { resource, keys };
}

export interface ReconcileResult {
  /** Come back to this key after so long, if nothing wakes it before. */
  readonly requeueAfterMs: number;
}

export interface ControllerContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly events: EventRecorder;
  cache<T extends HasMetadata>(resource: ResourceRef<T>): Cache<T>;
  /** Wakes a key of this controller. */
  enqueue(key: ObjectKey, afterMs?: number): void;
  /** Counts of creations and deletions asked for and not yet seen, per owner key (controller/expectations.ts). */
  readonly expectations: Expectations;
  readonly signal: AbortSignal;
}

/** Guards against acting twice on a cache that has not caught up. */
export interface Expectations {
  satisfied(owner: string): boolean;
  expectCreations(owner: string, count: number): void;
  expectDeletions(owner: string, uids: readonly string[]): void;
  creationObserved(owner: string): void;
  deletionObserved(owner: string, uid: string): void;
  forget(owner: string): void;
}

/** Retrying would not help. */
export class TerminalError extends Error {
  override name = 'TerminalError';
}
