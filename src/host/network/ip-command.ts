/** The machine's links, addresses and routes, by iproute2's JSON. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs `ip ARGS`. Rejects with its own words. */
export async function ip(...args: string[]): Promise<string> {
  try {
    return (await run('ip', args)).stdout;
  } catch (error) {
    const words = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`ip ${args.join(' ')}: ${words === undefined || words === '' ? (error as Error).message : words}`);
  }
}

/** Every IPv4 range that an address or a route of this machine covers, the default route left out. */
export async function takenRanges(): Promise<string[]> {
  const [addresses, routes] = await Promise.all([
    ip('-4', '-j', 'addr'),
    ip('-4', '-j', 'route', 'show', 'table', 'all'),
  ]);
  const ranges: string[] = [];
  for (const link of JSON.parse(addresses || '[]') as { addr_info?: { local?: string; prefixlen: number }[] }[]) {
    for (const address of link.addr_info ?? [])
      if (address.local !== undefined) ranges.push(`${address.local}/${address.prefixlen}`);
  }
  for (const route of JSON.parse(routes || '[]') as { dst?: string; type?: string }[]) {
    if (route.dst === undefined || route.dst === 'default' || route.type === 'broadcast') continue;
    ranges.push(route.dst.includes('/') ? route.dst : `${route.dst}/32`);
  }
  return ranges;
}

/** Do two IPv4 ranges share an address? */
export function overlaps(a: string, b: string): boolean {
  const [first, second] = [rangeOf(a), rangeOf(b)];
  return first.from <= second.to && second.from <= first.to;
}

function rangeOf(cidr: string): { from: number; to: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const from = Math.floor(value / size) * size;
  return { from, to: from + size - 1 };
}
