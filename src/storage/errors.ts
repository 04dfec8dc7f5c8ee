/** The store's few errors. apiserver/registry/errors.ts maps them to Status in one place. */

/** The history kept no longer covers the revision asked for. */
export class Compacted extends Error {
  override name = 'Compacted';
  readonly oldest: number;
  constructor(oldest: number) {
    super(`revision is older than ${oldest}`);
    this.oldest = oldest;
  }
}

/** A revision that has not happened. */
export class FutureRevision extends Error {
  override name = 'FutureRevision';
  readonly current: number;
  constructor(current: number) {
    super(`revision is newer than ${current}`);
    this.current = current;
  }
}

/** A create of a name that is taken. */
export class KeyExists extends Error {
  override name = 'KeyExists';
}

/** A write built on a version that is not the newest. */
export class RevisionMismatch extends Error {
  override name = 'RevisionMismatch';
}

/** The backend could not write; nothing was stored. */
export class WriteFailed extends Error {
  override name = 'WriteFailed';
}

/** It is not known whether the backend wrote. */
export class WriteUnknown extends Error {
  override name = 'WriteUnknown';
}

/** The disk is full: durable writes are refused until there is room again. */
export class ReadOnly extends Error {
  override name = 'ReadOnly';
}
