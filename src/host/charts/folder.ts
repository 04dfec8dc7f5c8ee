/** A chart's folder to files: symbolic links are followed, what the ignore rules name is left out, names are sorted. */
import { lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ArchiveError, maxChartFileBytes, withoutMark } from '#host/charts/archive.ts';
import type { ArchiveFile } from '#host/charts/archive.ts';

/** How a folder is read. */
export interface FolderOptions {
  /** Makes the rules of the text of .helmignore (empty if there is none). */
  ignore(text: string): (path: string, kind: 'file' | 'folder') => boolean;
  warn(message: string): void;
}

/** Reads all files of a chart's folder. Throws {@link ArchiveError} or the file system's error. */
export function readChartFolder(folder: string, options: FolderOptions): ArchiveFile[] {
  const root = resolve(folder);
  const rules = options.ignore(ignoreText(root));
  const files: ArchiveFile[] = [];
  const visit = (path: string, name: string, info: Stats): void => {
    if (info.isSymbolicLink()) {
      const target = linkTarget(path);
      options.warn(
        `found symbolic link in path: ${path} resolves to ${target}. Contents of linked file included and used`,
      );
      visit(path, name, lstatSync(target));
    } else if (info.isDirectory()) {
      if (name !== '' && rules(name, 'folder')) return;
      for (const entry of readdirSync(path).sort(byBytes))
        visit(join(path, entry), name === '' ? entry : `${name}/${entry}`, lstatSync(join(path, entry)));
    } else if (!rules(name, 'file')) {
      files.push({ name, data: readChartFile(path, info) });
    }
  };
  visit(root, '', lstatSync(realpathSync(root)));
  return files;
}

function linkTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code, path: missing = path, message } = error as NodeJS.ErrnoException;
    const place = code === 'ENOENT' && missing === path ? resolve(dirname(path), readlinkSync(path)) : missing;
    const reason = code === 'ENOENT' ? `lstat ${place}: no such file or directory` : message;
    throw new ArchiveError(`error evaluating symlink ${path}: ${reason}`);
  }
}

function ignoreText(root: string): string {
  try {
    return readFileSync(join(root, '.helmignore'), 'utf8');
  } catch {
    return '';
  }
}

function readChartFile(path: string, info: Stats): Uint8Array {
  if (!info.isFile()) throw new ArchiveError(`cannot load irregular file ${path} as it has file mode type bits set`);
  if (info.size > maxChartFileBytes) {
    const name = JSON.stringify(basename(path));
    throw new ArchiveError(`chart file ${name} is larger than the maximum file size ${maxChartFileBytes}`);
  }
  return withoutMark(readFileSync(path));
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
