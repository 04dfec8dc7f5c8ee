/** The LogFiles port: reads by offset, growth by inotify. */
import { createReadStream, createWriteStream, watch } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { LogFiles } from '#kubelet/machine.ts';

export const logFiles: LogFiles = {
  async size(path) {
    try {
      return (await stat(path)).size;
    } catch {
      return undefined;
    }
  },

  async read(path, offset, limitBytes) {
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return new Uint8Array(0);
    try {
      const { size } = await file.stat();
      const length = Math.min(Math.max(size - offset, 0), limitBytes);
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },

  rename,

  async rotated(path) {
    const prefix = `${basename(path)}.`;
    const names = await readdir(dirname(path)).catch(() => []);
    return names
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => join(dirname(path), name));
  },

  async compress(path) {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o640 }));
    await rm(path);
  },

  remove: (path) => rm(path, { force: true }),

  watch(path, onChange) {
    // A log that is just being rotated is not there for a moment: its folder tells when it is.
    for (const target of [path, dirname(path)]) {
      try {
        const watcher = watch(target, { persistent: false }, onChange);
        watcher.on('error', () => watcher.close());
        return () => watcher.close();
      } catch {}
    }
    return () => {};
  },
};
