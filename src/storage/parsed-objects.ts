/**
 * Bounds the memory of parsed objects, which are several times the size of their bytes: the newest stay whole, older ones
 * lose their managedFields, and of those the ones that nobody read for the longest are forgotten and parsed again when
 * somebody asks.
 *
 * Invariant: a version is in at most one of the two lists, and in one exactly while it holds a parsed object.
 */

/** In bytes of the objects' JSON. */
export interface ParsedLimits {
  readonly wholeBytes: number;
  readonly slimBytes: number;
}

/** A version, as a link of a list. */
export interface ParsedLink {
  readonly bytes: Uint8Array;
  /** Set by readers; cleared when the version gets another round. */
  wasRead: boolean;
  older: ParsedLink | undefined;
  newer: ParsedLink | undefined;
  list: ParsedList | undefined;
  /** Gives up managedFields. */
  slim(): void;
  /** Gives up the object. */
  forget(): void;
}

export const defaultParsedLimits: ParsedLimits = { wholeBytes: 8 * 1024 * 1024, slimBytes: 64 * 1024 * 1024 };

export class ParsedObjects {
  readonly #limits: ParsedLimits;
  readonly #whole = new ParsedList();
  readonly #slim = new ParsedList();

  constructor(limits: ParsedLimits) {
    this.#limits = limits;
  }

  /** The version came with its object. */
  written(link: ParsedLink): void {
    this.#whole.add(link);
    while (this.#whole.sizeBytes > this.#limits.wholeBytes) {
      const oldest = this.#whole.shift();
      if (oldest === undefined) break;
      oldest.slim();
      this.parsed(oldest);
    }
  }

  /** The version's slim object was parsed, or made of its whole one. */
  parsed(link: ParsedLink): void {
    this.#slim.add(link);
    while (this.#slim.sizeBytes > this.#limits.slimBytes) {
      const oldest = this.#slim.shift();
      if (oldest === undefined) break;
      if (oldest.wasRead && oldest !== link) {
        oldest.wasRead = false;
        this.#slim.add(oldest);
      } else oldest.forget();
    }
  }

  /** The version holds no object any more. */
  left(link: ParsedLink): void {
    link.list?.remove(link);
  }
}

/** Doubly linked, through the versions themselves. */
export class ParsedList {
  sizeBytes = 0;
  #oldest: ParsedLink | undefined;
  #newest: ParsedLink | undefined;

  add(link: ParsedLink): void {
    link.list = this;
    link.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = link;
    else this.#newest.newer = link;
    this.#newest = link;
    this.sizeBytes += link.bytes.length;
  }

  shift(): ParsedLink | undefined {
    const oldest = this.#oldest;
    if (oldest !== undefined) this.remove(oldest);
    return oldest;
  }

  remove(link: ParsedLink): void {
    const { older, newer } = link;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    link.older = undefined;
    link.newer = undefined;
    link.list = undefined;
    this.sizeBytes -= link.bytes.length;
  }
}
