/**
 * The store: every collection of a cluster in memory, over a backend that keeps it. Readers see what is applied; writers
 * build on what is pending; whatever the backend commits, own or foreign, comes in through one door, in revision order.
 *
 *     const store = await Store.open(new MemoryBackend(), [{ name: 'configmaps' }], { clock });
 *     const maps = store.collection({ name: 'configmaps' });
 *     const created = await maps.write({ namespace: 'default', name: 'a' }, 'absent', { object });
 *
 * Invariants:
 * 1. `revision` is that of the newest applied write; it never goes back.
 * 2. A collection exists from its first record or its declaration on, whichever comes first.
 * 3. A fork shares roots, versions and indexes with its origin, and nothing that changes.
 */
import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import type { Backend, CommittedRecord, StoredRecord } from '#storage/backend.ts';
import type { CollectionDefinition, Root } from '#storage/collection.ts';
import { EventWindow, type WindowLimits } from '#storage/event-window.ts';
import { type Engine, LiveCollection } from '#storage/live-collection.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { defaultParsedLimits, type ParsedLimits, ParsedObjects } from '#storage/parsed-objects.ts';

export interface StorePorts {
  readonly clock: Clock;
  /** How far back watches may start; default 5 minutes and 64 MB. */
  readonly window?: WindowLimits;
  /** Whether objects are frozen all the way down; default true. */
  readonly freeze?: boolean;
  /** How much is kept parsed; default 8 MB of JSON whole and 64 MB without managedFields. */
  readonly parsed?: ParsedLimits;
}

/** All collections as of one revision. */
export interface Snapshot {
  readonly revision: number;
  /** Undefined if there was no such collection. */
  root(collection: string): Root | undefined;
  collections(): Iterable<string>;
}

const defaultWindow: WindowLimits = { windowMs: 5 * 60_000, windowBytes: 64 * 1024 * 1024 };

export class Store {
  readonly #backend: Backend;
  readonly #ports: StorePorts;
  readonly #window: EventWindow;
  readonly #parsed: ParsedObjects;
  readonly #collections = new Map<string, LiveCollection>();
  readonly #engine: Engine;
  #expiring: LiveCollection[] | undefined;
  #revision: number;
  #isClosed = false;

  private constructor(backend: Backend, revision: number, ports: StorePorts) {
    this.#backend = backend;
    this.#ports = ports;
    this.#revision = revision;
    this.#window = new EventWindow(revision, ports.window ?? defaultWindow);
    this.#parsed = new ParsedObjects(ports.parsed ?? defaultParsedLimits);
    this.#engine = this.#makeEngine();
    backend.subscribe(
      (batch) => this.#apply(batch),
      (from) => this.#drop(from),
    );
  }

  /** Loads everything. Rejects with the backend's sentence when that cannot be. */
  static async open(backend: Backend, definitions: readonly CollectionDefinition[], ports: StorePorts): Promise<Store> {
    const { revision, records } = await backend.load();
    const byCollection = new Map<string, StoredRecord[]>();
    if (Symbol.iterator in records) for (const record of records) gather(byCollection, record);
    else for await (const record of records) gather(byCollection, record);
    const store = new Store(backend, revision, ports);
    for (const definition of definitions) store.collection(definition);
    const nowMs = ports.clock.now();
    for (const [name, list] of byCollection) store.#collection(name).load(list, nowMs);
    return store;
  }

  /** The newest applied revision: as of it, reads are complete. */
  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision from which watches can start. */
  get oldestRevision(): number {
    return this.#window.floor;
  }

  /** The collection of that name, declared if it is not; a later definition of a name replaces an earlier one. */
  collection(definition: CollectionDefinition): LiveCollection {
    const collection = this.#collection(definition.name);
    collection.family.definition = definition;
    this.#expiring = undefined;
    return collection;
  }

  /** Names of all collections that were declared or hold records. */
  collections(): Iterable<string> {
    return this.#collections.keys();
  }

  /** Resolves once everything is applied that was committed before the call; on etcd a linearizable read. */
  progress(): Promise<number> {
    return this.#backend.progress();
  }

  /** The present state of everything, immutable. Its cost does not depend on the number of objects. */
  snapshot(): Snapshot {
    const roots = new Map<string, Root>();
    for (const [name, collection] of this.#collections) roots.set(name, collection.root());
    return { revision: this.#revision, root: (name) => roots.get(name), collections: () => roots.keys() };
  }

  /** An independent store in memory with the present applied state. Its cost does not depend on the number of objects. */
  fork(ports: StorePorts = this.#ports): Store {
    const fork = new Store(new MemoryBackend(this.#revision), this.#revision, ports);
    for (const [name, origin] of this.#collections) {
      const { definition } = origin.family;
      const family = { definition, freeze: ports.freeze !== false, parsed: fork.#parsed };
      fork.#collections.set(name, new LiveCollection(fork.#engine, family, origin));
    }
    return fork;
  }

  /** Refuses further writes, waits for those under way, and stops the backend cleanly. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#backend.close();
  }

  #makeEngine(): Engine {
    return {
      backend: this.#backend,
      window: this.#window,
      revision: () => this.#revision,
      isClosed: () => this.#isClosed,
      expire: () => this.#expire(),
      listenerFailed: (error) =>
        queueMicrotask(() => {
          throw error;
        }),
    };
  }

  #collection(name: string): LiveCollection {
    let collection = this.#collections.get(name);
    if (collection === undefined) {
      const freeze = this.#ports.freeze !== false;
      collection = new LiveCollection(this.#engine, { definition: { name }, freeze, parsed: this.#parsed });
      this.#collections.set(name, collection);
      this.#expiring = undefined;
    }
    return collection;
  }

  #apply(batch: readonly CommittedRecord[]): void {
    const nowMs = this.#ports.clock.now();
    for (const record of batch) {
      assert(record.revision > this.#revision, 'records are applied in revision order');
      this.#revision = record.revision;
      this.#collection(record.key.collection).apply(record, nowMs);
    }
    this.#window.trim(nowMs);
  }

  #drop(from: number): void {
    for (const collection of this.#collections.values()) collection.drop(from);
  }

  #expire(): void {
    this.#expiring ??= [...this.#collections.values()].filter((collection) => collection.expiry.isNeeded);
    if (this.#expiring.length === 0) return;
    const nowMs = this.#ports.clock.now();
    for (const collection of this.#expiring) collection.expiry.run(nowMs);
  }
}

function gather(byCollection: Map<string, StoredRecord[]>, record: StoredRecord): void {
  const list = byCollection.get(record.key.collection);
  if (list === undefined) byCollection.set(record.key.collection, [record]);
  else list.push(record);
}
