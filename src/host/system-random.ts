/** The machine's generator, asked for 4 KB at a time: a uid costs 16 bytes of a buffer, not a system call. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '#base/random.ts';

const pool = new Uint8Array(4096);
const view = new DataView(pool.buffer);
let used = pool.byteLength;

/** Offset of `length` fresh bytes in the pool. */
function take(length: number): number {
  if (used + length > pool.byteLength) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += length;
  return start;
}

export const systemRandom: Random = {
  next: () => view.getUint32(take(4)) / 4_294_967_296,
  bytes(length) {
    if (length > 256) return randomFillSync(new Uint8Array(length));
    const start = take(length);
    return pool.slice(start, start + length);
  },
};
