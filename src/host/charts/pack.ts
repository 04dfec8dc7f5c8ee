/** Files to a .tgz as Helm writes it: plain tar entries, and a gzip header that says so. */
import { crc32, deflateRawSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ArchiveFile } from '#host/charts/archive.ts';

const fileMode = 0o644;
/** Flags of the gzip header: an extra field and a comment follow. */
const hasExtraAndComment = 0x04 | 0x10;
const unknownSystem = 0xff;
const extra = '+aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=';
const comment = 'Helm';

/** Packs files in the given order, all of one age. */
export async function packArchive(files: readonly ArchiveFile[], modifiedMs: number): Promise<Uint8Array> {
  const tar = pack();
  const mtime = new Date(modifiedMs);
  for (const { name, data } of files) tar.entry({ name, mode: fileMode, mtime, uid: 0, gid: 0 }, Buffer.from(data));
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return gzip(Buffer.concat(chunks));
}

function gzip(data: Buffer): Uint8Array {
  const head = Buffer.from([0x1f, 0x8b, 8, hasExtraAndComment, 0, 0, 0, 0, 0, unknownSystem, extra.length, 0]);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(data), 0);
  tail.writeUInt32LE(data.length % 2 ** 32, 4);
  return Buffer.concat([head, Buffer.from(`${extra}${comment}\0`, 'latin1'), deflateRawSync(data), tail]);
}
