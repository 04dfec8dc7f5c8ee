/**
 * Who runs when too many want to: so many requests at once for reading and for writing, the others wait in a queue per user
 * and are let in round robin, so that one busy client cannot starve the rest. A user whose queue is full gets 429.
 * Members of system:masters do not wait: an administrator must get in when everything else is stuck.
 *
 * Deviation: no FlowSchemas and priority levels; one thread is the level that counts.
 *
 * Invariants: 1. never more than the limit run, privileged ones aside. 2. Requests of one user start in their order.
 * 3. Nobody waits while there is room.
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

  constructor(limits: FairnessLimits = defaultLimits) {
    this.#reads = new FairQueue(limits.reads, limits.queueLength);
    this.#writes = new FairQueue(limits.writes, limits.queueLength);
  }

  /** Runs `work` when it is this user's turn. Throws 429 when too much of theirs is waiting. */
  run<R>(user: UserInfo, kind: 'read' | 'write', work: () => R | Promise<R>): R | Promise<R> {
    if (user.groups.includes('system:masters')) return work();
    return (kind === 'read' ? this.#reads : this.#writes).run(user.name, work);
  }
}

class FairQueue {
  readonly #limit: number;
  readonly #queueLength: number;
  /** Users with waiting requests, the next one first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(limit: number, queueLength: number) {
    this.#limit = limit;
    this.#queueLength = queueLength;
  }

  run<R>(flow: string, work: () => R | Promise<R>): R | Promise<R> {
    if (this.#running < this.#limit) return this.#start(work);
    const queue = this.#waiting.get(flow) ?? [];
    if (queue.length >= this.#queueLength) throw tooMany();
    this.#waiting.set(flow, queue);
    return new Promise<void>((resolve) => queue.push(resolve)).then(() => this.#work(work));
  }

  #start<R>(work: () => R | Promise<R>): R | Promise<R> {
    this.#running++;
    return this.#work(work);
  }

  async #work<R>(work: () => R | Promise<R>): Promise<R> {
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Hands the place to the next user in turn. */
  #next(): void {
    for (const [flow, queue] of this.#waiting) {
      this.#waiting.delete(flow);
      const begin = queue.shift();
      if (queue.length > 0) this.#waiting.set(flow, queue);
      if (begin === undefined) continue;
      begin();
      return;
    }
    this.#running--;
  }
}

function tooMany(): StatusError {
  return new StatusError(429, 'TooManyRequests', 'too many requests, please try again later', { retryAfterSeconds: 1 });
}
