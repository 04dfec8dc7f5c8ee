/** The mount table: what is mounted below a folder, tmpfs on top of one, and its removal. Node has no mount(2): util-linux has. */
import { readFileSync } from 'node:fs';
import type { FilesystemMount } from '#kubelet/runtime.ts';
import { run } from '#host/process/run.ts';

/** Mount points at and below a folder, deepest first. */
export function mountsBelow(directory: string): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((point) => point === directory || point.startsWith(`${directory}/`));
  return points.sort((a, b) => b.length - a.length);
}

export function isMountPoint(path: string): boolean {
  return mountsBelow(path).includes(path);
}

export async function mountTmpfs(path: string, options: readonly string[]): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', ['nosuid', 'nodev', ...options].join(','), 'tmpfs', path]);
}

/** Rejects with mount(8)'s message. */
export async function mountFilesystem(path: string, { type, source, options }: FilesystemMount): Promise<void> {
  await run('mount', ['-t', type, '-o', options.join(','), source, path]);
}

/** Detached at once, even where something is still using it. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const point of mountsBelow(directory)) await run('umount', ['-l', point]).catch(() => undefined);
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
