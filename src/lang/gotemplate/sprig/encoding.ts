/** Base64, base32, hashes, paths and URLs. */
import { fromBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { CallError, fn } from '#lang/gotemplate/value.ts';
import type { GoFunction } from '#lang/gotemplate/value.ts';

/** Standard base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

/** The bytes of a base64 text; line breaks are passed over. Throws {@link CallError} with Go's message. */
export function fromBase64(text: string): Uint8Array {
  const clean = text.replace(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/]/.exec(clean.replace(/={1,2}$/, ''));
  const short = clean.length % 4 !== 0;
  if (bad !== null || short) {
    const index = bad?.index ?? clean.length - (clean.length % 4);
    throw new CallError(`illegal base64 data at input byte ${index + breaksBefore(text, index)}`);
  }
  return Uint8Array.from(atob(clean), (char) => char.charCodeAt(0));
}

/** How many line breaks stand in front of the character that is the n-th without them. */
function breaksBefore(text: string, n: number): number {
  let breaks = 0;
  for (let i = 0, seen = 0; i < text.length && seen <= n; i++) {
    if (text[i] === '\n' || text[i] === '\r') breaks++;
    else seen++;
  }
  return breaks;
}

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  const chars = (bits.match(/.{1,5}/g) ?? []).map((part) => base32Alphabet[Number.parseInt(part.padEnd(5, '0'), 2)]);
  return chars.join('').padEnd(Math.ceil(chars.length / 8) * 8, '=');
}

function fromBase32(text: string): string {
  const clean = text.replace(/[\r\n]/g, '').replace(/=+$/, '');
  const bad = /[^A-Z2-7]/.exec(clean);
  if (bad !== null) return `illegal base32 data at input byte ${bad.index}`;
  const bits = Array.from(clean, (char) => base32Alphabet.indexOf(char).toString(2).padStart(5, '0')).join('');
  return fromBytes(Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2)));
}

function decodeOrMessage(text: string): string {
  try {
    return fromBytes(fromBase64(text));
  } catch (error) {
    return (error as Error).message;
  }
}

function adler32(bytes: Uint8Array): string {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

export const encodingFunctions: [string, GoFunction][] = [
  ['b64enc', fn('string', (text: string) => base64(toBytes(text)))],
  ['b64dec', fn('string', decodeOrMessage)],
  ['b32enc', fn('string', (text: string) => base32(toBytes(text)))],
  ['b32dec', fn('string', fromBase32)],
  ['adler32sum', fn('string', (text: string) => adler32(toBytes(text)))],
  ...['', 'os'].flatMap((prefix): [string, GoFunction][] => [
    [pathName(prefix, 'base'), fn('string', pathBase)],
    [pathName(prefix, 'dir'), fn('string', (path: string) => pathClean(path.slice(0, path.lastIndexOf('/') + 1)))],
    [pathName(prefix, 'clean'), fn('string', pathClean)],
    [pathName(prefix, 'ext'), fn('string', (path: string) => /\.[^./]*$/.exec(path)?.[0] ?? '')],
    [pathName(prefix, 'isAbs'), fn('string', (path: string) => path.startsWith('/'))],
  ]),
];

function pathName(prefix: string, name: string): string {
  return prefix === '' ? name : `os${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

function pathBase(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function pathClean(path: string): string {
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!rooted) parts.push('..');
  }
  return (rooted ? '/' : '') + parts.join('/') || '.';
}
