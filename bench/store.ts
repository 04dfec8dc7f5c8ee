/**
 * How fast the store is: durable writes through SQLite, writes in memory, forks, and opening what exists.
 *
 *     node bench/store.ts
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '#base/clock.ts';
import { LogDatabase } from '#host/sqlite/log-database.ts';
import { encodeBatch } from '#host/sqlite/records.ts';
import { SqliteBackend } from '#host/sqlite/sqlite-backend.ts';
import type { Backend } from '#storage/backend.ts';
import type { Collection } from '#storage/collection.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import type { StoredObject } from '#storage/version.ts';

const OBJECTS = 10_000;
const LOAD_MS = Number(process.env['BENCH_MS'] ?? 2000);
const padding = 'x'.repeat(1780);
const definition = { name: 'configmaps' };
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: () => () => {},
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'wheelhouse-bench-'));

interface Row {
  readonly what: string;
  readonly value: string;
  readonly loopP99Ms?: string;
}

function object(name: string, count: number): StoredObject {
  const metadata = {
    name,
    namespace: `n${count % 8}`,
    uid: `uid-${name}`,
    labels: { app: `a${count % 100}` },
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { count: String(count), padding } };
}

function sqlite(file: string): Backend {
  const fatal = (sentence: string): never => {
    throw new Error(sentence);
  };
  return new SqliteBackend(join(folder, file), { fatal, now: Date.now });
}

/** `writers` loops that each wait for their own answer; each second write is an update. */
async function load(collection: Collection, writers: number): Promise<{ perSecond: number; loopP99Ms: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const endMs = Date.now() + LOAD_MS;
  let writes = 0;
  const writer = async (id: number): Promise<void> => {
    for (let i = 0; Date.now() < endMs; i += 2, writes += 2) {
      const name = `w${id}-${i % 200}`;
      const key = { namespace: `n${i % 8}`, name };
      const old = collection.pending(key.namespace, name);
      const first = await collection.write(key, old?.revision ?? 'absent', { object: object(name, i) });
      await collection.write(key, first.revision, { object: object(name, i) });
    }
  };
  delay.enable();
  await Promise.all(Array.from({ length: writers }, (_, id) => writer(id)));
  delay.disable();
  return { perSecond: (writes * 1000) / LOAD_MS, loopP99Ms: delay.percentile(99) / 1e6 };
}

async function writes(what: string, backend: Backend, writers: number): Promise<Row> {
  const store = await Store.open(backend, [definition], { clock });
  const { perSecond, loopP99Ms } = await load(store.collection(definition), writers);
  await store.close();
  return { what, value: `${Math.round(perSecond)}/s`, loopP99Ms: loopP99Ms.toFixed(1) };
}

async function fill(store: Store): Promise<void> {
  const collection = store.collection(definition);
  const written: Promise<unknown>[] = [];
  for (let i = 0; i < OBJECTS; i++)
    written.push(collection.write({ namespace: `n${i % 8}`, name: `c${i}` }, 'absent', { object: object(`c${i}`, i) }));
  await Promise.all(written);
}

async function forks(): Promise<Row> {
  const store = await Store.open(new MemoryBackend(), [definition], { clock });
  await fill(store);
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    const fork = store.fork();
    await fork
      .collection(definition)
      .write(
        { namespace: 'n0', name: 'c0' },
        (fork.collection(definition).get('n0', 'c0') as { revision: number }).revision,
        { object: object('c0', i) },
      );
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return {
    what: `fork of ${OBJECTS} objects and a first write, p50 / p99`,
    value: `${times[50]?.toFixed(3)} / ${times[99]?.toFixed(3)} ms`,
  };
}

async function openTime(what: string, file: string): Promise<Row> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const copy = `${i}-${file}`;
    for (const suffix of ['', '-wal'])
      if (existsSync(join(folder, file + suffix)))
        copyFileSync(join(folder, file + suffix), join(folder, copy + suffix));
    const start = performance.now();
    const store = await Store.open(sqlite(copy), [definition], { clock });
    times.push(performance.now() - start);
    if (store.collection(definition).size !== OBJECTS) throw new Error('objects are missing');
    await store.close();
  }
  times.sort((a, b) => a - b);
  return { what, value: `${times[2]?.toFixed(0)} ms` };
}

async function openTimes(): Promise<Row[]> {
  const store = await Store.open(sqlite('open.db'), [definition], { clock });
  await fill(store);
  const crashed = await openTime(`open with ${OBJECTS} objects of 2 KB after a crash, p50`, 'open.db');
  await store.close();
  return [crashed, await openTime(`open with ${OBJECTS} objects of 2 KB after a clean stop, p50`, 'open.db')];
}

/** What one fsync per write allows: the database alone, on this thread. */
function bareCommits(): Row {
  const database = LogDatabase.open(join(folder, 'bare.db'), 1_000_000);
  database.load(() => {});
  const bytes = new TextEncoder().encode(JSON.stringify(object('bare', 1)));
  const endMs = Date.now() + LOAD_MS / 2;
  let revision = 0;
  while (Date.now() < endMs) {
    const key = { collection: 'configmaps', namespace: 'n', name: 'bare' };
    database.commit(
      encodeBatch([{ key, revision: ++revision, previous: revision - 1, bytes, volatile: false, writtenAtMs: 0 }]),
      undefined,
    );
  }
  database.close(new Uint8Array(), revision);
  return {
    what: 'the database alone, one write per transaction',
    value: `${Math.round((revision * 2000) / LOAD_MS)}/s`,
  };
}

const rows: Row[] = [
  bareCommits(),
  await writes('durable writes of 2 KB, 1 writer', sqlite('one.db'), 1),
  await writes('durable writes of 2 KB, 64 writers', sqlite('many.db'), 64),
  await writes('memory, 64 writers', new MemoryBackend(), 64),
  await forks(),
  ...(await openTimes()),
];
rmSync(folder, { recursive: true });
process.stdout.write('| what | value | event loop p99 ms |\n| --- | --- | --- |\n');
for (const { what, value, loopP99Ms } of rows) process.stdout.write(`| ${what} | ${value} | ${loopP99Ms ?? ''} |\n`);
