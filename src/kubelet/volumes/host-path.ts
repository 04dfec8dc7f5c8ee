/** hostPath volumes: the type that is asked for is checked, or made, before a container sees the path. */
import type { HostPathVolumeSource } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { FileType, VolumeHost } from '#kubelet/machine.ts';

const wanted: Readonly<Record<string, { readonly type: FileType; readonly text: string }>> = {
  Directory: { type: 'directory', text: 'a directory' },
  File: { type: 'file', text: 'a file' },
  Socket: { type: 'socket', text: 'a socket file' },
  CharDevice: { type: 'character', text: 'a character device' },
  BlockDevice: { type: 'block', text: 'a block device' },
};

/** Resolves with the path; rejects with upstream's `hostPath type check failed: …`. */
export async function checkHostPath(host: VolumeHost, source: DeepReadonly<HostPathVolumeSource>): Promise<string> {
  const { path } = source;
  const type = source.type ?? '';
  if (type === '') return path;
  const found = await host.fileType(path);
  if (type === 'DirectoryOrCreate') {
    if (found === undefined) await host.makeDirectory(path, 0o755);
    else if (found !== 'directory') throw new Error(`hostPath type check failed: ${path} is not a directory`);
    return path;
  }
  if (type === 'FileOrCreate') {
    if (found === undefined) await host.writeFile(path, '', 0o644);
    else if (found !== 'file') throw new Error(`hostPath type check failed: ${path} is not a file`);
    return path;
  }
  const check = wanted[type];
  if (check === undefined) throw new Error(`hostPath type check failed: ${type} is an invalid volume type`);
  if (found !== check.type) throw new Error(`hostPath type check failed: ${path} is not ${check.text}`);
  return path;
}
