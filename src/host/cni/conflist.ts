/**
 * The pod network of one node: `ptp` (a routed veth pair per pod, so that Services work without bridge netfilter) with
 * addresses from `host-local`. Masquerade and host ports are part of our own nftables rules, not of CNI.
 * @see https://www.cni.dev/plugins/current/main/ptp/
 */
export interface PodNetwork {
  /** Unique per instance on a machine: names the folder of leases below /var/lib/cni or `leaseDirectory`. */
  readonly name: string;
  /** The node's pod CIDR. */
  readonly podCidr: string;
  readonly leaseDirectory: string;
  readonly mtu?: number;
}

export function conflist(network: PodNetwork): string {
  const ptp = {
    type: 'ptp',
    ipMasq: false,
    ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
    ipam: {
      type: 'host-local',
      dataDir: network.leaseDirectory,
      ranges: [[{ subnet: network.podCidr }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  return `${JSON.stringify({ cniVersion: '0.4.0', name: network.name, plugins: [ptp] }, null, 2)}\n`;
}
