/** Bytes of chance, without Node's crypto module where the system gives them as a file: loading that costs 10 ms and more. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const pool = new Uint8Array(1024);
let used = pool.length;

/** Unpredictable bytes of the system's generator. */
export function chanceBytes(length: number): Uint8Array {
  if (length > pool.length) return randomBytes(length);
  if (used + length > pool.length) {
    if (!fillPool()) return randomBytes(length);
    used = 0;
  }
  const bytes = pool.slice(used, used + length);
  // What was given out is not kept.
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** False if the system has no such file, or gives less. */
function fillPool(): boolean {
  try {
    const file = openSync('/dev/urandom', 'r');
    try {
      return readSync(file, pool) === pool.length;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
