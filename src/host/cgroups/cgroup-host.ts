/** The CgroupHost port over /sys/fs/cgroup. */
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { CgroupHost } from '#kubelet/machine.ts';
import { cgroupFolders, cgroupVersion, cgroupWrites, delegationWrites } from '#host/cgroups/cgroup-tree.ts';

const removeAttempts = 10;

/** Limits that the machine does not let us set are said once in the log and left out. */
export function createCgroupHost(log: Logger): CgroupHost {
  const version = cgroupVersion(readFileSync('/proc/self/mountinfo', 'utf8'));
  const warned = new Set<string>();
  const write = async (path: string, value: string): Promise<void> => {
    try {
      await writeFile(path, value);
    } catch (error) {
      const file = path.slice(path.lastIndexOf('/') + 1);
      if (!warned.has(file))
        log.warn('a cgroup limit cannot be set on this machine', { path, error: errorMessage(error) });
      warned.add(file);
    }
  };
  return {
    async ensure(path, values) {
      for (const folder of cgroupFolders(version, path)) await mkdir(folder, { recursive: true });
      if (version === 2) for (const { path: file, value } of delegationWrites(path)) await write(file, value);
      for (const { path: file, value } of cgroupWrites(version, path, values)) await write(file, value);
    },
    async remove(path) {
      for (const folder of await existingFolders(path)) await removeFolder(folder);
    },
  };
}

/** The runtime makes the cgroup in every hierarchy, not only in those that we set. */
async function existingFolders(path: string): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const hierarchies = (await readdir(root, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, name));
  return [root, ...hierarchies].map((hierarchy) => hierarchy + path);
}

/** Deepest first; a cgroup whose processes are just ending is tried again. */
async function removeFolder(folder: string): Promise<void> {
  const children = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (children === undefined) return;
  for (const child of children) if (child.isDirectory()) await removeFolder(join(folder, child.name));
  for (let attempt = 0; attempt < removeAttempts; attempt++) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
      await delay(10 * (attempt + 1));
    }
  }
}
