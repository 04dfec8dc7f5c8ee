import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, test } from 'node:test';
import { systemClock } from '#host/system-clock.ts';
import { Refused, upgradeFormat, upgrades } from '#host/sqlite/format.ts';
import { SqliteBackend, type SqliteOptions } from '#host/sqlite/sqlite-backend.ts';
import { ReadOnly, WriteFailed, WriteUnknown } from '#storage/errors.ts';
import type { LiveCollection } from '#storage/live-collection.ts';
import { Store } from '#storage/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-sqlite-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
let stores: Store[] = [];
afterEach(async () => {
  // What a failed test left open would keep the process alive.
  for (const store of stores) await store.close().catch(() => undefined);
  stores = [];
});
const newFile = (): string => join(folder, `${files++}`, 'store.db');
const unexpected = (sentence: string): never => assert.fail(sentence);

interface Opened {
  readonly store: Store;
  readonly backend: SqliteBackend;
  readonly things: LiveCollection;
}

async function open(file: string, options: Partial<SqliteOptions> = {}): Promise<Opened> {
  const backend = new SqliteBackend(file, { fatal: unexpected, now: Date.now, ...options });
  const store = await Store.open(backend, [], { clock: systemClock });
  stores.push(store);
  return { store, backend, things: store.collection({ name: 'things' }) };
}

function put(
  things: LiveCollection,
  name: string,
  more: { data?: unknown; volatile?: boolean } = {},
): Promise<{ revision: number }> {
  const expected = things.pending('a', name)?.revision ?? 'absent';
  const object = { data: more.data ?? null, metadata: { name, namespace: 'a' } };
  return things.write({ namespace: 'a', name }, expected, { object }, { volatile: more.volatile === true });
}

const namesOf = (things: LiveCollection): string[] => [...things.root().scan()].map((version) => version.head.name);

/** What a power cut leaves: the files as they are, in another place. */
function copyOf(file: string): string {
  const copy = newFile();
  mkdirSync(join(copy, '..'), { recursive: true });
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  return copy;
}

test('a clean stop keeps everything, volatile records included, and revisions go on without a gap', async () => {
  const file = newFile();
  const first = await open(file);
  await put(first.things, 'durable', { data: 'ä€😀' });
  await put(first.things, 'volatile', { volatile: true });
  await put(first.things, 'volatile', { volatile: true, data: 2 });
  await put(first.things, 'gone', { volatile: true });
  await first.things.delete({ namespace: 'a', name: 'gone' }, 4, { volatile: true });
  await first.store.close();
  await assert.rejects(put(first.things, 'late'), WriteFailed);
  const second = await open(file);
  assert.equal(second.store.revision, 5);
  assert.deepEqual(namesOf(second.things), ['durable', 'volatile']);
  assert.deepEqual(second.things.get('a', 'durable')?.object, {
    data: 'ä€😀',
    metadata: { name: 'durable', namespace: 'a', resourceVersion: '1' },
  });
  assert.equal(second.things.get('a', 'volatile')?.revision, 3);
  assert.equal((await put(second.things, 'volatile', { volatile: true })).revision, 6);
  await second.store.close();
});

test('a crash loses volatile records alone, and no revision is given out twice', async () => {
  const file = newFile();
  const first = await open(file);
  await put(first.things, 'early', { volatile: true });
  await put(first.things, 'durable');
  await put(first.things, 'late', { volatile: true });
  const second = await open(copyOf(file));
  assert.deepEqual(namesOf(second.things), ['durable', 'early'], 'what was volatile before a durable write rode along');
  assert.equal(second.store.revision, 1_000_000);
  assert.equal((await put(second.things, 'late', { volatile: true })).revision, 1_000_001);
  await second.store.close();
  await first.store.close();
});

test('volatile writes write nothing, however many, until the ceiling must rise', async () => {
  const file = newFile();
  const { store, things } = await open(file, { ceilingStep: 1000 });
  await put(things, 'durable');
  const before = readFileSync(`${file}-wal`);
  for (let i = 0; i < 880; i++) await put(things, 'lease', { volatile: true, data: i });
  assert.ok(before.equals(readFileSync(`${file}-wal`)), 'the log has not changed');
  for (let i = 0; i < 2000; i++) await put(things, 'lease', { volatile: true, data: i });
  assert.ok(!before.equals(readFileSync(`${file}-wal`)), 'the ceiling has risen');
  const crashed = await open(copyOf(file), { ceilingStep: 1000 });
  assert.ok(crashed.store.revision >= store.revision, 'no revision above the ceiling was given out');
  await crashed.store.close();
  await store.close();
});

test('rows that were superseded or deleted are removed with later commits and at the stop', async () => {
  const file = newFile();
  const { store, things } = await open(file);
  for (let i = 0; i < 50; i++)
    await Promise.all(Array.from({ length: 100 }, (_, n) => put(things, `n${n}`, { data: i })));
  for (let n = 10; n < 100; n++)
    await things.delete({ namespace: 'a', name: `n${n}` }, things.get('a', `n${n}`)?.revision ?? 0);
  const crashed = await open(copyOf(file));
  assert.deepEqual(namesOf(crashed.things), namesOf(things));
  await crashed.store.close();
  await store.close();
  const database = new DatabaseSync(file);
  assert.equal(database.prepare('SELECT count(*) AS n FROM log').get()?.['n'], 10);
  database.close();
  assert.equal(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0, 0);
});

test('a second opener is told, in this process and in another', async () => {
  const file = newFile();
  const { store, things } = await open(file);
  await put(things, 'x');
  const sentence = `${file} is in use by another process: stop that one first.`;
  const program = `import { LogDatabase } from '#host/sqlite/log-database.ts'; LogDatabase.open(${JSON.stringify(file)}, 10);`;
  const other = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.notEqual(other.status, 0);
  assert.ok(other.stderr.includes(sentence), other.stderr);
  await assert.rejects(open(file), new Error(sentence));
  await store.close();
});

async function filled(): Promise<string> {
  const file = newFile();
  const { store, things } = await open(file);
  for (let i = 0; i < 100; i++) await put(things, `n${i}`, { data: 'some text that can be found '.repeat(50) });
  await store.close();
  return file;
}

const edit = (file: string, change: (bytes: Buffer) => Buffer): void => writeFileSync(file, change(readFileSync(file)));
const sql = (file: string, statement: string): void => {
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
};

for (const { name, damage, says } of [
  {
    name: 'a changed byte in a record',
    damage: (file: string) =>
      edit(file, (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('found', 'fount'), 'latin1')),
    says: /store\.db is damaged \(the record of revision \d+ is not what was written\): restore it from a backup/,
  },
  {
    name: 'a row that is missing',
    damage: (file: string) => sql(file, 'DELETE FROM log WHERE revision = 7'),
    says: /is damaged \(its parts are of different ages\)/,
  },
  {
    name: 'a file that is cut off',
    damage: (file: string) => edit(file, (bytes) => bytes.subarray(0, bytes.length / 2)),
    says: /is damaged \(/,
  },
  {
    name: 'a file that is no database',
    damage: (file: string) => writeFileSync(file, 'nothing of the kind'.repeat(1000)),
    says: /is damaged \(file is not a database\)/,
  },
  {
    name: 'a newer format',
    damage: (file: string) => sql(file, 'PRAGMA user_version = 99'),
    says: /was written by a newer version of Wheelhouse \(format 99, this one reads up to 1\): start that version\.$/,
  },
  {
    name: 'a database of another program',
    damage: (file: string) => {
      rmSync(file);
      sql(file, 'CREATE TABLE songs (title TEXT)');
    },
    says: /is a database of another program\.$/,
  },
]) {
  test(`a database that cannot be trusted is refused in one sentence and left alone: ${name}`, async () => {
    const file = await filled();
    damage(file);
    const before = readFileSync(file);
    await assert.rejects(open(file), says);
    if (name !== 'a database of another program') assert.ok(readFileSync(file).equals(before));
  });
}

test('a folder that cannot be made is said', async () => {
  const file = join(await filled(), 'below-a-file', 'store.db');
  await assert.rejects(open(file), /store\.db cannot be opened: /);
});

test('an older format is upgraded step by step in one transaction, once', () => {
  const database = new DatabaseSync(':memory:');
  upgradeFormat(database, 'x');
  const steps = [
    ...upgrades,
    (it: DatabaseSync) => it.exec('ALTER TABLE meta ADD COLUMN more INTEGER NOT NULL DEFAULT 5'),
  ];
  upgradeFormat(database, 'x', steps);
  upgradeFormat(database, 'x', steps);
  assert.equal(database.prepare('SELECT more FROM meta').get()?.['more'], 5);
  assert.throws(() => upgradeFormat(database, 'x'), Refused);
  const failing = [...steps, (it: DatabaseSync) => it.exec('DELETE FROM log; SELECT nonsense')];
  assert.throws(() => upgradeFormat(database, 'x', failing), /nonsense/);
});

test('a full disk: writes are refused and forgotten, heartbeats go on, and a probe finds room again', async () => {
  const file = newFile();
  const { store, backend, things } = await open(file);
  await put(things, 'kept');
  backend.injectFault({ afterStatements: 1, code: 13, times: 3 });
  const lost = [put(things, 'lost'), put(things, 'lost', { data: 2 }), put(things, 'kept', { data: 'not stored' })];
  for (const write of lost)
    await assert.rejects(
      write,
      (error: Error) => error instanceof ReadOnly && error.message.includes('the disk is full'),
    );
  assert.equal(things.pending('a', 'lost'), undefined);
  assert.equal(things.pending('a', 'kept')?.revision, 1);
  await put(things, 'heartbeat', { volatile: true });
  assert.equal(things.get('a', 'heartbeat')?.head.name, 'heartbeat');
  let refused = 0;
  for (let isStored = false; !isStored; ) {
    isStored = await put(things, 'again').then(
      () => true,
      (error) => {
        assert.ok(error instanceof ReadOnly);
        refused++;
        return false;
      },
    );
    await systemClock.turn();
  }
  assert.ok(refused >= 2, 'the first writes after the full disk were refused and probed');
  const crashed = await open(copyOf(file));
  assert.deepEqual(namesOf(crashed.things), ['again', 'heartbeat', 'kept']);
  await crashed.store.close();
  await store.close();
});

test('a disk that is really full', {
  skip: process.getuid?.() !== 0 && 'only root may mount a small disk',
}, async () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  try {
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    const { store, things } = await open(join(disk, 'store.db'));
    let stored = 0;
    const fill = async (): Promise<void> => {
      for (;;) await put(things, `n${stored}`, { data: 'x'.repeat(4000) }).then(() => stored++);
    };
    await assert.rejects(fill(), ReadOnly);
    assert.ok(stored > 10);
    rmSync(ballast);
    const again = (): Promise<unknown> => put(things, 'again').catch(() => systemClock.turn().then(again));
    await again();
    await store.close();
    const second = await open(join(disk, 'store.db'));
    assert.equal(second.things.size, stored + 1);
    await second.store.close();
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a stop on a full disk says what is lost, and what was answered is still there', async () => {
  const file = newFile();
  const { store, backend, things } = await open(file);
  await put(things, 'durable');
  await put(things, 'volatile', { volatile: true });
  backend.injectFault({ afterStatements: 0, code: 13 });
  await assert.rejects(store.close(), /the last volatile records are lost: database or disk is full/);
  const second = await open(file);
  assert.deepEqual(namesOf(second.things), ['durable']);
});

for (const { name, code } of [
  { name: 'a failed fsync', code: 1034 },
  { name: 'a failed write', code: 778 },
]) {
  test(`an I/O error ends the process with one sentence, and nothing is tried again: ${name}`, async () => {
    const file = newFile();
    const said: string[] = [];
    const { backend, things } = await open(file, { fatal: (sentence) => said.push(sentence) });
    await put(things, 'kept');
    backend.injectFault({ afterStatements: 2, code, times: 1 });
    await assert.rejects(put(things, 'unknown'), WriteUnknown);
    await assert.rejects(put(things, 'refused'), WriteFailed);
    assert.deepEqual(said, [`${file} cannot be written: disk I/O error.`]);
  });
}

test('10,000 objects are opened fast enough to be ready within a second', async () => {
  const file = newFile();
  const first = await open(file);
  await Promise.all(Array.from({ length: 10_000 }, (_, n) => put(first.things, `n${n}`, { data: 'x'.repeat(1000) })));
  await first.store.close();
  const second = await open(file);
  assert.equal(second.things.size, 10_000);
  assert.equal(second.things.get('a', 'n9999')?.head.name, 'n9999');
  await second.store.close();
});
