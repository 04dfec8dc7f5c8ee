/**
 * Files of a volume, replaced as one: the data lies in a folder of its own, `..data` points to it, and each visible name
 * points through `..data`. Moving `..data` is one rename, so that a reader sees the old set or the new one.
 *
 *   ..2026_01_01_00_00_00.123/key   ..data → ..2026_01_01_00_00_00.123   key → ..data/key
 */
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Payload } from '#kubelet/volumes/payload.ts';

const dataLink = '..data';

/** Nothing is written when the files are the same already. */
export async function writeAtomically(
  directory: string,
  files: Payload,
  owner: { readonly gid?: number },
): Promise<void> {
  for (const { path } of files) assertInside(path);
  const current = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (current !== undefined && (await isSame(join(directory, current), files, owner))) return;
  const stamp = new Date().toISOString().replace(/[-:T]/g, '_').slice(0, 19);
  const fresh = await mkdtemp(join(directory, `..${stamp}.`));
  await chmod(fresh, 0o755);
  for (const file of files) await writeFileOf(fresh, file, owner);
  const name = fresh.slice(directory.length + 1);
  await symlink(name, join(directory, `${dataLink}_tmp`)).catch(async () => {
    await unlink(join(directory, `${dataLink}_tmp`));
    await symlink(name, join(directory, `${dataLink}_tmp`));
  });
  await rename(join(directory, `${dataLink}_tmp`), join(directory, dataLink));
  await linkNames(directory, files);
  if (current !== undefined) await rm(join(directory, current), { recursive: true, force: true });
}

async function writeFileOf(root: string, file: Payload[number], { gid }: { readonly gid?: number }): Promise<void> {
  const path = join(root, file.path);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, file.bytes);
  await chmod(path, modeOf(file, gid));
  if (gid !== undefined || file.uid !== undefined) await chown(path, file.uid ?? 0, gid ?? 0);
}

/** A group that owns the volume may read all of it. */
function modeOf(file: Payload[number], gid: number | undefined): number {
  return gid === undefined ? file.mode : file.mode | 0o440;
}

/** Visible names of files that are there get a link, those of files that went lose it. */
async function linkNames(directory: string, files: Payload): Promise<void> {
  const wanted = new Set(files.map(({ path }) => normalize(path).split('/')[0] as string));
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') && !wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
    else wanted.delete(name);
  }
  for (const name of wanted) await symlink(join(dataLink, name), join(directory, name));
}

async function isSame(directory: string, files: Payload, { gid }: { readonly gid?: number }): Promise<boolean> {
  const existing = (await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])).filter(
    (entry) => entry.isFile(),
  );
  if (existing.length !== files.length) return false;
  for (const file of files) {
    const path = join(directory, file.path);
    const stat = await lstat(path).catch(() => undefined);
    if (stat === undefined || (stat.mode & 0o7777) !== modeOf(file, gid) || stat.size !== file.bytes.length)
      return false;
    if (Buffer.compare(await readFile(path), file.bytes) !== 0) return false;
  }
  return true;
}

function assertInside(path: string): void {
  const parts = path.split('/');
  if (path.startsWith('/') || parts.includes('..') || parts[0]?.startsWith('..') === true)
    throw new Error(`invalid path: ${path}`);
}
