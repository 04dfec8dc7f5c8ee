/** `wheelhouse doctor`: what this machine has for running containers, one line each, and what to do about what is missing. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from '#cmd/instance.ts';

export interface Finding {
  readonly what: string;
  readonly isFine: boolean;
  /** For what is missing: without it no real node can run. */
  readonly isNeeded: boolean;
  readonly advice?: string;
}

/** Everything that was looked at. */
export function examine(): Finding[] {
  return [
    need('Linux', process.platform === 'linux', 'containers need Linux; simulated nodes work everywhere'),
    need('root', isRoot(), 'run as root for a real node; without it nodes are simulated'),
    need('containerd', onPath('containerd'), 'apt-get install containerd'),
    need('runc', onPath('runc'), 'apt-get install runc'),
    need('CNI plugins ptp and host-local', hasCniPlugins(), 'apt-get install containernetworking-plugins'),
    need('nft', onPath('nft'), 'apt-get install nftables'),
    need('ip', onPath('ip'), 'apt-get install iproute2'),
    need('cgroups', cgroupVersion() !== undefined, 'mount the cgroup hierarchy'),
    need('overlayfs', hasFilesystem('overlay'), 'the kernel needs overlayfs'),
    wish(
      'conntrack',
      onPath('conntrack'),
      'apt-get install conntrack: stale UDP flows of removed endpoints are dropped by it',
    ),
    wish(
      'static busybox',
      existsSync('/bin/busybox'),
      'apt-get install busybox-static: wheelhouse image build and the pause image start from it',
    ),
    wish(
      'address forwarding can be switched on',
      isWritable('/proc/sys/net/ipv4/ip_forward'),
      'net.ipv4.ip_forward must be 1',
    ),
  ];
}

/** The first thing that keeps a real node from running here; undefined: it can. */
export function obstacle(): string | undefined {
  const missing = examine().filter((finding) => finding.isNeeded && !finding.isFine);
  if (missing.length === 0) return undefined;
  return missing.map((finding) => `${finding.what} is missing`).join(', ');
}

export async function doctor(_flags: { readonly dataDir?: string }): Promise<void> {
  const findings = examine();
  const width = Math.max(...findings.map((finding) => finding.what.length));
  for (const { what, isFine, isNeeded, advice } of findings) {
    const verdict = isFine ? 'ok' : isNeeded ? 'MISSING' : 'missing';
    process.stdout.write(`${what.padEnd(width)}  ${verdict}${isFine || advice === undefined ? '' : `: ${advice}`}\n`);
  }
  const version = cgroupVersion();
  if (version !== undefined) process.stdout.write(`${'cgroup version'.padEnd(width)}  ${version}\n`);
  const cause = obstacle();
  process.stdout.write(
    cause === undefined ? 'a real node can run here\n' : `no real node can run here (${cause}): nodes are simulated\n`,
  );
}

const need = (what: string, isFine: boolean, advice: string): Finding => ({ what, isFine, isNeeded: true, advice });
const wish = (what: string, isFine: boolean, advice: string): Finding => ({ what, isFine, isNeeded: false, advice });

export function onPath(command: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function hasCniPlugins(): boolean {
  return ['/usr/lib/cni', '/opt/cni/bin'].some(
    (folder) => existsSync(join(folder, 'ptp')) && existsSync(join(folder, 'host-local')),
  );
}

/** 1, 2, or 'hybrid' where controllers of version 1 stand beside a unified tree. */
export function cgroupVersion(): string | undefined {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return '2';
  if (existsSync('/sys/fs/cgroup/cpu') || existsSync('/sys/fs/cgroup/cpu,cpuacct'))
    return existsSync('/sys/fs/cgroup/unified') ? '1 (hybrid)' : '1';
  return undefined;
}

function hasFilesystem(name: string): boolean {
  try {
    return readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes(name) || existsSync(`/sys/module/${name}`);
  } catch {
    return false;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
