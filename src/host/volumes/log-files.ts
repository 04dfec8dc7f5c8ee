/** The LogFiles port: reads by offset, growth by inotify. */
import { watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';
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

  watch(path, onChange) {
    try {
      const watcher = watch(path, { persistent: false }, onChange);
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } catch {
      return () => {};
    }
  },
};
