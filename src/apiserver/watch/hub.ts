/**
 * The watch hub of one endpoint: one subscription to the store, and watchers indexed by what they want, so that an event
 * only meets those it may concern.
 *
 * Invariants:
 * 1. A watcher is in exactly one bucket: that of its key, an exact field, an exact label, its namespace, or of all.
 * 2. It is handed every event after its revision that concerns it, in order, exactly once.
 * 3. Without watchers there is no subscription and no timer.
 *
 * Deviation: bookmarks are sent a minute after an event, not every minute: nothing ticks while nothing happens.
 */
import type { Clock } from '#base/clock.ts';
import type { StoreEvent } from '#storage/version.ts';
import { collectionOf, type Endpoint } from '#apiserver/registry/endpoint.ts';
import type { Selection } from '#apiserver/registry/list-options.ts';
import type { Watcher } from '#apiserver/watch/watcher.ts';

const bookmarkIntervalMs = 60_000;

export class WatchHub {
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #all = new Set<Watcher>();
  readonly #byNamespace = new Buckets();
  readonly #byKey = new Map<string, Buckets>();
  readonly #byField = new Map<string, Buckets>();
  readonly #byLabel = new Map<string, Buckets>();
  readonly #bookmarked = new Set<Watcher>();
  #size = 0;
  #unsubscribe: (() => void) | undefined;
  #cancelBookmarks: (() => void) | undefined;

  constructor(endpoint: Endpoint, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  /** Hands events from now on to the watcher. Returns cancel, which may be called twice. */
  add(watcher: Watcher): () => void {
    this.#unsubscribe ??= collectionOf(this.#endpoint).subscribe((event) => this.#dispatch(event));
    const remove = this.#place(watcher);
    if (watcher.wantsBookmarks) this.#bookmarked.add(watcher);
    this.#size++;
    let isThere = true;
    return () => {
      if (!isThere) return;
      isThere = false;
      remove();
      this.#bookmarked.delete(watcher);
      this.#size--;
      if (this.#size === 0) this.#stop();
    };
  }

  #stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#cancelBookmarks?.();
    this.#cancelBookmarks = undefined;
  }

  #place(watcher: Watcher): () => void {
    const { selection, namespace } = watcher;
    if (selection.name !== undefined && (namespace !== '' || !this.#endpoint.resource.namespaced))
      return bucketsOf(this.#byKey, namespace).add(selection.name, watcher);
    const field = selection.fieldsOf === undefined ? selection.fields.find((term) => !term.isNegated) : undefined;
    if (field !== undefined) return bucketsOf(this.#byField, field.field).add(field.value, watcher);
    const label = exactLabel(selection);
    if (label !== undefined) return bucketsOf(this.#byLabel, label.key).add(label.value, watcher);
    if (namespace !== '') return this.#byNamespace.add(namespace, watcher);
    this.#all.add(watcher);
    return () => this.#all.delete(watcher);
  }

  #dispatch(event: StoreEvent): void {
    const { head } = event.version;
    offerAll(this.#all, event);
    offerAll(this.#byNamespace.of(head.namespace), event);
    offerAll(this.#byKey.get(head.namespace)?.of(head.name), event);
    const before = event.previous?.head;
    for (const [field, buckets] of this.#byField)
      offerBoth(buckets, event, [head.fields[field], before?.fields[field]]);
    for (const [label, buckets] of this.#byLabel)
      offerBoth(buckets, event, [head.labels[label], before?.labels[label]]);
    if (this.#bookmarked.size > 0) this.#armBookmarks();
  }

  /** Only events make time pass for bookmarks: nothing ticks while nothing happens. */
  #armBookmarks(): void {
    this.#cancelBookmarks ??= this.#clock.after(bookmarkIntervalMs, () => {
      this.#cancelBookmarks = undefined;
      const { revision } = collectionOf(this.#endpoint).root();
      for (const watcher of this.#bookmarked) watcher.bookmark(revision);
    });
  }
}

function offerAll(watchers: ReadonlySet<Watcher> | undefined, event: StoreEvent): void {
  if (watchers === undefined) return;
  for (const watcher of watchers) {
    try {
      watcher.offer(event);
    } catch (error) {
      // A kind's column or conversion threw: that watch ends, the others go on.
      watcher.fail(error);
    }
  }
}

/** A value that changed concerns the watchers of the old one and of the new one. */
function offerBoth(
  buckets: Buckets,
  event: StoreEvent,
  values: readonly [string | undefined, string | undefined],
): void {
  const [now, before] = values;
  offerAll(buckets.of(now ?? ''), event);
  if (event.previous !== undefined && (before ?? '') !== (now ?? '')) offerAll(buckets.of(before ?? ''), event);
}

function exactLabel(selection: Selection): { key: string; value: string } | undefined {
  for (const { key, operator, values } of selection.labels.requirements) {
    const isExact = (operator === '=' || operator === '==' || operator === 'in') && values.length === 1;
    if (isExact && values[0] !== '') return { key, value: values[0] as string };
  }
  return undefined;
}

function bucketsOf(index: Map<string, Buckets>, key: string): Buckets {
  let buckets = index.get(key);
  if (buckets === undefined) index.set(key, (buckets = new Buckets()));
  return buckets;
}

/** Watchers by one value. */
class Buckets {
  readonly #sets = new Map<string, Set<Watcher>>();

  of(value: string): ReadonlySet<Watcher> | undefined {
    return this.#sets.get(value);
  }

  add(value: string, watcher: Watcher): () => void {
    let set = this.#sets.get(value);
    if (set === undefined) this.#sets.set(value, (set = new Set()));
    set.add(watcher);
    return () => {
      set.delete(watcher);
      if (set.size === 0 && this.#sets.get(value) === set) this.#sets.delete(value);
    };
  }
}
