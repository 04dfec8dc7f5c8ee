/**
 * What is answered is on disk. A process that writes is killed again and again; its files, and copies made of them while it
 * ran, are cut, torn and opened. A copy that still has the frame at which a write was acknowledged has the write; any other
 * holds the state as of some revision exactly, or is refused in one sentence. Revisions never repeat.
 *
 * CRASH_SECONDS (default 12) is how long the killing goes on, CRASH_SEED makes it the same again.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '#base/random.ts';
import { Refused } from '#host/sqlite/format.ts';
import { LogDatabase } from '#host/sqlite/log-database.ts';
import { decodeRecords } from '#host/sqlite/records.ts';
import { type Acknowledgement, type Intent, prefixOf, readJournal, type State } from './journal.ts';
import { WAL_HEADER_BYTES, WalReader } from './wal.ts';

const seconds = Number(process.env['CRASH_SECONDS'] ?? 12);
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const random = new SeededRandom(seed);
const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-crash-'));
let running: ChildProcess | undefined;
after(async () => {
  if (running?.exitCode === null && running.kill('SIGKILL')) await once(running, 'exit');
  rmSync(folder, { recursive: true });
});
let copies = 0;

/** Database and log as they were at one moment, and what had been said by then. */
interface Copy {
  readonly file: string;
  readonly salts: string;
  readonly frames: number;
  readonly frameBytes: number;
  /** Bytes of the journal when the copying began. */
  readonly journalBytes: number;
  /** The log started over while the files were copied: they may not belong together. */
  readonly isMixed: boolean;
}
interface Opened {
  readonly state: State;
  readonly revision: number;
}
const counts = { copies: 0, kept: 0, prefix: 0, refused: 0, mixed: 0, acknowledged: 0, checkpoints: 0, kills: 0 };

function copyFiles(file: string, journal: string): Copy {
  const target = join(folder, `copy-${copies++}.db`);
  const journalBytes = statSync(journal).size;
  const before = new WalReader(`${file}-wal`).read().salts;
  copyFileSync(file, target);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${target}-wal`);
  const after = new WalReader(`${file}-wal`).read().salts;
  const wal = new WalReader(`${target}-wal`).read();
  return { file: target, ...wal, journalBytes, isMixed: before !== after || before !== wal.salts };
}

/** Opens a database as the server would. Undefined: it was refused in one sentence. */
function openDatabase(file: string): Opened | undefined {
  const state = new Map<string, string>();
  try {
    const database = LogDatabase.open(file, 2_000);
    const { revision } = database.load((chunk) => {
      for (const { key, revision: at, bytes } of decodeRecords(chunk)) {
        const { content } = JSON.parse(new TextDecoder().decode(bytes)) as { content: number };
        state.set(`${key.collection}/${key.name}`, `${at}:${content}`);
      }
    });
    database.close(new Uint8Array(), revision);
    return { state, revision };
  } catch (error) {
    assert.ok(error instanceof Refused, `refused in a sentence, not by ${String(error)}`);
    assert.match(error.message, /^[^\n]+\.$/);
    return undefined;
  }
}

function checkSound(file: string): void {
  const database = new DatabaseSync(file);
  assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  database.close();
}

/** A copy of a copy whose log ends at `bytes`, in one of the ways in which logs end. */
function cut(copy: Copy, bytes: number): Copy {
  const file = join(folder, `cut-${copies++}.db`);
  copyFileSync(copy.file, file);
  const log = readFileSync(`${copy.file}-wal`);
  const how = Math.floor(random.next() * 3);
  if (how === 0) writeFileSync(`${file}-wal`, log.subarray(0, bytes));
  else
    writeFileSync(
      `${file}-wal`,
      how === 1
        ? log.fill(0, bytes)
        : Buffer.concat([
            log.subarray(0, bytes),
            Buffer.from(random.bytes(log.length - bytes > 9000 ? 9000 : log.length - bytes)),
          ]),
    );
  return { ...copy, file, frames: new WalReader(`${file}-wal`).read().frames };
}

/** Opens a copy and compares it with what had been said when it was made. */
function check(copy: Copy, life: { journal: string; base: readonly Intent[] }): void {
  const { intents } = readJournal(life.journal);
  const { acknowledgements } = readJournal(life.journal, copy.journalBytes);
  const opened = openDatabase(copy.file);
  counts.copies++;
  const needed = copy.isMixed
    ? []
    : acknowledgements.filter((each) => each.salts !== copy.salts || each.frames <= copy.frames);
  const isWhole = needed.length === acknowledgements.length && !copy.isMixed;
  if (opened === undefined) {
    assert.ok(!isWhole, 'a copy that has all acknowledged frames opens');
    counts.refused++;
  } else {
    const newest = prefixOf(opened.state, [...life.base, ...intents]);
    assert.ok(newest !== undefined, 'what opens is the state as of one revision');
    for (const { revision } of needed)
      assert.ok(revision <= newest, `the acknowledged write of revision ${revision} is there`);
    checkSound(copy.file);
    if (copy.isMixed) counts.mixed++;
    else if (isWhole) counts.kept++;
    else counts.prefix++;
  }
  for (const suffix of ['', '-wal']) rmSync(copy.file + suffix, { force: true });
}

function cutsOf(copy: Copy, acknowledgements: readonly Acknowledgement[]): Copy[] {
  if (copy.isMixed || copy.frames === 0) return [];
  const end = (frames: number): number => WAL_HEADER_BYTES + frames * copy.frameBytes;
  const last = acknowledgements
    .filter((each) => each.salts === copy.salts)
    .reduce((most, each) => Math.max(most, each.frames), 0);
  const anywhere = (from: number, to: number): number => Math.floor(from + random.next() * (to - from));
  return [
    cut(copy, end(last)),
    cut(copy, anywhere(end(last), end(copy.frames))),
    cut(copy, anywhere(0, end(last))),
    cut(copy, end(anywhere(0, last))),
  ];
}

/** The log of a copy, cut, beside a database that a checkpoint has already brought further than the cut. */
function checkpointed(copy: Copy): Copy[] {
  if (copy.isMixed || copy.frames < 2) return [];
  const file = join(folder, `ahead-${copies++}.db`);
  copyFileSync(copy.file, file);
  copyFileSync(`${copy.file}-wal`, `${file}-wal`);
  const database = new DatabaseSync(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const frames = 1 + Math.floor(random.next() * (copy.frames - 1));
  writeFileSync(
    `${file}-wal`,
    readFileSync(`${copy.file}-wal`).subarray(0, WAL_HEADER_BYTES + frames * copy.frameBytes),
  );
  return [{ ...copy, file, isMixed: true }];
}

/** A database and a log of different ages. */
function mixed(database: Copy, log: Copy): Copy[] {
  if (database === log) return [];
  const file = join(folder, `mixed-${copies++}.db`);
  copyFileSync(database.file, file);
  if (existsSync(`${log.file}-wal`)) copyFileSync(`${log.file}-wal`, `${file}-wal`);
  return [{ ...log, file, isMixed: true }];
}

async function start(file: string, journal: string): Promise<{ child: ChildProcess; revision: number }> {
  const writer = join(import.meta.dirname, 'writer.ts');
  const child = spawn(process.execPath, [writer, file, journal, String(Math.floor(random.next() * 1e9))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running = child;
  const [line] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  return { child, revision: Number(/^ready (\d+)/.exec(line.toString())?.[1]) };
}

/** One life of the writer: copies while it runs, then the kill. Returns the intents that turned out to be on disk. */
async function live(
  file: string,
  base: readonly Intent[],
  newest: number,
): Promise<{ base: Intent[]; newest: number }> {
  const journal = join(folder, `journal-${counts.kills}`);
  const { child, revision: started } = await start(file, journal);
  assert.ok(started >= newest, 'no revision is given out twice, not even one of which nothing is left');
  const taken: Copy[] = [];
  const lifeMs = 300 + random.next() * 1200;
  for (const endMs = Date.now() + lifeMs; Date.now() < endMs; await sleep(100 + random.next() * 300))
    taken.push(copyFiles(file, journal));
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  counts.kills++;
  const { intents, acknowledgements } = readJournal(journal);
  taken.push(copyFiles(file, journal));
  counts.acknowledged += acknowledgements.length;
  counts.checkpoints += new Set(acknowledgements.map((each) => each.salts)).size - 1;
  const life = { journal, base };
  const first = taken[0] as Copy;
  const made = taken.flatMap((copy) => [
    ...cutsOf(copy, readJournal(journal, copy.journalBytes).acknowledgements),
    ...checkpointed(copy),
    ...mixed(first, copy),
  ]);
  for (const copy of [...made, ...taken]) check(copy, life);
  const survivor = copyFiles(file, journal);
  const state = openDatabase(survivor.file)?.state;
  assert.ok(state !== undefined);
  const kept = prefixOf(state, [...base, ...intents]) ?? 0;
  rmSync(survivor.file);
  const last = Math.max(newest, started, ...intents.slice(-1).map((intent) => intent.revision));
  return { base: [...base, ...intents].filter((intent) => intent.revision <= kept), newest: last };
}

function haveAllOccurred(): boolean {
  return counts.kept > 0 && counts.prefix > 0 && counts.refused > 0 && counts.checkpoints > 0;
}

test(`kill -9 under load loses no acknowledged write (CRASH_SEED=${seed})`, async (t) => {
  const file = join(folder, 'data', 'store.db');
  mkdirSync(join(folder, 'data'));
  let life: { base: Intent[]; newest: number } = { base: [], newest: 0 };
  const endMs = Date.now() + seconds * 1000;
  // A slow machine writes too little for a checkpoint in that time: it gets more lives, but not for ever.
  while (Date.now() < endMs || (!haveAllOccurred() && counts.kills < 100))
    life = await live(file, life.base, life.newest);
  t.diagnostic(JSON.stringify(counts));
  assert.ok(haveAllOccurred(), `all cases occurred: ${JSON.stringify(counts)}`);
});

test('our own reader of the log sees whole frames alone', () => {
  const file = join(folder, 'wal.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)');
  for (let i = 0; i < 20; i++) database.exec(`INSERT INTO t VALUES ('${'x'.repeat(3000)}')`);
  const reader = new WalReader(`${file}-wal`);
  const { frames, frameBytes } = reader.read();
  assert.equal(WAL_HEADER_BYTES + frames * frameBytes, statSync(`${file}-wal`).size);
  database.exec('INSERT INTO t VALUES (1)');
  assert.ok(reader.read().frames > frames);
  copyFileSync(`${file}-wal`, `${file}-copy`);
  truncateSync(`${file}-copy`, WAL_HEADER_BYTES + 3 * frameBytes + 100);
  assert.equal(new WalReader(`${file}-copy`).read().frames, 3);
  database.close();
});
