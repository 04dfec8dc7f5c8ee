/**
 * Who runs when too many want to: so many requests at once for reading and for writing, the others wait in a queue per user,
 * and the user whose requests have cost the least time of the one thread is let in first. So one client with expensive
 * requests, or very many, cannot starve the rest. A user whose queue is full gets 429.
 * Members of system:masters do not wait: an administrator must get in when everything else is stuck.
 *
 * What a request costs is measured from its start to its first wait, which is nearly all of what it does. Users are compared
 * by start-time fair queueing: who comes back after a pause starts level with who is running, not with a credit.
 *
 *     a: 10 ms each, b: 1 ms each, both with many waiting     →  a b b b b b b b b b b a b …
 *
 * Deviation: no FlowSchemas and priority levels; one thread is the level that counts.
 *
 * Invariants: 1. never more than the limit run, privileged ones aside. 2. Requests of one user start in their order.
 * 3. Nobody waits while there is room. 4. The virtual time never goes back.
 */
import type { UserInfo } from '#api/handler.ts';
import { StatusError } from '#api/status.ts';

export interface FairnessLimits {
  readonly reads: number;
  readonly writes: number;
  /** Waiting requests of one user. */
  readonly queueLength: number;
}

export const defaultLimits: FairnessLimits = { reads: 600, writes: 200, queueLength: 500 };

export class Fairness {
  readonly #reads: FairQueue;
  readonly #writes: FairQueue;

  /** `monotonic` in milliseconds: what measures the cost of a request. */
  constructor(limits: FairnessLimits = defaultLimits, monotonic: () => number = () => 0) {
    const used = new FlowUsage();
    this.#reads = new FairQueue(limits.reads, { queueLength: limits.queueLength, used, monotonic });
    this.#writes = new FairQueue(limits.writes, { queueLength: limits.queueLength, used, monotonic });
  }

  /** Runs `work` when it is this user's turn. Throws 429 when too much of theirs is waiting. */
  run<R>(user: UserInfo, kind: 'read' | 'write', work: () => R | Promise<R>): R | Promise<R> {
    if (user.groups.includes('system:masters')) return work();
    return (kind === 'read' ? this.#reads : this.#writes).run(user.name, work);
  }
}

/** How much of the thread each user has had, in virtual milliseconds. */
class FlowUsage {
  /** Where each user's next request begins. Who is not in it begins now. */
  readonly #next = new Map<string, number>();
  /** Where the request began that was started last. */
  #now = 0;

  of(flow: string): number {
    return Math.max(this.#now, this.#next.get(flow) ?? 0);
  }

  begin(flow: string): void {
    this.#now = this.of(flow);
  }

  charge(flow: string, costMs: number): void {
    if (costMs <= 0) return;
    if (this.#next.size >= maxFlows) this.#forgetLevel();
    this.#next.set(flow, this.of(flow) + costMs);
  }

  /** Users who would begin now anyway. */
  #forgetLevel(): void {
    for (const [flow, next] of this.#next) if (next <= this.#now) this.#next.delete(flow);
  }
}

const maxFlows = 1000;

interface QueueParts {
  readonly queueLength: number;
  readonly used: FlowUsage;
  readonly monotonic: () => number;
}

class FairQueue {
  readonly #limit: number;
  readonly #parts: QueueParts;
  /** Users with waiting requests; of equals the first is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(limit: number, parts: QueueParts) {
    this.#limit = limit;
    this.#parts = parts;
  }

  run<R>(flow: string, work: () => R | Promise<R>): R | Promise<R> {
    if (this.#running < this.#limit) {
      this.#running++;
      return this.#work(flow, work);
    }
    const queue = this.#waiting.get(flow) ?? [];
    if (queue.length >= this.#parts.queueLength) throw tooMany();
    this.#waiting.set(flow, queue);
    return new Promise<void>((resolve) => queue.push(resolve)).then(() => this.#work(flow, work));
  }

  async #work<R>(flow: string, work: () => R | Promise<R>): Promise<R> {
    const { used, monotonic } = this.#parts;
    try {
      used.begin(flow);
      const startMs = monotonic();
      const result = work();
      used.charge(flow, monotonic() - startMs);
      return await result;
    } finally {
      this.#next();
    }
  }

  /** Hands the place to the user who has had the least. */
  #next(): void {
    const flow = this.#cheapest();
    const queue = flow === undefined ? undefined : this.#waiting.get(flow);
    if (flow === undefined || queue === undefined) {
      this.#running--;
      return;
    }
    this.#waiting.delete(flow);
    const begin = queue.shift();
    if (queue.length > 0) this.#waiting.set(flow, queue);
    begin?.();
  }

  #cheapest(): string | undefined {
    let cheapest: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const flow of this.#waiting.keys()) {
      const used = this.#parts.used.of(flow);
      if (used >= least) continue;
      cheapest = flow;
      least = used;
    }
    return cheapest;
  }
}

function tooMany(): StatusError {
  return new StatusError(429, 'TooManyRequests', 'too many requests, please try again later', { retryAfterSeconds: 1 });
}
