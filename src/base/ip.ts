/**
 * IP addresses and prefixes as numbers. Texts are read as leniently as Kubernetes' older fields are (leading zeros in
 * IPv4 octets are allowed and reported) and written in canonical form (RFC 5952).
 *
 *   formatIp(parseIp('FE80:0::1')) === 'fe80::1'
 */

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** Written as `::ffff:1.2.3.4`; family and value are those of the IPv4 address. */
  readonly isMapped: boolean;
  /** An IPv4 octet was written with leading zeros. */
  readonly hasLeadingZeros: boolean;
}
export interface IpPrefix {
  readonly family: 4 | 6;
  /** The first address, host bits cleared. */
  readonly base: bigint;
  readonly length: number;
  /** As written, host bits included. */
  readonly address: IpAddress;
}

const mappedPrefix = 0xffffn << 32n;

/** Undefined if the text is no address. Zones are refused. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (match === null) return undefined;
  let value = 0n;
  let hasLeadingZeros = false;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255) return undefined;
    if (part.length > 1 && part.startsWith('0')) hasLeadingZeros = true;
    value = (value << 8n) | BigInt(octet);
  }
  return { family: 4, value, isMapped: false, hasLeadingZeros };
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : { list: [], hasLeadingZeros: false };
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.list.length - tail.list.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head.list, ...Array<number>(missing).fill(0), ...tail.list];
  const value = all.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  const hasLeadingZeros = head.hasLeadingZeros || tail.hasLeadingZeros;
  if (value >> 32n === 0xffffn) return { family: 4, value: value - mappedPrefix, isMapped: true, hasLeadingZeros };
  return { family: 6, value, isMapped: false, hasLeadingZeros };
}

function groups(text: string, mayEndWithIpv4: boolean): { list: number[]; hasLeadingZeros: boolean } | undefined {
  if (text === '') return { list: [], hasLeadingZeros: false };
  const parts = text.split(':');
  const list: number[] = [];
  let hasLeadingZeros = false;
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const ipv4 = i === parts.length - 1 && mayEndWithIpv4 ? parseIpv4(part) : undefined;
      if (ipv4 === undefined) return undefined;
      hasLeadingZeros = ipv4.hasLeadingZeros;
      list.push(Number(ipv4.value >> 16n), Number(ipv4.value & 0xffffn));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      list.push(Number.parseInt(part, 16));
    }
  }
  return { list, hasLeadingZeros };
}

/** Canonical form; a mapped address is written as IPv4. */
export function formatIp({ family, value }: Pick<IpAddress, 'family' | 'value'>): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const list = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  const [start, length] = longestZeros(list);
  if (length < 2) return list.map((group) => group.toString(16)).join(':');
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return `${hex(list.slice(0, start))}::${hex(list.slice(start + length))}`;
}

function longestZeros(list: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let i = 0; i < list.length; i++) {
    let end = i;
    while (end < list.length && list[end] === 0) end++;
    if (end - i > best[1]) best = [i, end - i];
  }
  return best;
}

/** `10.0.0.0/8`. Undefined if the text is no prefix. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(digits)) return undefined;
  const isIpv6Text = text.slice(0, slash).includes(':');
  const length = Number(digits) - (address.isMapped && isIpv6Text ? 96 : 0);
  const bits = address.family === 4 ? 32 : 128;
  if (length < 0 || length > bits) return undefined;
  const hostBits = BigInt(bits - length);
  return { family: address.family, base: (address.value >> hostBits) << hostBits, length, address };
}

/** Number of addresses in a prefix. */
export function prefixSize({ family, length }: Pick<IpPrefix, 'family' | 'length'>): bigint {
  return 1n << BigInt((family === 4 ? 32 : 128) - length);
}

export function prefixContains(prefix: IpPrefix, address: Pick<IpAddress, 'family' | 'value'>): boolean {
  if (prefix.family !== address.family) return false;
  return address.value >= prefix.base && address.value < prefix.base + prefixSize(prefix);
}

export function formatPrefix({ family, base, length }: IpPrefix): string {
  return `${formatIp({ family, value: base })}/${length}`;
}
