/**
 * `wheelhouse image build DIR`: an OCI archive from a folder on top of the distribution's busybox, without a registry.
 * The folder's files become the root of the image; `image.json` in it may hold the config (Cmd, Env, WorkingDir …) and is
 * left out. busybox and a link per applet are added unless `busybox` is false.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type OciConfig, normalizeReference, ociImage } from '#wire/oci/image.ts';

export interface BuildOptions {
  readonly name: string;
  /** Undefined: nothing but busybox. */
  readonly directory?: string;
  readonly config?: OciConfig;
  /** Path of a static busybox; undefined: the one of the distribution. */
  readonly busybox?: string | false;
}

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly bytes?: Buffer;
  readonly target?: string;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The bytes of an OCI archive; reproducible: times are zero and names sorted. */
export async function buildImage(options: BuildOptions): Promise<{ archive: Buffer; name: string; digest: string }> {
  const entries = new Map<string, Entry>();
  if (options.busybox !== false) await addBusybox(entries, options.busybox ?? '/bin/busybox');
  let config = options.config ?? {};
  if (options.directory !== undefined) {
    await addDirectory(entries, options.directory, '');
    const own = entries.get('image.json');
    if (own?.bytes !== undefined) config = { ...(JSON.parse(own.bytes.toString('utf8')) as OciConfig), ...config };
    entries.delete('image.json');
  }
  const tar = await tarOf([...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
  const name = normalizeReference(options.name);
  const image = ociImage(
    {
      name,
      layer: gzipSync(tar, { level: 6 }),
      diffId: `sha256:${sha256(tar)}`,
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      config: {
        Env: [defaultPath],
        ...(config.Entrypoint === undefined && config.Cmd === undefined ? { Cmd: ['/bin/sh'] } : {}),
        ...config,
      },
    },
    sha256,
  );
  const archive = await tarOf(
    image.files.map((file) => ({
      name: file.path,
      mode: 0o644,
      type: 'file' as const,
      bytes: Buffer.from(file.bytes),
    })),
  );
  return { archive, name, digest: image.digest };
}

/** The sandbox image: busybox that sleeps. */
export function buildPauseImage(name: string): Promise<{ archive: Buffer; name: string; digest: string }> {
  return buildImage({ name, config: { Entrypoint: ['/bin/busybox', 'sleep', 'infinity'], User: '65535:65535' } });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function addBusybox(entries: Map<string, Entry>, path: string): Promise<void> {
  const bytes = await readFile(path);
  const add = (entry: Entry): void => void entries.set(entry.name, entry);
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'root', 'usr', 'usr/bin', 'usr/sbin', 'sbin', 'var'])
    add({ name, mode: 0o755, type: 'directory' });
  for (const name of ['tmp', 'var/tmp']) add({ name, mode: 0o1777, type: 'directory' });
  add({ name: 'bin/busybox', mode: 0o755, type: 'file', bytes });
  for (const applet of applets(path)) {
    if (applet !== 'bin/busybox') add({ name: applet, mode: 0o777, type: 'symlink', target: '/bin/busybox' });
  }
  add({
    name: 'etc/passwd',
    mode: 0o644,
    type: 'file',
    bytes: Buffer.from('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
  });
  add({ name: 'etc/group', mode: 0o644, type: 'file', bytes: Buffer.from('root:x:0:\nnogroup:x:65534:\n') });
}

function applets(busybox: string): string[] {
  const answer = spawnSync(busybox, ['--list-full'], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.split('\n').filter((line) => line !== '' && line !== 'linuxrc') : [];
}

async function addDirectory(entries: Map<string, Entry>, directory: string, prefix: string): Promise<void> {
  for (const child of (await readdir(directory)).sort()) {
    const path = join(directory, child);
    const name = prefix + child;
    const stat = await lstat(path);
    const mode = stat.mode & 0o7777;
    if (stat.isDirectory()) {
      entries.set(name, { name, mode, type: 'directory' });
      await addDirectory(entries, path, `${name}/`);
    } else if (stat.isSymbolicLink())
      entries.set(name, { name, mode: 0o777, type: 'symlink', target: await readlink(path) });
    else if (stat.isFile()) entries.set(name, { name, mode, type: 'file', bytes: await readFile(path) });
  }
}

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  const mtime = new Date(0);
  for (const entry of entries) {
    if (entry.type === 'file')
      tar.entry({ name: entry.name, mode: entry.mode, mtime, type: 'file' }, entry.bytes ?? Buffer.alloc(0));
    else if (entry.type === 'directory')
      tar.entry({ name: `${entry.name}/`, mode: entry.mode, mtime, type: 'directory' });
    else tar.entry({ name: entry.name, mode: entry.mode, mtime, type: 'symlink', linkname: entry.target ?? '' });
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
