/** Chart archives: .tgz to files, with Helm's limits and its refusals of paths that lead out of the chart. */
import { posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Header } from 'tar-stream';

/** Limits of Helm: 100 MiB unpacked in all, 5 MiB a file. */
export const maxChartBytes = 100 * 1024 * 1024;
export const maxChartFileBytes = 5 * 1024 * 1024;

/** A file of an archive, named below its first folder. */
export interface ArchiveFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** An archive that is refused; the message is Helm's. */
export class ArchiveError extends Error {
  override name = 'ArchiveError';
}

/**
 * Unpacks a chart archive. Rejects with {@link ArchiveError}.
 * Deviation: an archive whose checksum is wrong or that ends within a file is refused; Helm reads what there is of it.
 */
export async function unpackChart(archive: Uint8Array): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  let total = 0;
  const { extract } = await import('tar-stream');
  const tar = extract();
  tar.end(gunzip(archive));
  try {
    for await (const entry of tar) {
      const { header } = entry;
      const name = fileName(header);
      total += header.size ?? 0;
      checkSize(header, total);
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      if (name !== undefined) files.push({ name, data: withoutMark(Buffer.concat(chunks)) });
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : new ArchiveError(tarMessage(error as Error));
  }
  if (files.length === 0) throw new ArchiveError('no files in chart archive');
  return files;
}

function tarMessage({ message }: Error): string {
  return /end of data/i.test(message) ? 'unexpected EOF' : 'archive/tar: invalid tar header';
}

function gunzip(archive: Uint8Array): Buffer {
  try {
    return gunzipSync(archive, { maxOutputLength: maxChartBytes + 10 * 1024 * 1024 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new ArchiveError(`decompressed chart is larger than the maximum file size ${maxChartBytes}`);
    if (code !== 'Z_DATA_ERROR') throw new ArchiveError('unexpected EOF');
    if (message === 'incorrect header check') throw new ArchiveError('gzip: invalid header');
    throw new ArchiveError(message === 'incorrect data check' ? 'gzip: invalid checksum' : 'flate: corrupt input');
  }
}

function checkSize(header: Header, total: number): void {
  if (total >= maxChartBytes)
    throw new ArchiveError(`decompressed chart is larger than the maximum file size ${maxChartBytes}`);
  if ((header.size ?? 0) > maxChartFileBytes) {
    const name = JSON.stringify(header.name);
    throw new ArchiveError(`decompressed chart file ${name} is larger than the maximum file size ${maxChartFileBytes}`);
  }
}

/** The path below the archive's folder; undefined for what is no file. */
function fileName(header: Header): string | undefined {
  if (header.type === 'directory') return undefined;
  const delimiter = header.name.includes('\\') ? '\\' : '/';
  const parts = header.name.split(delimiter);
  const below = parts.slice(1).join('/');
  if (below.startsWith('/')) throw new ArchiveError('chart illegally contains absolute paths');
  const name = posix.normalize(below);
  if (name === '.')
    throw new ArchiveError(
      `chart illegally contains content outside the base directory: ${JSON.stringify(header.name)}`,
    );
  if (name.startsWith('..')) throw new ArchiveError('chart illegally references parent directory');
  if (/^[a-zA-Z]:\//.test(name)) throw new ArchiveError('chart contains illegally named files');
  if (parts[0] === 'Chart.yaml') throw new ArchiveError('chart yaml not in base directory');
  return name;
}

/** Without a leading byte order mark. */
export function withoutMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}
