/**
 * A store that several servers share and that behaves like etcd: revisions come with the answer, other writers come first,
 * answers get lost or late, watches break and go on. Time and chance are the simulation's, so that a seed tells the whole story.
 *
 *     const etcd = new FakeEtcd({ clock, random: new SeededRandom(7) });
 *     const a = await Store.open(etcd.connect(), [], { clock });
 *     const b = await Store.open(etcd.connect(), [], { clock });   // sees what a writes, some milliseconds later
 *
 * Invariants:
 * 1. `#log[i]` has revision i + 1: nothing is ever compacted.
 * 2. A transaction is executed at most once, at one instant; an answer of `unknown` says nothing about whether and when.
 * 3. A connection applies the log in order without a gap, at its own pace; an answer comes after what it answers was applied.
 */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { Backend, CommittedRecord, Handover, Outcome, RecordKey, StoredRecord, Write } from '#storage/backend.ts';

/** How often things go wrong, each in [0, 1]. */
export interface FakeEtcdFaults {
  /** No answer in time. Half of these are executed: at once, or later. */
  readonly timeouts: number;
  /** The request is refused before it is executed (no leader). */
  readonly refusals: number;
  /** A delivery of the watch breaks off; it goes on after a reconnect, from where it was. */
  readonly reconnects: number;
  /** A linearizable read fails. */
  readonly readFailures: number;
}

export interface FakeEtcdPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults?: Partial<FakeEtcdFaults>;
}

const LATENCY_MS = 5;
const TIMEOUT_MS = 50;
const RECONNECT_MS = 100;

export class FakeEtcd {
  readonly #ports: FakeEtcdPorts;
  readonly #newest = new Map<string, CommittedRecord>();
  readonly #log: CommittedRecord[] = [];
  readonly #connections = new Set<Connection>();

  constructor(ports: FakeEtcdPorts) {
    this.#ports = ports;
  }

  get revision(): number {
    return this.#log.length;
  }

  /** What one server uses. */
  connect(): Backend {
    const connection = new Connection(this, this.#ports);
    this.#connections.add(connection);
    return connection;
  }

  disconnect(connection: Backend): void {
    if (connection instanceof Connection) this.#connections.delete(connection);
  }

  /** Executes a write as one transaction: compares, then puts or deletes. */
  execute(write: Write): Outcome {
    const id = identity(write.key);
    const current = this.#newest.get(id);
    const expected = write.expected === 'absent' ? undefined : write.expected;
    if (current?.revision !== expected) return { kind: 'conflict' };
    const record = { key: write.key, revision: this.#log.length + 1, bytes: write.bytes };
    this.#log.push(record);
    if (write.bytes === undefined) this.#newest.delete(id);
    else this.#newest.set(id, record);
    for (const connection of this.#connections) connection.wake();
    return { kind: 'committed', revision: record.revision };
  }

  /** What is stored, in the order of revisions. */
  records(): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (const { key, revision, bytes } of this.#newest.values())
      if (bytes !== undefined) records.push({ key, revision, bytes });
    return records.sort((a, b) => a.revision - b.revision);
  }

  /** At most `limit` records after `revision`. */
  after(revision: number, limit: number): readonly CommittedRecord[] {
    return this.#log.slice(revision, revision + limit);
  }
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
}

class Connection implements Backend {
  readonly isShared = true;
  readonly #etcd: FakeEtcd;
  readonly #ports: FakeEtcdPorts;
  readonly #faults: FakeEtcdFaults;
  #apply: ((batch: readonly CommittedRecord[]) => void) | undefined;
  #delivered = 0;
  #isDelivering = false;
  #isClosed = false;
  #waiters: Waiter[] = [];

  constructor(etcd: FakeEtcd, ports: FakeEtcdPorts) {
    this.#etcd = etcd;
    this.#ports = ports;
    this.#faults = { timeouts: 0, refusals: 0, reconnects: 0, readFailures: 0, ...ports.faults };
  }

  load(): Promise<{ revision: number; records: Iterable<StoredRecord> }> {
    this.#delivered = this.#etcd.revision;
    return Promise.resolve({ revision: this.#delivered, records: this.#etcd.records() });
  }

  subscribe(apply: (batch: readonly CommittedRecord[]) => void): void {
    this.#apply = apply;
    this.wake();
  }

  commit(write: Write): Handover {
    return { outcome: new Promise((resolve) => this.#request(write, resolve)) };
  }

  async progress(): Promise<number> {
    const revision = await new Promise<number>((resolve, reject) => {
      const isFailing = this.#chance(this.#faults.readFailures);
      this.#later(LATENCY_MS, () =>
        isFailing ? reject(new Error('etcdserver: request timed out')) : resolve(this.#etcd.revision),
      );
    });
    await this.#seen(revision);
    return revision;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#etcd.disconnect(this);
    return Promise.resolve();
  }

  /** There is something to deliver. */
  wake(): void {
    if (this.#isDelivering || this.#isClosed || this.#apply === undefined || this.#delivered >= this.#etcd.revision)
      return;
    this.#isDelivering = true;
    const delayMs = this.#chance(this.#faults.reconnects) ? RECONNECT_MS : LATENCY_MS;
    this.#later(delayMs, () => this.#deliver());
  }

  #request(write: Write, resolve: (outcome: Outcome) => void): void {
    if (this.#chance(this.#faults.refusals)) {
      this.#later(LATENCY_MS, () => resolve({ kind: 'failed', error: new Error('etcdserver: no leader') }));
      return;
    }
    if (this.#chance(this.#faults.timeouts)) {
      if (this.#chance(0.5)) this.#later(2 * TIMEOUT_MS, () => this.#etcd.execute(write));
      this.#ports.clock.after(TIMEOUT_MS, () => resolve({ kind: 'unknown' }));
      return;
    }
    this.#later(LATENCY_MS, () => {
      const outcome = this.#etcd.execute(write);
      this.#later(LATENCY_MS, () => void this.#answer(outcome, resolve));
    });
  }

  async #answer(outcome: Outcome, resolve: (outcome: Outcome) => void): Promise<void> {
    if (outcome.kind === 'committed') await this.#seen(outcome.revision);
    resolve(outcome);
  }

  #deliver(): void {
    this.#isDelivering = false;
    if (this.#isClosed) return;
    const batch = this.#etcd.after(this.#delivered, 1 + Math.floor(this.#ports.random.next() * 8));
    this.#delivered += batch.length;
    this.#apply?.(batch);
    const due = this.#waiters.filter((waiter) => waiter.revision <= this.#delivered);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#delivered);
    for (const waiter of due) waiter.resolve();
    this.wake();
  }

  #seen(revision: number): Promise<void> {
    if (revision <= this.#delivered) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ revision, resolve }));
  }

  #chance(rate: number): boolean {
    return rate > 0 && this.#ports.random.next() < rate;
  }

  /** After some part of `mostMs`. */
  #later(mostMs: number, callback: () => void): void {
    this.#ports.clock.after(this.#ports.random.next() * mostMs, callback);
  }
}

function identity(key: RecordKey): string {
  return `${key.collection}\0${key.namespace}\0${key.name}`;
}
