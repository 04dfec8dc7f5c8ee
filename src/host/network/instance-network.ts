/**
 * The address ranges and the link of one cluster on this machine. Ranges are picked once, under a lock, so that two
 * clusters do not collide; the link is an empty bridge that carries the private node address and the routes of both
 * ranges, so that the host reaches Services without a default route and the next instance sees the range taken.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ip, overlaps, takenRanges } from '#host/network/ip-command.ts';

export interface NetworkPlan {
  readonly nodeAddress: string;
  readonly serviceCIDR: string;
  readonly podCIDR: string;
}
export interface NetworkWishes {
  /** Given by a flag: taken as it is, or an error if it collides. */
  readonly serviceCIDR?: string;
  readonly podCIDR?: string;
}

const candidates = {
  serviceCIDR: Array.from({ length: 64 }, (_, index) => `10.${96 + index}.0.0/16`),
  podCIDR: [
    ...Array.from({ length: 12 }, (_, index) => `10.${244 + index}.0.0/16`),
    ...Array.from({ length: 40 }, (_, index) => `10.${190 + index}.0.0/16`),
  ],
  nodeAddress: Array.from({ length: 250 }, (_, index) => `10.95.${index}.1/32`),
};

/** Picks free ranges. Rejects with one sentence when an explicit one collides or nothing is free. */
export async function planNetwork(wishes: NetworkWishes): Promise<NetworkPlan> {
  const taken = await takenRanges();
  const pick = (what: keyof typeof candidates, wish: string | undefined): string => {
    const collision = wish === undefined ? undefined : taken.find((range) => overlaps(range, wish));
    if (collision !== undefined)
      throw new Error(
        `the range ${wish} is taken on this machine (${collision}): choose another with --${what === 'podCIDR' ? 'pod' : 'service'}-cidr`,
      );
    const range = wish ?? candidates[what].find((candidate) => !taken.some((other) => overlaps(other, candidate)));
    if (range === undefined) throw new Error(`no free address range is left on this machine for the ${what}`);
    taken.push(range);
    return range;
  };
  const serviceCIDR = pick('serviceCIDR', wishes.serviceCIDR);
  const podCIDR = pick('podCIDR', wishes.podCIDR);
  return { serviceCIDR, podCIDR, nodeAddress: pick('nodeAddress', undefined).replace('/32', '') };
}

/**
 * The plan of an earlier start, still free on this machine: another cluster may have taken its ranges while this one was
 * down. The node's address may change; the ranges are in the cluster's objects: rejects with one sentence.
 */
export async function keepNetwork(instanceId: string, plan: NetworkPlan): Promise<NetworkPlan> {
  if (await hasLink(instanceId)) return plan;
  const taken = await takenRanges();
  for (const range of [plan.serviceCIDR, plan.podCIDR]) {
    const collision = taken.find((other) => overlaps(other, range));
    if (collision !== undefined)
      throw new Error(
        `the range ${range} of this cluster is taken on this machine now (${collision}): stop the other cluster first (ip route shows whose link it is)`,
      );
  }
  if (!taken.some((other) => overlaps(other, `${plan.nodeAddress}/32`))) return plan;
  const { nodeAddress } = await planNetwork({});
  return { ...plan, nodeAddress };
}

async function hasLink(instanceId: string): Promise<boolean> {
  return ip('link', 'show', 'dev', linkName(instanceId)).then(
    () => true,
    () => false,
  );
}

/** The name of an instance's link: 15 bytes at most. */
export function linkName(instanceId: string): string {
  return `wh-${instanceId.slice(0, 12)}`;
}

/** Makes the link, its address, the service route, and the sysctls that routing needs. Doing it twice is harmless. */
export async function setUpNetwork(instanceId: string, plan: NetworkPlan, stateDir: string): Promise<void> {
  const link = linkName(instanceId);
  if (!(await hasLink(instanceId))) await ip('link', 'add', link, 'type', 'bridge');
  await ip('addr', 'replace', `${plan.nodeAddress}/32`, 'dev', link);
  await ip('link', 'set', link, 'up');
  await ip('route', 'replace', plan.serviceCIDR, 'dev', link, 'src', plan.nodeAddress);
  // Pods have longer routes of their own: this one says that the range is taken, before there is a pod.
  await ip('route', 'replace', plan.podCIDR, 'dev', link);
  await setSysctls(stateDir);
}

/** Removes the link, with it the address and the route; restores the sysctls if this was the last instance. */
export async function tearDownNetwork(instanceId: string, stateDir: string): Promise<void> {
  await ip('link', 'del', linkName(instanceId)).catch(() => {});
  const links = JSON.parse((await ip('-j', 'link', 'show', 'type', 'bridge').catch(() => '[]')) || '[]') as {
    ifname?: string;
  }[];
  if (!links.some((link) => link.ifname?.startsWith('wh-') === true)) await restoreSysctls(stateDir);
}

const wanted: Readonly<Record<string, string>> = {
  '/proc/sys/net/ipv4/ip_forward': '1',
  '/proc/sys/net/ipv4/conf/all/route_localnet': '1',
};
const savedName = 'sysctls-before.json';

/** The values found are kept beside all instances, before the first change. */
async function setSysctls(stateDir: string): Promise<void> {
  const file = join(stateDir, savedName);
  const found: Record<string, string> = {};
  for (const [path, value] of Object.entries(wanted)) {
    const before = (await readFile(path, 'utf8')).trim();
    if (before === value) continue;
    found[path] = before;
    await writeFile(path, value).catch((error: Error) => {
      throw new Error(`${path} must be ${value} for pods to be reached, but it cannot be written: ${error.message}`);
    });
  }
  if (Object.keys(found).length === 0) return;
  await mkdir(stateDir, { recursive: true });
  await writeFile(file, JSON.stringify(found));
}

async function restoreSysctls(stateDir: string): Promise<void> {
  const file = join(stateDir, savedName);
  const saved = await readFile(file, 'utf8').catch(() => undefined);
  if (saved === undefined) return;
  for (const [path, value] of Object.entries(JSON.parse(saved) as Record<string, string>))
    await writeFile(path, value).catch(() => {});
  await rm(file, { force: true });
}
