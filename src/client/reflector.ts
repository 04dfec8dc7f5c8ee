/**
 * A cache that is kept by list and watch over a Client, as client-go's reflector keeps it:
 *
 *   list (or a streaming list: watch with sendInitialEvents) → watch from its revision → resume from the last revision
 *   seen, bookmarks included, whenever the watch ends → list again on 410.
 *
 * Nothing polls: while the server is quiet, the reflector waits on one open watch.
 */
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Logger } from '#base/logger.ts';
import { errorMessage } from '#base/logger.ts';
import type { Random } from '#base/random.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { apiVersionOf, groupResource } from '#api/resource-ref.ts';
import { isExpired, isInvalid, isStatusError } from '#api/status.ts';
import type { Cache, CacheEvent, CacheListener } from '#client/cache.ts';
import type { Client, WatchEvent } from '#client/client.ts';
import { guarded } from '#client/guarded.ts';
import { ObjectIndex, objectKey } from '#client/object-index.ts';

export interface ReflectorPorts {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Ends the reflector; what it holds stays readable. */
  readonly signal: AbortSignal;
}
/** Which objects of the resource; all of them unless said otherwise. */
export interface ReflectorSelection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

const firstBackoffMs = 800;
const longestBackoffMs = 30_000;
/** Upstream's: the server ends a watch after 5 to 10 minutes, so that a connection that died silently is noticed. */
const shortestWatchSeconds = 300;

/**
 * 1. Listeners are called in revision order, after the cache shows the change, each change once.
 * 2. `#revision` is the newest revision that the cache contains; '' means that the next step is a list.
 * 3. `synced` resolves once and stays resolved; it never rejects (a server that is down is waited for).
 */
export class Reflector<T extends HasMetadata> implements Cache<T> {
  readonly synced: Promise<void>;
  readonly #resource: ResourceRef<T>;
  readonly #ports: ReflectorPorts;
  readonly #selection: ReflectorSelection;
  readonly #index = new ObjectIndex<T>();
  readonly #listeners = new Set<CacheListener<T>>();
  #revision = '';
  #backoffMs = firstBackoffMs;
  #canStream = true;
  #markSynced: () => void = () => {};

  /** Starts at once. */
  constructor(resource: ResourceRef<T>, ports: ReflectorPorts, selection: ReflectorSelection = {}) {
    this.#resource = resource;
    this.#ports = ports;
    this.#selection = selection;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
    void this.#run();
  }

  get(key: ObjectKey): DeepReadonly<T> | undefined {
    return this.#index.get(key);
  }

  list(namespace?: string): Iterable<DeepReadonly<T>> {
    return this.#index.list(namespace);
  }

  owned(uid: string): Iterable<DeepReadonly<T>> {
    return this.#index.owned(uid);
  }

  subscribe(listener: CacheListener<T>): () => void {
    const safe = guarded(this.#ports.log, listener);
    this.#listeners.add(safe);
    return () => this.#listeners.delete(safe);
  }

  async #run(): Promise<void> {
    const { signal, clock } = this.#ports;
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      const outcome = await this.#once();
      const isShort = clock.monotonic() - startedMs < 1000;
      if (outcome === 'failed' || (outcome === 'ended' && isShort)) await this.#backOff();
      else if (outcome === 'ended') this.#backoffMs = firstBackoffMs;
    }
  }

  /** One list and watch, or one watch. `again`: there is another way to try at once. */
  async #once(): Promise<'ended' | 'again' | 'failed'> {
    try {
      if (this.#revision === '' && !this.#canStream) await this.#list();
      await this.#watch();
      return 'ended';
    } catch (error) {
      if (this.#revision !== '' && isExpired(error)) {
        this.#revision = '';
        return 'again';
      }
      if (this.#revision === '' && this.#canStream && isUnsupported(error)) {
        this.#canStream = false;
        return 'again';
      }
      const log = this.#ports.log;
      if (!this.#ports.signal.aborted)
        log.warn('watch failed', { resource: groupResource(this.#resource), error: errorMessage(error) });
      return 'failed';
    }
  }

  async #backOff(): Promise<void> {
    const delayMs = this.#backoffMs * (1 + this.#ports.random.next());
    this.#backoffMs = Math.min(this.#backoffMs * 2, longestBackoffMs);
    await sleep(this.#ports.clock, delayMs, this.#ports.signal).catch(() => undefined);
  }

  async #list(): Promise<void> {
    const { client, signal } = this.#ports;
    const list = await client.list(this.#resource, { ...this.#selection, resourceVersion: '0', signal });
    this.#replace(list.items, list.metadata.resourceVersion ?? '');
  }

  async #watch(): Promise<void> {
    const { client, signal, random } = this.#ports;
    const initial: T[] | undefined = this.#revision === '' ? [] : undefined;
    const timeoutSeconds = Math.floor(shortestWatchSeconds * (1 + random.next()));
    const events = client.watch(this.#resource, {
      ...this.#selection,
      allowWatchBookmarks: true,
      timeoutSeconds,
      signal,
      ...(initial === undefined
        ? { resourceVersion: this.#revision }
        : { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const }),
    });
    for await (const event of events) {
      if (initial === undefined || this.#revision !== '') this.#apply(event);
      else if (event.type !== 'BOOKMARK') initial.push(event.object);
      else if (endsInitialEvents(event)) this.#replace(initial, event.object.metadata.resourceVersion ?? '');
    }
  }

  #apply(event: WatchEvent<T>): void {
    this.#revision = event.object.metadata.resourceVersion ?? this.#revision;
    if (event.type === 'BOOKMARK') return;
    this.#backoffMs = firstBackoffMs;
    const object = this.#typed(event.object);
    if (event.type === 'DELETED') {
      const old = this.#index.delete(objectKey(object));
      if (old !== undefined) this.#notify({ old: object, new: undefined });
      return;
    }
    this.#notify({ old: this.#index.set(object), new: object });
  }

  #replace(items: readonly T[], revision: string): void {
    const gone = new Map<string, DeepReadonly<T>>();
    for (const object of this.#index.list()) gone.set(joinedKey(object), object);
    for (const item of items) {
      const object = this.#typed(item);
      const old = gone.get(joinedKey(object));
      gone.delete(joinedKey(object));
      if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) continue;
      this.#index.set(object);
      this.#notify({ old, new: object });
    }
    for (const old of gone.values()) {
      this.#index.delete(objectKey(old));
      this.#notify({ old, new: undefined });
    }
    this.#revision = revision;
    this.#markSynced();
  }

  /** Items of a list carry no type of their own on other servers; readers of a cache may rely on it. */
  #typed(object: T): DeepReadonly<T> {
    object.apiVersion ??= apiVersionOf(this.#resource);
    object.kind ??= this.#resource.kind;
    return object as DeepReadonly<T>;
  }

  #notify(event: CacheEvent<T>): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function joinedKey(object: DeepReadonly<HasMetadata>): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

function endsInitialEvents(event: WatchEvent<HasMetadata>): boolean {
  return event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true';
}

/** Servers that do not know sendInitialEvents answer 422 (feature off) or 400. */
function isUnsupported(error: unknown): boolean {
  return isInvalid(error) || (isStatusError(error) && error.code === 400);
}
