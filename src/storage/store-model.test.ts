/**
 * Random operations against a naive model: every write that was answered is kept, every event is compared with what it
 * changed, and each state that the store shows must be the events up to it. The same on every backend.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { SeededRandom } from '#base/random.ts';
import { SqliteBackend } from '#host/sqlite/sqlite-backend.ts';
import { FakeEtcd } from '#sim/fake-etcd.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import type { Backend } from '#storage/backend.ts';
import type { Root } from '#storage/collection.ts';
import { Compacted, KeyExists, RevisionMismatch, WriteFailed, WriteUnknown } from '#storage/errors.ts';
import type { LiveCollection } from '#storage/live-collection.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import type { StoreEvent, Version } from '#storage/version.ts';

const collections = ['pods', 'leases'];
const namespaces = ['a', 'a-b', 'b'];
const names = Array.from({ length: 5 }, (_, index) => `n${index}`);

interface Place {
  readonly collection: string;
  readonly namespace: string;
  readonly name: string;
}
type Operation =
  | {
      readonly kind: 'put' | 'delete';
      readonly place: Place;
      readonly isStale: boolean;
      readonly volatile: boolean;
      readonly owner: number;
    }
  | { readonly kind: 'foreign'; readonly place: Place }
  | { readonly kind: 'wait' | 'hold' | 'fork' | 'reopen' }
  | { readonly kind: 'time'; readonly ms: number };

/** Where a store lives. */
interface World {
  readonly clock: VirtualClock;
  /** Whether revisions are given out at hand-over and nobody else writes. */
  readonly isEmbedded: boolean;
  /** Whether a closed store's data can be opened again. */
  readonly isDurable: boolean;
  connect(): Backend;
  /** A write by somebody else. */
  foreign?(place: Place, content: number): void;
  /** Lets time pass until all answers are there. */
  settle(answers: Promise<unknown>): Promise<void>;
}

const place = fc.record({
  collection: fc.constantFrom(...collections),
  namespace: fc.constantFrom(...namespaces),
  name: fc.constantFrom(...names),
});
const write = fc.record({
  kind: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
  place,
  isStale: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  volatile: fc.boolean(),
  owner: fc.nat(3),
});
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('foreign' as const), place }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('wait' as const, 'wait' as const, 'hold' as const, 'fork' as const, 'reopen' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(400_000) }) },
);

/** What an object is in the model: its revision and the number of the operation that wrote it. */
type Content = ReadonlyMap<string, { readonly revision: number; readonly content: number; readonly owner: string }>;
const idOf = ({ collection, namespace, name }: Place): string => `${collection}/${namespace}/${name}`;

function contentOf(version: Version): number {
  const object = version.object as { content?: unknown };
  const parsed = JSON.parse(new TextDecoder().decode(version.bytes)) as { metadata: { resourceVersion: string } };
  assert.deepEqual(version.object, parsed);
  assert.equal(parsed.metadata.resourceVersion, String(version.revision));
  return Number(object.content);
}

function read(collection: string, root: Root): Map<string, unknown> {
  const content = new Map<string, unknown>();
  for (const version of root.scan()) {
    content.set(idOf({ collection, namespace: version.head.namespace, name: version.head.name }), {
      revision: version.revision,
      content: contentOf(version),
      owner: version.head.ownerUids[0] ?? '',
    });
    assert.equal(root.get(version.head.namespace, version.head.name), version);
  }
  assert.equal(root.size, content.size);
  return content;
}

class Run {
  readonly world: World;
  store!: Store;
  #counter = 0;
  #answers: Promise<void>[] = [];
  readonly #failures: unknown[] = [];
  #history: { revision: number; content: Content }[] = [];
  #written = new Map<number, number>();
  #mustNotBe = new Set<number>();
  #held: { collection: string; root: Root; expected: Map<string, unknown> }[] = [];
  #forks: Store[] = [];
  #newest = 0;

  constructor(world: World) {
    this.world = world;
  }

  async open(): Promise<void> {
    const before = this.#history.at(-1)?.content ?? new Map();
    this.store = await Store.open(this.world.connect(), [], {
      clock: this.world.clock,
      parsed: { wholeBytes: 300, slimBytes: 600 },
    });
    assert.ok(this.store.revision >= this.#newest, 'revisions go on');
    this.#history = [{ revision: this.store.revision, content: before }];
    this.checkPresent();
    for (const name of collections) this.store.collection({ name }).subscribe((event) => this.#see(name, event));
  }

  collection(name: string): LiveCollection {
    return this.store.collection({ name });
  }

  async perform(operation: Operation): Promise<void> {
    if (operation.kind === 'put' || operation.kind === 'delete') this.#write(operation);
    else if (operation.kind === 'foreign') this.world.foreign?.(operation.place, ++this.#counter);
    else if (operation.kind === 'time') await this.world.clock.run(operation.ms);
    else if (operation.kind === 'hold') this.#hold();
    else if (operation.kind === 'wait') await this.wait();
    else if (operation.kind === 'fork') await this.#fork();
    else if (this.world.isDurable) await this.#reopen();
  }

  async wait(): Promise<void> {
    const answers = this.#answers;
    this.#answers = [];
    await this.world.settle(Promise.all([...answers, this.store.progress().catch(() => undefined)]));
    await this.world.clock.settle();
    for (const failure of this.#failures) throw failure;
  }

  checkPresent(): void {
    const { revision, content } = this.#history.at(-1) as { revision: number; content: Content };
    assert.equal(this.store.revision, revision);
    const snapshot = this.store.snapshot();
    for (const name of collections) {
      const collection = this.collection(name);
      assert.deepEqual(read(name, collection.root()), ofCollection(content, name));
      if (collection.size > 0) assert.equal(snapshot.root(name)?.size, collection.size);
      for (const namespace of namespaces)
        for (const n of names) this.#checkKey({ collection: name, namespace, name: n }, content);
      this.#checkOrder(collection.root());
      for (const owner of ['o1', 'o2', 'o3']) this.#checkOwner(collection, owner, content);
    }
  }

  checkPast(): void {
    for (const { collection, root, expected } of this.#held) assert.deepEqual(read(collection, root), expected);
    for (const { revision, content } of this.#history) {
      for (const name of collections) {
        if (revision < this.store.oldestRevision) {
          assert.throws(() => this.collection(name).rootAt(revision), Compacted);
          continue;
        }
        assert.deepEqual(read(name, this.collection(name).rootAt(revision)), ofCollection(content, name));
        const later = this.#history.filter((entry) => entry.revision > revision).map((entry) => entry.revision);
        const events = collections.flatMap((each) =>
          this.collection(each)
            .eventsSince(revision)
            .map((event) => event.revision),
        );
        assert.deepEqual(
          events.sort((a, b) => a - b),
          later,
        );
      }
    }
  }

  checkAnswers(): void {
    for (const content of this.#mustNotBe)
      assert.equal(this.#written.get(content), undefined, 'a refused write was not written');
  }

  #write(operation: Operation & { kind: 'put' | 'delete' }): void {
    const { place, volatile, isStale } = operation;
    const collection = this.collection(place.collection);
    const head = collection.pending(place.namespace, place.name);
    const content = ++this.#counter;
    if (operation.kind === 'delete') {
      const expected = isStale ? (head?.revision ?? 0) + 7 : (head?.revision ?? 1_000_000_000);
      this.#expect(collection.delete(place, expected, { volatile }), {
        place,
        content,
        refused: isStale || head === undefined,
      });
      return;
    }
    const expected = isStale ? (head === undefined ? 77_777 : 'absent') : (head?.revision ?? 'absent');
    const metadata = {
      name: place.name,
      namespace: place.namespace,
      uid: `u${content}`,
      ...(operation.owner > 0 && { ownerReferences: [{ uid: `o${operation.owner}` }] }),
    };
    const object = { spec: { metadata: { name: '"\\' } }, metadata, content };
    this.#expect(collection.write(place, expected, { object }, { volatile }), { place, content, refused: isStale });
  }

  #expect(answer: Promise<Version>, attempt: { place: Place; content: number; refused: boolean }): void {
    const { place, content, refused } = attempt;
    const after = this.collection(place.collection).pending(place.namespace, place.name);
    const checked = answer.then(
      (version) => {
        if (this.world.isEmbedded) assert.ok(!refused, 'a stale write is refused');
        const event = this.#events.get(version.revision);
        assert.equal(event?.id, idOf(place), 'an answered write was applied before');
        if (event?.type !== 'DELETED') assert.equal(event?.content, content);
        assert.ok(this.store.revision >= version.revision);
      },
      (error: unknown) => {
        if (error instanceof WriteUnknown) return;
        assert.ok(
          error instanceof RevisionMismatch || error instanceof KeyExists || error instanceof WriteFailed,
          String(error),
        );
        if (this.world.isEmbedded) assert.ok(refused, `a good write is accepted: ${error.message}`);
        this.#mustNotBe.add(content);
      },
    );
    if (this.world.isEmbedded && !refused && after !== undefined)
      assert.equal(contentOf(after), content, 'writers build on what they have just written');
    this.#answers.push(checked.catch((error: unknown) => void this.#failures.push(error)));
  }

  readonly #events = new Map<number, { id: string; type: string; content: number }>();

  #see(collection: string, event: StoreEvent): void {
    const last = this.#history.at(-1) as { revision: number; content: Content };
    const { namespace, name } = event.version.head;
    const id = idOf({ collection, namespace, name });
    const content = contentOf(event.version);
    assert.ok(event.revision > last.revision, 'events come in revision order');
    assert.equal(event.version.revision, event.revision);
    assert.equal(event.previous?.revision, last.content.get(id)?.revision);
    assert.equal(event.type, last.content.has(id) ? (event.type === 'DELETED' ? 'DELETED' : 'MODIFIED') : 'ADDED');
    assert.equal(
      this.collection(collection).get(namespace, name),
      event.type === 'DELETED' ? undefined : event.version,
    );
    const next = new Map(last.content);
    if (event.type === 'DELETED') next.delete(id);
    else {
      assert.equal(this.#written.get(content), undefined, 'a write happens once');
      this.#written.set(content, event.revision);
      next.set(id, { revision: event.revision, content, owner: event.version.head.ownerUids[0] ?? '' });
    }
    this.#newest = event.revision;
    this.#events.set(event.revision, { id, type: event.type, content });
    this.#history.push({ revision: event.revision, content: next });
  }

  #hold(): void {
    const { content } = this.#history.at(-1) as { content: Content };
    for (const collection of collections)
      this.#held.push({
        collection,
        root: this.collection(collection).root(),
        expected: ofCollection(content, collection),
      });
  }

  async #fork(): Promise<void> {
    const fork = this.store.fork();
    const before = collections.map((name) => read(name, this.collection(name).root()));
    const pods = fork.collection({ name: 'pods' });
    assert.deepEqual(read('pods', pods.root()), before[0]);
    const victim = [...pods.root().scan()][0];
    if (victim !== undefined) await pods.delete(victim.head, victim.revision);
    const added = await pods.write({ namespace: 'f', name: 'f' }, 'absent', {
      object: { metadata: { name: 'f' }, content: -1 },
    });
    assert.equal(added.revision, fork.revision);
    assert.equal(pods.size, (before[0]?.size ?? 0) + (victim === undefined ? 1 : 0));
    assert.equal(victim && pods.get(victim.head.namespace, victim.head.name), undefined);
    this.#forks.push(fork);
    this.#hold();
  }

  async #reopen(): Promise<void> {
    await this.wait();
    await this.world.settle(this.store.close());
    this.#held = [];
    await this.open();
  }

  #checkKey(place: Place, content: Content): void {
    const expected = content.get(idOf(place));
    const collection = this.collection(place.collection);
    assert.equal(collection.get(place.namespace, place.name)?.revision, expected?.revision);
    assert.equal(collection.pending(place.namespace, place.name)?.revision, expected?.revision);
  }

  #checkOwner(collection: LiveCollection, owner: string, content: Content): void {
    const found = [...collection.ownedBy(owner)].map((version) => version.revision).sort((a, b) => a - b);
    const expected = [...ofCollection(content, collection.definition.name).values()].filter(
      (entry) => entry.owner === owner,
    );
    assert.deepEqual(
      found,
      expected.map((entry) => entry.revision).sort((a, b) => a - b),
    );
  }

  #checkOrder(root: Root): void {
    const all = [...root.scan()];
    const sorted = all.toSorted((a, b) =>
      `${a.head.namespace}/${a.head.name}` < `${b.head.namespace}/${b.head.name}` ? -1 : 1,
    );
    assert.deepEqual(all, sorted);
    for (const [index, version] of all.entries()) {
      assert.deepEqual([...root.scan(undefined, version.head)], all.slice(index + 1));
      assert.equal(root.countAfter(undefined, version.head), all.length - index - 1);
      const inside = all.slice(index + 1).filter((each) => each.head.namespace === version.head.namespace);
      assert.deepEqual([...root.scan(version.head.namespace, version.head)], inside);
      assert.equal(root.countAfter(version.head.namespace, version.head), inside.length);
    }
  }
}

function ofCollection(
  content: Content,
  collection: string,
): Map<string, { revision: number; content: number; owner: string }> {
  return new Map([...content].filter(([id]) => id.startsWith(`${collection}/`)));
}

async function holds(world: World, operations: readonly Operation[]): Promise<void> {
  const run = new Run(world);
  await run.open();
  try {
    for (const each of operations) await run.perform(each);
    await run.wait();
    run.checkPresent();
    run.checkPast();
    run.checkAnswers();
  } finally {
    await world.settle(run.store.close());
  }
}

const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-model-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function memoryWorld(): World {
  const clock = new VirtualClock();
  return {
    clock,
    isEmbedded: true,
    isDurable: false,
    connect: () => new MemoryBackend(),
    settle: async (answers) => void (await answers),
  };
}

function sqliteWorld(): World {
  const clock = new VirtualClock();
  const file = join(folder, `${files++}`, 'store.db');
  const fatal = (sentence: string): never => assert.fail(sentence);
  return {
    clock,
    isEmbedded: true,
    isDurable: true,
    connect: () => new SqliteBackend(file, { fatal, now: () => clock.now() }),
    settle: async (answers) => void (await answers),
  };
}

function etcdWorld(seed: number): World {
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const etcd = new FakeEtcd({
    clock,
    random,
    faults: { timeouts: 0.1, refusals: 0.05, reconnects: 0.1, readFailures: 0.1 },
  });
  const foreign = ({ collection, namespace, name }: Place, content: number): void => {
    const key = { collection, namespace, name };
    const current = etcd.records().find((record) => JSON.stringify(record.key) === JSON.stringify(key));
    const bytes = new TextEncoder().encode(JSON.stringify({ content, metadata: { name, namespace } }));
    const isDeletion = current !== undefined && random.next() < 0.3;
    etcd.execute({
      key,
      expected: current?.revision ?? 'absent',
      bytes: isDeletion ? undefined : bytes,
      volatile: false,
    });
  };
  const settle = async (answers: Promise<unknown>): Promise<void> => {
    let isDone = false;
    const done = answers.finally(() => (isDone = true));
    while (!isDone) await clock.run(50);
    await done;
    await clock.run(1_000);
  };
  return { clock, isEmbedded: false, isDurable: true, connect: () => etcd.connect(), foreign, settle };
}

const runs = Number(process.env['MODEL_RUNS'] ?? 1);
const worlds: readonly { name: string; make: (seed: number) => World; numRuns: number }[] = [
  { name: 'memory', make: memoryWorld, numRuns: 100 },
  { name: 'sqlite', make: sqliteWorld, numRuns: 12 },
  { name: 'fake etcd', make: etcdWorld, numRuns: 60 },
];

for (const { name, make, numRuns } of worlds) {
  test(`the store does what the model does: ${name}`, async () => {
    const operations = fc.array(operation, { maxLength: 60, size: 'max' });
    const property = fc.asyncProperty(fc.nat(), operations, (seed, list) => holds(make(seed), list));
    await fc.assert(property, { numRuns: numRuns * runs, endOnFailure: false });
  });
}
