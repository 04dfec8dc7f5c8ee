/** gzip at level 1 in the thread pool. */
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Gzip } from '#base/compression.ts';

export const gzip: Gzip = (chunks) => {
  const compressor = createGzip({ level: 1, chunkSize: 65_536 });
  // A failure of the source, or a reader that stops early, shows on the compressor, which is what the reader holds.
  pipeline(Readable.from(chunks, { objectMode: false }), compressor, () => {});
  return compressor as AsyncIterable<Uint8Array>;
};
