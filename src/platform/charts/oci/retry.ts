/** Asking again: registries that are busy or stumble are asked up to five times more, as Helm's registry library does. */
import type { Fetch, FetchResponse } from '#base/fetch.ts';

/** What waiting needs of the world. */
export interface RetryPorts {
  /** Resolves after that many milliseconds. */
  sleep(delayMs: number): Promise<void>;
  /** From 0 up to, but not including, 1. */
  fraction(): number;
}

const maxRetries = 5;
const minDelayMs = 200;
const maxDelayMs = 3000;
/** The part of a delay that chance decides. */
const jitter = 0.1;

/** A Fetch that tries again after 408, 429 and 5xx but 501; `Retry-After` of a 429 is heeded. No answer is an
 * answer: a failure is passed on. */
export function retrying(fetch: Fetch, ports: RetryPorts): Fetch {
  return async (request) => {
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(request);
      if (attempt === maxRetries || !isPassing(answer.status)) return answer;
      await ports.sleep(delayAfter(answer, attempt, ports.fraction()));
    }
  };
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

function delayAfter({ status, headers }: FetchResponse, attempt: number, fraction: number): number {
  const asked = status === 429 ? Number(headers['retry-after'] ?? Number.NaN) : Number.NaN;
  const grown = minDelayMs * 2 ** attempt * (1 + jitter * (2 * fraction - 1));
  const wanted = Number.isInteger(asked) && asked > 0 ? asked * 1000 : grown;
  return Math.min(Math.max(wanted, minDelayMs), maxDelayMs);
}
