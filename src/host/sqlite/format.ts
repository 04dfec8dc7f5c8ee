/**
 * What the database looks like, and how an older one is brought up to date. `user_version` is the format's version; an
 * upgrade is one step that takes format n to n + 1 and runs in one transaction with the new version number.
 *
 * log: one row per write. Rows that a later one supersedes, and deletions, are removed in chunks inside later commits; what
 * remains is the compacted state. With a history they stay longer: `meta.compacted` says from which revision on every write
 * is still there, so that the state as of a revision r is the rows up to r less those superseded by rows up to r.
 * meta: one row, rewritten by each commit. `ceiling`: no revision above it was given out. `revision`: of the newest row that
 * was written. `rows`, `digest`: how many rows the log has and the sum of their checksums modulo 2^48, so that a
 * database put together from parts of different ages is noticed. `clean`: 1 after a clean stop, when `revision` may be trusted.
 */
import type { DatabaseSync } from 'node:sqlite';

/** 'WhSt' */
export const APPLICATION_ID = 0x57685374;

export type Upgrade = (database: DatabaseSync) => void;

/** upgrades[n] takes format n to n + 1; format 0 is an empty file. */
export const upgrades: readonly Upgrade[] = [
  (database) =>
    database.exec(`
      CREATE TABLE log (revision INTEGER PRIMARY KEY, previous INTEGER NOT NULL, checksum INTEGER NOT NULL, record BLOB NOT NULL);
      CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), ceiling INTEGER NOT NULL, revision INTEGER NOT NULL,
        rows INTEGER NOT NULL, digest INTEGER NOT NULL, compacted INTEGER NOT NULL, clean INTEGER NOT NULL);
      INSERT INTO meta VALUES (1, 0, 0, 0, 0, 0, 1);
      PRAGMA application_id = ${APPLICATION_ID};
    `),
];

/** A database that is not opened, in one sentence for the operator. */
export class Refused extends Error {
  override name = 'Refused';
}

/** Brings the database to the newest format. Throws Refused if it is another program's or from a newer version. */
export function upgradeFormat(database: DatabaseSync, file: string, steps: readonly Upgrade[] = upgrades): void {
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (applicationId !== APPLICATION_ID && !isEmpty) throw new Refused(`${file} is a database of another program.`);
  if (version > steps.length) {
    throw new Refused(
      `${file} was written by a newer version of Wheelhouse (format ${version}, this one reads up to ${steps.length}): start that version.`,
    );
  }
  if (version === steps.length) return;
  database.exec('BEGIN IMMEDIATE');
  for (const upgrade of steps.slice(version)) upgrade(database);
  database.exec(`PRAGMA user_version = ${steps.length}; COMMIT`);
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** SQLite's primary result codes that are told apart. */
export const sqlite = { BUSY: 5, IOERR: 10, CORRUPT: 11, FULL: 13, NOTADB: 26 } as const;

/** The primary result code of an error of node:sqlite; 0 for others. */
export function resultCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0;
  return typeof code === 'number' ? code & 0xff : 0;
}
