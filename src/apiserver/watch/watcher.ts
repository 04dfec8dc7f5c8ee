/**
 * One watch: turns events into frames of what its selectors see. Entering the selection is ADDED, leaving it DELETED.
 *
 * Invariants:
 * 1. Events up to `#revision` are never sent: the initial state or the client has them.
 * 2. While the initial state is being sent, live events wait in `#backlog`.
 */
import { errorMessage } from '#base/logger.ts';
import type { FrameSink } from '#api/handler.ts';
import { internalError } from '#api/status.ts';
import type { StoreEvent } from '#storage/version.ts';
import { isSelected, type Selection } from '#apiserver/registry/list-options.ts';
import type { Framer, FrameType } from '#apiserver/watch/framer.ts';

export interface WatcherOptions {
  readonly selection: Selection;
  /** '' is all of them. */
  readonly namespace: string;
  readonly framer: Framer;
  readonly sink: FrameSink;
  readonly wantsBookmarks: boolean;
  /** Events up to this one are known. */
  readonly revision: number;
  /** Told of defects that end the watch. */
  readonly onFail: (error: unknown) => void;
}

/**
 * What the last watcher saw of the last event: many watchers of one selection are asked in a row. A selection is known by
 * what it was read from (see list-options.ts), so that equal ones are the same.
 */
const lastVerdict: { event: StoreEvent | undefined; selection: Selection | undefined; type: FrameType | undefined } = {
  event: undefined,
  selection: undefined,
  type: undefined,
};

export class Watcher {
  readonly selection: Selection;
  readonly namespace: string;
  readonly wantsBookmarks: boolean;
  readonly #sink: FrameSink;
  readonly #onFail: (error: unknown) => void;
  #framer: Framer;
  #revision: number;
  #bookmarked: number;
  #backlog: StoreEvent[] | undefined;

  constructor(options: WatcherOptions) {
    this.selection = options.selection;
    this.namespace = options.namespace;
    this.wantsBookmarks = options.wantsBookmarks;
    this.#framer = options.framer;
    this.#sink = options.sink;
    this.#onFail = options.onFail;
    this.#revision = options.revision;
    this.#bookmarked = options.revision;
  }

  get framer(): Framer {
    return this.#framer;
  }

  /** Holds live events back until {@link release}. */
  hold(): void {
    this.#backlog ??= [];
  }

  /** Sends what was held back. */
  release(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    for (const event of backlog) this.offer(event);
  }

  /** Takes an event that may concern this watch. */
  offer(event: StoreEvent): void {
    if (event.revision <= this.#revision) return;
    if (this.#backlog !== undefined) {
      this.#backlog.push(event);
      return;
    }
    const type = this.#typeOf(event);
    if (type === undefined) return;
    this.#bookmarked = event.revision;
    this.send(this.#framer.event(event, type));
  }

  /** Writes a frame in the form of {@link framer}; the next one may have another. */
  send(frame: Uint8Array): void {
    this.#sink.write(frame);
    this.#framer = this.#framer.next;
  }

  /** Tells the client how far it is, unless the last frame did. */
  bookmark(revision: number): void {
    if (revision <= this.#bookmarked || this.#backlog !== undefined) return;
    this.#bookmarked = revision;
    this.#sink.write(this.#framer.bookmark(revision, false));
  }

  /** Ends the watch by a defect of the server. */
  fail(error: unknown): void {
    this.#onFail(error);
    this.#sink.write(this.#framer.error(internalError(errorMessage(error))));
    this.#sink.end();
  }

  #typeOf(event: StoreEvent): FrameType | undefined {
    const { head } = event.version;
    if (this.namespace !== '' && head.namespace !== this.namespace) return undefined;
    if (this.selection.isEverything) return event.type;
    if (lastVerdict.event !== event || lastVerdict.selection !== this.selection) {
      lastVerdict.type = this.#selectedType(event);
      lastVerdict.event = event;
      lastVerdict.selection = this.selection;
    }
    return lastVerdict.type;
  }

  #selectedType(event: StoreEvent): FrameType | undefined {
    const before = event.previous !== undefined && isSelected(this.selection, event.previous);
    if (event.type === 'DELETED') return before || isSelected(this.selection, event.version) ? 'DELETED' : undefined;
    const now = isSelected(this.selection, event.version);
    if (now) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'GONE' : undefined;
  }
}
