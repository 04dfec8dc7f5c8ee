/** Waiting for a condition over live objects, with a deadline and a way to stop. */
import type { LiveObjects } from '#platform/charts/releases/wait/live-objects.ts';
import { LiveObjects as Objects } from '#platform/charts/releases/wait/live-objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, endedBy } from '#platform/charts/releases/errors.ts';

/** How long, and what is said when it was not long enough. */
export interface Deadline {
  /** 0 or less: no time at all. */
  readonly timeoutMs: number;
  readonly timeoutMessage: string;
  /** Ends the waiting with "context canceled". */
  readonly signal: AbortSignal | undefined;
}

/**
 * Resolves once `check` answers true. It is called at first and after each change of what it looked at; what it throws ends
 * the waiting. Throws a ReleaseError with the timeout's message.
 */
export async function waitUntil(
  context: ReleaseContext,
  deadline: Deadline,
  check: (live: LiveObjects) => Promise<boolean>,
): Promise<void> {
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isChecking = false;
  let isDirty = false;
  const run = async (): Promise<void> => {
    isDirty = true;
    if (isChecking) return;
    isChecking = true;
    while (isDirty && !ended.signal.aborted) {
      isDirty = false;
      if (await check(live)) resolve();
    }
    isChecking = false;
  };
  const start = (): void => void run().catch(reject);
  const ports = { client: context.client, clock: context.clock, signal: ended.signal };
  const live = new Objects(ports, { changed: start, failed: reject });
  const cancelTimer = context.clock.after(Math.max(0, deadline.timeoutMs), () =>
    reject(new ReleaseError(deadline.timeoutMessage)),
  );
  const onAbort = (): void => {
    if (deadline.signal !== undefined) reject(endedBy(deadline.signal));
  };
  deadline.signal?.addEventListener('abort', onAbort, { once: true });
  if (deadline.signal?.aborted === true) onAbort();
  else start();
  try {
    await promise;
  } finally {
    cancelTimer();
    deadline.signal?.removeEventListener('abort', onAbort);
    ended.abort(new Error('the waiting is over'));
  }
}
