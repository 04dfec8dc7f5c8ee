/** Programming errors: always on. `what` says what must hold. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

/** A broken invariant: ends the process in storage, a request with 500 elsewhere. */
export class AssertionError extends Error {
  override name = 'AssertionError';
}
