/** Files of the machine with Go's messages, and writes that are seen whole or not at all. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ChartError } from '#platform/charts/chart.ts';

/** Reads a file. Throws {@link ChartError}: `open x: no such file or directory`. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ChartError(fileMessage('open', path, error));
  }
}

/** Go's words for an error of the file system. */
export function fileMessage(verb: string, path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return `read ${path}: is a directory`;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    ENOTDIR: 'not a directory',
    EEXIST: 'file exists',
    ENOSPC: 'no space left on device',
    EROFS: 'read-only file system',
  };
  const reason = reasons[code ?? ''];
  return reason === undefined ? message : `${verb} ${path}: ${reason}`;
}

/** The text of a file; undefined if there is none. Throws {@link ChartError} for any other reason. */
export function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ChartError(fileMessage('open', path, error));
  }
}

/** Writes beside the file and renames: a reader never sees half of it. The folder must exist. Throws {@link ChartError}. */
export function writeWhole(path: string, data: Uint8Array | string, mode = 0o644): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, data, { mode });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new ChartError(fileMessage('open', path, error));
  }
}

/** Makes the folder of a file, and those above it. */
export function makeFolderOf(path: string): void {
  makeFolder(dirname(path));
}

/** Makes a folder, and those above it. Throws {@link ChartError}. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new ChartError(fileMessage('mkdir', path, error));
  }
}
