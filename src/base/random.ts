/**
 * The port for chance: uids, generated names, jitter. Production is backed by the machine's generator
 * (host/system-random.ts), tests and simulations by a seed.
 */
export interface Random {
  /** In [0, 1). */
  next(): number;
  bytes(length: number): Uint8Array;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const b = random.bytes(16);
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const h = (from: number, to: number): string => {
    let text = '';
    for (let i = from; i < to; i++) text += hex[b[i] as number];
    return text;
  };
  return `${h(0, 4)}-${h(4, 6)}-${h(6, 8)}-${h(8, 10)}-${h(10, 16)}`;
}

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` letters and digits that form no words: the suffix of generated names. */
export function nameSuffix(random: Random, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += suffixAlphabet[Math.floor(random.next() * suffixAlphabet.length)];
  return text;
}

/** The same numbers for the same seed on every machine (splitmix32). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let t = this.#state ^ (this.#state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return ((t ^ (t >>> 15)) >>> 0) / 4294967296;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.next() * 256));
  }
}
