/** `wheelhouse image import FILE`: OCI and docker archives into containerd's store, by containerd's own ctr. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '#host/process/run.ts';

/** Resolves with the names that the archive brought. */
export async function importImageFile(socketPath: string, file: string): Promise<string[]> {
  await access(file);
  const out = await run('ctr', ['-a', socketPath, '-n', 'k8s.io', 'images', 'import', file]).catch((error: Error) => {
    throw new Error(`${file} is no OCI or docker archive that containerd takes (${lastWords(error.message)})`);
  });
  return [...out.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1] as string);
}

/** `ctr: unexpected EOF` out of the whole command line. */
function lastWords(message: string): string {
  return message.slice(message.lastIndexOf('ctr: ') + 'ctr: '.length).trim();
}

export async function importImageBytes(socketPath: string, archive: Uint8Array): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'wheelhouse-image-'));
  try {
    const file = join(directory, 'image.tar');
    await writeFile(file, archive);
    return await importImageFile(socketPath, file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
