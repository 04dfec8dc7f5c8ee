/** The names and addresses an API server's certificate must carry. */
import { networkInterfaces } from 'node:os';

const clusterNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
];

/** The cluster's names, this machine's addresses, the first service address, and what the user added by flags. */
export function serverHosts(options: { serviceAddress?: string; extra?: readonly string[] } = {}): string[] {
  const hosts = new Set([...clusterNames, '127.0.0.1', '::1', ...machineAddresses(), ...(options.extra ?? [])]);
  if (options.serviceAddress !== undefined) hosts.add(options.serviceAddress);
  hosts.delete('0.0.0.0');
  hosts.delete('::');
  return [...hosts].sort();
}

function machineAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // A link-local address with its zone cannot be written into a certificate.
  return addresses
    .map(({ address }) => address)
    .filter((address) => !address.includes('%') && !address.startsWith('fe80:'));
}
