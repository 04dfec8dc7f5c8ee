/** The VolumeHost port over the machine's file system. */
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileType, VolumeHost } from '#kubelet/machine.ts';
import { writeAtomically } from '#host/volumes/atomic-writer.ts';
import { isMountPoint, mountFilesystem, mountTmpfs, unmountBelow } from '#host/volumes/mounts.ts';

export const volumeHost: VolumeHost = {
  async makeDirectory(path, mode) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    await chmod(path, mode);
  },

  async writePayload(directory, files, owner) {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    await chmod(directory, 0o777);
    await writeAtomically(directory, files, owner);
  },

  async mountTmpfs(path, sizeBytes) {
    if (isMountPoint(path)) return;
    await mountTmpfs(path, ['mode=0777', ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])]);
  },

  async mount(path, mounts) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    if (isMountPoint(path)) return;
    for (const mount of mounts) await mountFilesystem(path, mount);
  },

  async writeFile(path, text, mode) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(`${path}.new`, text);
    await chmod(`${path}.new`, mode);
    await rename(`${path}.new`, path);
  },

  fileType,

  setGroup,

  async resolveSubPath(volume, subPath) {
    const root = await realpath(volume);
    const path = await makeBelow(root, subPath);
    if (path !== root && !path.startsWith(`${root}/`))
      throw new Error(`failed to prepare subPath for volumeMount: "${subPath}" leaves its volume`);
    return path;
  },

  async removeTree(path) {
    await unmountBelow(path);
    await rm(path, { recursive: true, force: true });
  },

  async readTail(path, limitBytes) {
    try {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        const length = Math.min(size, limitBytes);
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
        return buffer;
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  },

  async diskUsage(path) {
    const { bsize, blocks, bavail } = await statfs(path);
    return { capacityBytes: bsize * blocks, availableBytes: bsize * bavail };
  },

  resolvConf: () => readFile('/etc/resolv.conf', 'utf8').catch(() => ''),
};

async function fileType(path: string): Promise<FileType | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'directory';
    if (found.isSocket()) return 'socket';
    if (found.isCharacterDevice()) return 'character';
    return found.isBlockDevice() ? 'block' : 'file';
  } catch {
    return undefined;
  }
}

async function setGroup(path: string, gid: number): Promise<void> {
  const found = await lstat(path);
  await lchown(path, found.uid, gid);
  if (found.isSymbolicLink()) return;
  await chmod(path, (found.mode & 0o7777) | (found.isDirectory() ? 0o2770 : 0o660));
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await setGroup(join(path, name), gid);
}

/** Goes down one name after the other with links resolved, so that a link out of the volume is found before it is used. */
async function makeBelow(root: string, subPath: string): Promise<string> {
  let path = root;
  for (const name of subPath.split('/').filter((part) => part !== '' && part !== '.')) {
    const next = join(path, name);
    const resolved = await realpath(next).catch(() => undefined);
    if (resolved === undefined) {
      const { mode, uid, gid } = await stat(path);
      await mkdir(next, { mode: 0o750 });
      await chmod(next, mode & 0o7777);
      await chown(next, uid, gid);
      path = next;
    } else path = resolved;
    if (path !== root && !path.startsWith(`${root}/`)) throw new Error(`subpath "${subPath}" not within volume path`);
  }
  return path;
}
