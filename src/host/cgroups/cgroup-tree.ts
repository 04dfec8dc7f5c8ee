/** Which files of a cgroup hierarchy say what, for v1 and v2; pure, so that both are tested by tables. */
import type { CgroupValues } from '#kubelet/machine.ts';

export interface CgroupWrite {
  readonly path: string;
  readonly value: string;
}
export type CgroupVersion = 1 | 2;

const root = '/sys/fs/cgroup';
const controllersV1 = ['cpu', 'memory', 'pids'] as const;

/** From /proc/self/mountinfo: v2 if that is all there is at /sys/fs/cgroup. */
export function cgroupVersion(mountInfo: string): CgroupVersion {
  return mountInfo.split('\n').some((line) => line.includes(` ${root} `) && line.includes(' - cgroup2 ')) ? 2 : 1;
}

/** The folders that a cgroup is made of. */
export function cgroupFolders(version: CgroupVersion, path: string): string[] {
  return version === 2 ? [root + path] : controllersV1.map((controller) => `${root}/${controller}${path}`);
}

export function cgroupWrites(version: CgroupVersion, path: string, values: CgroupValues): CgroupWrite[] {
  const writes: CgroupWrite[] = [];
  const add = (controller: string, file: string, value: string | number): void => {
    writes.push({
      path: version === 2 ? `${root}${path}/${file}` : `${root}/${controller}${path}/${file}`,
      value: String(value),
    });
  };
  if (version === 2) {
    if (values.cpuShares !== undefined) add('cpu', 'cpu.weight', cpuWeight(values.cpuShares));
    if (values.cpuQuota !== undefined)
      add('cpu', 'cpu.max', `${values.cpuQuota < 0 ? 'max' : values.cpuQuota} ${values.cpuPeriod ?? 100_000}`);
    if (values.memoryLimitBytes !== undefined) add('memory', 'memory.max', values.memoryLimitBytes);
    if (values.pidsLimit !== undefined) add('pids', 'pids.max', values.pidsLimit);
    return writes;
  }
  if (values.cpuShares !== undefined) add('cpu', 'cpu.shares', values.cpuShares);
  if (values.cpuPeriod !== undefined) add('cpu', 'cpu.cfs_period_us', values.cpuPeriod);
  if (values.cpuQuota !== undefined) add('cpu', 'cpu.cfs_quota_us', values.cpuQuota);
  if (values.memoryLimitBytes !== undefined) add('memory', 'memory.limit_in_bytes', values.memoryLimitBytes);
  if (values.pidsLimit !== undefined) add('pids', 'pids.max', values.pidsLimit);
  return writes;
}

/** v2: each folder on the way down must hand its controllers on. */
export function delegationWrites(path: string): CgroupWrite[] {
  const writes: CgroupWrite[] = [];
  const names = path.split('/').filter((name) => name !== '');
  for (let depth = 0; depth < names.length; depth++) {
    const folder = [root, ...names.slice(0, depth)].join('/');
    writes.push({ path: `${folder}/cgroup.subtree_control`, value: '+cpu +memory +pids' });
  }
  return writes;
}

/** 2…262144 shares onto 1…10000, as runc does. */
function cpuWeight(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}
