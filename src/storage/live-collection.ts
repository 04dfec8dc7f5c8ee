/**
 * One collection of a store: applied state for readers, pending heads for writers.
 *
 * Invariants:
 * 1. `#state` and the slots' `applied` say the same; both change only in `apply`, in revision order.
 * 2. A slot's `pending` is the newest of the key's versions in `#inFlight`; a write is only handed over when it builds on it.
 * 3. An event is in the window before its listeners are called, and they see exactly the state after it.
 */
import type { Backend, CommittedRecord, Handover, Outcome, StoredRecord, Write } from '#storage/backend.ts';
import type { Collection, CollectionDefinition, NewValue, Root } from '#storage/collection.ts';
import { Deque } from '#storage/deque.ts';
import { FutureRevision, KeyExists, ReadOnly, RevisionMismatch, WriteFailed, WriteUnknown } from '#storage/errors.ts';
import { AppliedEvent, type EventWindow, firstAfter } from '#storage/event-window.ts';
import { Expiry } from '#storage/expiry.ts';
import { OwnerIndex } from '#storage/owner-index.ts';
import { CollectionRoot, State } from '#storage/root.ts';
import { type Pending, type Slot, SlotMap } from '#storage/slot.ts';
import { type Family, serialise, StoredVersion } from '#storage/stored-version.ts';
import { ValueIndex, type ValueKind } from '#storage/value-index.ts';
import type { StoredObject, StoreEvent, Version } from '#storage/version.ts';

/** What a collection needs of its store. */
export interface Engine {
  readonly backend: Backend;
  readonly window: EventWindow;
  /** The newest applied revision. */
  revision(): number;
  isClosed(): boolean;
  /** Called after a write was handed over: what has expired rides along. */
  expire(): void;
  /** A listener threw: the state is right, the program is not. */
  listenerFailed(error: unknown): void;
}

interface Key {
  readonly namespace: string;
  readonly name: string;
}
/** A write as asked for. `value` undefined: a deletion. */
interface Intent {
  readonly expected: number | 'absent';
  readonly value: NewValue | undefined;
  readonly volatile: boolean;
  /** It was refused once, and everything committed by then has been applied since. */
  readonly isChecked?: boolean;
}

export class LiveCollection implements Collection {
  readonly family: Family;
  readonly #engine: Engine;
  readonly #slots: SlotMap;
  readonly #log = new Deque<AppliedEvent>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #inFlight = new Map<number, Pending>();
  readonly expiry: Expiry;
  #state: State;
  #owners: OwnerIndex | undefined;
  readonly #values: Readonly<Record<ValueKind, ValueIndex>>;
  #root: CollectionRoot;

  constructor(engine: Engine, family: Family, origin?: LiveCollection) {
    this.#engine = engine;
    this.family = family;
    this.#state = origin === undefined ? State.empty : origin.#state;
    this.#owners = origin === undefined ? undefined : origin.#owners;
    this.#values = { labels: new ValueIndex('labels', family), fields: new ValueIndex('fields', family) };
    this.#slots = new SlotMap(origin === undefined ? undefined : origin.#state);
    this.#root = new CollectionRoot(0, this.#state);
    this.expiry = new Expiry(family, {
      current: (version) => this.#isCurrent(version),
      versions: () => this.#state.scan(),
      remove: (version) => this.delete(version, version.revision, { volatile: true }),
    });
    if (origin !== undefined) this.expiry.start(origin.expiry.sizeBytes);
  }

  get definition(): CollectionDefinition {
    return this.family.definition;
  }

  get size(): number {
    return this.#state.size;
  }

  /** Fills an empty collection. `records` have distinct keys and rising revisions. */
  load(records: readonly StoredRecord[], nowMs: number): void {
    const versions = records.map((record) => this.#loaded(record, nowMs));
    for (const version of versions) this.#slots.of(version.namespace, version.name).applied = version;
    this.#state = State.from(versions);
    this.expiry.start(versions.reduce((sum, version) => sum + version.bytes.length, 0));
  }

  get(namespace: string, name: string): StoredVersion | undefined {
    return this.#slots.applied(namespace, name);
  }

  pending(namespace: string, name: string): StoredVersion | undefined {
    const slot = this.#slots.find(namespace, name);
    return slot === undefined ? this.#slots.applied(namespace, name) : slot.head;
  }

  write(key: Key, expected: number | 'absent', value: NewValue, options?: { volatile?: boolean }): Promise<Version> {
    const written = this.#submit(key, { expected, value, volatile: options?.volatile === true });
    this.#engine.expire();
    return written;
  }

  delete(key: Key, expected: number, options?: { volatile?: boolean }): Promise<Version> {
    return this.#submit(key, { expected, value: undefined, volatile: options?.volatile === true });
  }

  root(): Root {
    const revision = this.#engine.revision();
    if (this.#root.revision !== revision || this.#root.state !== this.#state)
      this.#root = new CollectionRoot(revision, this.#state);
    return this.#root;
  }

  rootAt(revision: number): Root {
    this.#checkRevision(revision);
    const next = this.#log.at(firstAfter(this.#log, revision));
    return new CollectionRoot(revision, next?.before ?? this.#state);
  }

  subscribe(listener: (event: StoreEvent) => void): () => void {
    const entry = (event: StoreEvent): void => listener(event);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  eventsSince(revision: number): readonly StoreEvent[] {
    this.#checkRevision(revision);
    return this.#log.slice(firstAfter(this.#log, revision));
  }

  *ownedBy(uid: string): Iterable<Version> {
    this.#owners ??= OwnerIndex.from(this.#state.scan());
    for (const { namespace, name } of this.#owners.owned(uid)) {
      const version = this.get(namespace, name);
      if (version !== undefined) yield version;
    }
  }

  havingValue(kind: ValueKind, key: string, values: readonly string[]): readonly Version[] | undefined {
    return this.#values[kind].find(key, values, this.#state.scan());
  }

  /** Applies a committed write, own or foreign, and tells the listeners. */
  apply(record: CommittedRecord, nowMs: number): void {
    const slot = this.#slots.of(record.key.namespace, record.key.name);
    const previous = slot.applied;
    const version = this.#appliedVersion(slot, record, Math.floor(nowMs / 1000));
    if (slot.pending?.version.revision === record.revision) slot.pending = undefined;
    if (version === undefined) {
      this.#slots.release(slot);
      return;
    }
    const before = this.#state;
    const isDeletion = record.bytes === undefined;
    slot.applied = isDeletion ? undefined : version;
    this.#state = isDeletion ? before.without(slot.namespace, slot.name) : before.with(version);
    this.#owners = this.#owners?.replace(previous, slot.applied);
    this.#values.labels.replace(previous, slot.applied);
    this.#values.fields.replace(previous, slot.applied);
    this.expiry.replaced(previous, slot.applied);
    if (isDeletion) this.#slots.release(slot);
    const type = isDeletion ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED';
    const event = new AppliedEvent(type, { version, previous }, { state: before, log: this.#log });
    this.#publish(event, nowMs);
    previous?.forgetObject();
  }

  /** Forgets the pending versions from `revision` on: they are not going to happen. */
  drop(revision: number): void {
    for (const [handedOver, { version }] of this.#inFlight) {
      if (handedOver < revision) continue;
      this.#inFlight.delete(handedOver);
      const slot = this.#slots.of(version.namespace, version.name);
      slot.pending = undefined;
      this.expiry.kept(slot.applied);
      this.#slots.release(slot);
    }
  }

  #submit(key: Key, intent: Intent): Promise<Version> {
    if (this.#engine.isClosed()) return Promise.reject(new WriteFailed('the store is closed'));
    const slot = this.#slots.of(key.namespace, key.name);
    if (slot.idle !== undefined) return slot.idle.then(() => this.#submit(key, intent));
    if (slot.isUnsettled) return this.#settleAgain(slot).then(() => this.#submit(key, intent));
    const refused = refusal(slot.head, intent.expected);
    if (refused === undefined) return this.#handOver(slot, intent);
    this.#slots.release(slot);
    if (this.#engine.backend.isShared !== true || intent.isChecked === true) return Promise.reject(refused);
    // It may be this index that is behind, not the writer.
    const current = this.#engine.backend.progress().catch(() => Promise.reject(refused));
    return current.then(() => this.#submit(key, { ...intent, isChecked: true }));
  }

  #handOver(slot: Slot, intent: Intent): Promise<Version> {
    const { value, expected, volatile } = intent;
    const bytes = value === undefined ? undefined : (value.bytes ?? serialise(value.object));
    const key = { collection: this.family.definition.name, namespace: slot.namespace, name: slot.name };
    const handover = this.#engine.backend.commit({ key, expected, bytes, volatile });
    if (handover.revision === undefined) return this.#await(slot, { bytes, expected, object: value?.object, handover });
    const version =
      bytes === undefined
        ? (slot.head as StoredVersion).at(handover.revision)
        : StoredVersion.from(this.family, slot, { revision: handover.revision, bytes, object: value?.object });
    slot.pending = { version, isDeletion: bytes === undefined };
    this.#inFlight.set(handover.revision, slot.pending);
    return handover.outcome.then((outcome) => {
      if (outcome.kind !== 'committed') throw failure(outcome, expected);
      return version;
    });
  }

  /** Waits for a backend that assigns revisions with its answer; until then the key takes no other write. */
  #await(
    slot: Slot,
    write: Pick<Write, 'bytes' | 'expected'> & { object: StoredObject | undefined; handover: Handover },
  ): Promise<Version> {
    const { bytes, object, expected } = write;
    const head = slot.applied;
    const outstanding = { bytes, object, seen: undefined as StoredVersion | undefined };
    slot.outstanding = outstanding;
    const answered = write.handover.outcome.then((outcome) => {
      slot.outstanding = undefined;
      slot.idle = undefined;
      slot.isUnsettled = outcome.kind === 'unknown';
      this.#slots.release(slot);
      if (outcome.kind !== 'committed') throw failure(outcome, expected);
      if (outstanding.seen?.revision === outcome.revision) return outstanding.seen;
      if (bytes === undefined) return (head as StoredVersion).at(outcome.revision);
      return StoredVersion.from(this.family, slot, { revision: outcome.revision, bytes });
    });
    slot.idle = answered.then(
      () => undefined,
      () => undefined,
    );
    return answered;
  }

  #settleAgain(slot: Slot): Promise<unknown> {
    const read = this.#engine.backend.progress().then(
      () => {
        slot.idle = undefined;
        slot.isUnsettled = false;
      },
      () => {
        slot.idle = undefined;
        throw new WriteFailed('the outcome of an earlier write is not known yet');
      },
    );
    slot.idle = read.catch(() => undefined);
    return read;
  }

  #appliedVersion(slot: Slot, record: CommittedRecord, writtenAtSeconds: number): StoredVersion | undefined {
    const { revision, bytes } = record;
    const own = this.#inFlight.get(revision);
    if (own !== undefined) {
      this.#inFlight.delete(revision);
      own.version.writtenAtSeconds = writtenAtSeconds;
      return own.version;
    }
    const { outstanding } = slot;
    const isMine = outstanding !== undefined && outstanding.seen === undefined && isSame(outstanding.bytes, bytes);
    if (bytes === undefined) {
      const version = slot.applied?.at(revision);
      if (isMine) outstanding.seen = version;
      return version;
    }
    const object = isMine ? (outstanding.object as StoredObject | undefined) : undefined;
    const version = StoredVersion.from(this.family, slot, { revision, bytes, object, writtenAtSeconds });
    if (isMine) outstanding.seen = version;
    return version;
  }

  #publish(event: AppliedEvent, nowMs: number): void {
    this.#engine.window.add(event, nowMs);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#engine.listenerFailed(error);
      }
    }
  }

  #checkRevision(revision: number): void {
    const current = this.#engine.revision();
    if (revision > current) throw new FutureRevision(current);
    this.#engine.window.check(revision);
  }

  #isCurrent(version: StoredVersion): boolean {
    const slot = this.#slots.find(version.namespace, version.name);
    if (slot === undefined) return this.#slots.applied(version.namespace, version.name) === version;
    return slot.applied === version && slot.isIdle;
  }

  #loaded(record: StoredRecord, nowMs: number): StoredVersion {
    const { key, revision, bytes } = record;
    return StoredVersion.from(this.family, key, {
      revision,
      bytes,
      writtenAtSeconds: Math.floor((record.writtenAtMs ?? nowMs) / 1000),
    });
  }
}

function refusal(head: StoredVersion | undefined, expected: number | 'absent'): Error | undefined {
  if (expected === 'absent')
    return head === undefined ? undefined : new KeyExists(`${head.namespace}/${head.name} exists`);
  if (head?.revision === expected) return undefined;
  return new RevisionMismatch(`built on revision ${expected}, the newest is ${head?.revision ?? 'a deletion'}`);
}

function failure(outcome: Exclude<Outcome, { kind: 'committed' }>, expected: number | 'absent'): Error {
  if (outcome.kind === 'conflict') {
    const text = 'another writer was faster';
    return expected === 'absent' ? new KeyExists(text) : new RevisionMismatch(text);
  }
  if (outcome.kind === 'unknown') return new WriteUnknown('the backend did not answer in time');
  if (outcome.diskFull === true) return new ReadOnly(outcome.error.message, { cause: outcome.error });
  return new WriteFailed(outcome.error.message, { cause: outcome.error });
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
