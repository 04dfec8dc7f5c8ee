/** `wheelhouse image build|import`: images for the node of a running cluster, without a registry. */
import { basename, resolve } from 'node:path';
import { Failure } from '#cmd/failure.ts';
import { runningStatus } from '#cmd/status.ts';
import { buildImage } from '#host/images/build.ts';
import { importImageBytes, importImageFile } from '#host/images/import.ts';

interface Flags {
  readonly dataDir?: string;
  readonly tag?: string;
}

function socketOf(flags: Flags): string {
  const { containerdSocket } = runningStatus(flags);
  if (containerdSocket === undefined)
    throw new Failure('the running cluster has no real node to give images to: start it with --node');
  return containerdSocket;
}

export async function buildFolder(flags: Flags, folder: string): Promise<void> {
  const socket = socketOf(flags);
  const directory = resolve(folder);
  const { archive, name } = await buildImage({ name: flags.tag ?? basename(directory), directory });
  await importImageBytes(socket, archive);
  process.stdout.write(`${name}\n`);
}

export async function importFile(flags: Flags, file: string): Promise<void> {
  for (const name of await importImageFile(socketOf(flags), resolve(file))) process.stdout.write(`${name}\n`);
}
