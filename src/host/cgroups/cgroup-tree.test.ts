import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupFolders, cgroupVersion, cgroupWrites, delegationWrites } from '#host/cgroups/cgroup-tree.ts';

const unified = '30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const hybrid = [
  '31 25 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
  '32 31 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu',
  '33 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
].join('\n');
const values = { cpuShares: 1024, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimitBytes: 1 << 30, pidsLimit: 100 };

test('the version is told by what is mounted at the root', () => {
  assert.equal(cgroupVersion(unified), 2);
  assert.equal(cgroupVersion(hybrid), 1);
});

test('v1: a folder per controller, the values in their files', () => {
  assert.deepEqual(cgroupFolders(1, '/w/pod1'), [
    '/sys/fs/cgroup/cpu/w/pod1',
    '/sys/fs/cgroup/memory/w/pod1',
    '/sys/fs/cgroup/pids/w/pod1',
  ]);
  assert.deepEqual(
    cgroupWrites(1, '/w/pod1', values).map(({ path, value }) => `${path.replace('/sys/fs/cgroup', '')}=${value}`),
    [
      '/cpu/w/pod1/cpu.shares=1024',
      '/cpu/w/pod1/cpu.cfs_period_us=100000',
      '/cpu/w/pod1/cpu.cfs_quota_us=50000',
      '/memory/w/pod1/memory.limit_in_bytes=1073741824',
      '/pids/w/pod1/pids.max=100',
    ],
  );
});

test('v2: one folder, weights instead of shares, controllers handed down', () => {
  assert.deepEqual(
    cgroupWrites(2, '/w/pod1', values).map(({ path, value }) => `${path.replace('/sys/fs/cgroup', '')}=${value}`),
    ['/w/pod1/cpu.weight=39', '/w/pod1/cpu.max=50000 100000', '/w/pod1/memory.max=1073741824', '/w/pod1/pids.max=100'],
  );
  assert.deepEqual(
    delegationWrites('/w/pod1').map(({ path }) => path),
    ['/sys/fs/cgroup/cgroup.subtree_control', '/sys/fs/cgroup/w/cgroup.subtree_control'],
  );
});
