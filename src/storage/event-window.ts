/**
 * The recent past: the events of all collections, and with each the state before it, so that a watch can start and a list
 * can be read at any revision in the window. Bounded by time and by bytes; trimmed only while something is committed.
 *
 * Invariants:
 * 1. Events of a collection, in its own queue, are a subsequence of the window's, both in revision order.
 * 2. Every event after `floor` is in the window; nothing at or before it is.
 */
import { Deque } from '#storage/deque.ts';
import { Compacted } from '#storage/errors.ts';
import type { State } from '#storage/root.ts';
import type { StoredVersion } from '#storage/stored-version.ts';
import type { StoreEvent } from '#storage/version.ts';

export interface WindowLimits {
  readonly windowMs: number;
  readonly windowBytes: number;
}

/** Estimated bytes of one replaced node: two arrays of up to 64 pointers, and headers. */
const NODE_BYTES = 900;
const EVENT_BYTES = 300;

export class AppliedEvent implements StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: StoredVersion;
  readonly previous: StoredVersion | undefined;
  /** The collection's state before this event; cleared when the event leaves the window. */
  before: State | undefined;
  /** The collection's own queue. */
  readonly log: Deque<AppliedEvent>;
  atMs = 0;
  costBytes = 0;
  #memo: Map<string, unknown> | undefined;

  constructor(
    type: StoreEvent['type'],
    versions: { version: StoredVersion; previous: StoredVersion | undefined },
    place: { state: State; log: Deque<AppliedEvent> },
  ) {
    this.type = type;
    this.version = versions.version;
    this.previous = versions.previous;
    this.before = place.state;
    this.log = place.log;
  }

  get revision(): number {
    return this.version.revision;
  }

  get memo(): Map<string, unknown> {
    this.#memo ??= new Map();
    return this.#memo;
  }
}

export class EventWindow {
  readonly #limits: WindowLimits;
  readonly #entries = new Deque<AppliedEvent>();
  #bytes = 0;
  #floor: number;

  constructor(floor: number, limits: WindowLimits) {
    this.#floor = floor;
    this.#limits = limits;
  }

  /** The oldest revision from which a watch may start. */
  get floor(): number {
    return this.#floor;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Adds an event to the window and to its collection's own queue. */
  add(event: AppliedEvent, nowMs: number): void {
    const { version, previous, before } = event;
    const nodes = (before?.depth(version.namespace) ?? 1) * NODE_BYTES;
    // The new version's length stands for what readers keep in `memo`: frames of about its size.
    event.costBytes = EVENT_BYTES + nodes + version.bytes.length + (previous?.bytes.length ?? 0);
    event.atMs = nowMs;
    event.log.push(event);
    this.#entries.push(event);
    this.#bytes += event.costBytes;
  }

  /** Forgets what is too old or too much. */
  trim(nowMs: number): void {
    for (;;) {
      const oldest = this.#entries.at(0);
      if (oldest === undefined) return;
      if (this.#bytes <= this.#limits.windowBytes && nowMs - oldest.atMs <= this.#limits.windowMs) return;
      this.#entries.shift();
      oldest.log.shift();
      oldest.before = undefined;
      this.#bytes -= oldest.costBytes;
      this.#floor = oldest.revision;
    }
  }

  /** Throws Compacted if the window no longer reaches back to `revision`. */
  check(revision: number): void {
    if (revision < this.#floor) throw new Compacted(this.#floor);
  }
}

/** The index of the first event after `revision`; O(log n). */
export function firstAfter(log: Deque<AppliedEvent>, revision: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log.at(middle) as AppliedEvent).revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
