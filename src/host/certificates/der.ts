/**
 * Writing ASN.1 in DER: as much as a certificate needs. Values are nested calls:
 *
 *   sequence(integer(1), utf8('x'))   →   30 06 02 01 01 0c 01 78
 *
 * @see ITU-T X.690
 */
import { isIPv4 } from 'node:net';

function tagged(tag: number, content: Uint8Array): Buffer {
  const length = content.byteLength;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(items));
export const set = (...items: readonly Uint8Array[]): Buffer => tagged(0x31, Buffer.concat(items));
export const octets = (content: Uint8Array): Buffer => tagged(0x04, content);
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const printable = (text: string): Buffer => tagged(0x13, Buffer.from(text));
export const truth = (): Buffer => tagged(0x01, Buffer.from([0xff]));

/** Big endian, positive: a leading zero is added where the first bit would say otherwise. */
export function integer(value: number | Uint8Array): Buffer {
  const bytes = typeof value === 'number' ? Buffer.from([value]) : value;
  return tagged(0x02, ((bytes[0] as number) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));
}

export function bits(content: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([unused]), content]));
}

/** `2.5.29.17`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** UTCTime up to 2049, GeneralizedTime after, as certificates demand. */
export function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return text < '2050' ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));
}

/** [number] EXPLICIT. */
export const explicit = (number: number, content: Uint8Array): Buffer => tagged(0xa0 + number, content);
/** [number] IMPLICIT of something primitive. */
export const implicit = (number: number, content: Uint8Array): Buffer => tagged(0x80 + number, content);

/** 4 or 16 bytes. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const tail = mapped === null ? '' : Buffer.from((mapped[2] as string).split('.').map(Number)).toString('hex');
  const text = mapped === null ? address : `${mapped[1]}${tail.slice(0, 4)}:${tail.slice(4)}`;
  const [left = '', right] = text.split('::');
  const words = (part: string): string[] => part.split(':').filter((word) => word !== '');
  const head = words(left);
  const end = words(right ?? '');
  const zeros = Array.from({ length: right === undefined ? 0 : 8 - head.length - end.length }, () => '0');
  return Buffer.from([...head, ...zeros, ...end].map((word) => word.padStart(4, '0')).join(''), 'hex');
}

/** The parts of a constructed value, tag and length included. */
export function partsOf(value: Uint8Array): Buffer[] {
  const parts: Buffer[] = [];
  const { end, start } = contentOf(value, 0);
  for (let at = start; at < end; ) {
    const part = contentOf(value, at);
    parts.push(Buffer.from(value.subarray(at, part.end)));
    at = part.end;
  }
  return parts;
}

function contentOf(value: Uint8Array, at: number): { start: number; end: number } {
  const first = value[at + 1] ?? 0;
  const size = first < 0x80 ? 0 : first & 0x7f;
  let length = first < 0x80 ? first : 0;
  for (let i = 0; i < size; i++) length = length * 256 + (value[at + 2 + i] ?? 0);
  const start = at + 2 + size;
  return { start, end: start + length };
}
