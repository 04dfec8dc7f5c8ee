/** The machine's DNS for `getHostByName` (--enable-dns). */
import { lookup } from 'node:dns/promises';

/** An address of a host, '' if the DNS knows none. */
export async function hostByName(name: string): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch {
    return '';
  }
}
