/** gzip at level 1 in the thread pool. */
import { createGzip, type Gzip as Compressor } from 'node:zlib';
import type { Gzip } from '#base/compression.ts';

export const gzip: Gzip = (chunks, release) => {
  const compressor = createGzip({ level: 1, chunkSize: 65_536 });
  // A failure of the source shows on the compressor, which is what the reader holds.
  feed(compressor, chunks, release).catch((error: unknown) => compressor.destroy(error as Error));
  return compressor as AsyncIterable<Uint8Array>;
};

/** One chunk at a time, each released when it is compressed. Stops when the reader does. */
async function feed(
  compressor: Compressor,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  release: ((chunk: Uint8Array) => void) | undefined,
): Promise<void> {
  let taken: (() => void) | undefined;
  compressor.once('close', () => taken?.());
  for await (const chunk of chunks) {
    if (compressor.destroyed) return;
    await new Promise<void>((resolve) => {
      taken = resolve;
      compressor.write(chunk, () => resolve());
    });
    if (compressor.destroyed) return;
    release?.(chunk);
  }
  compressor.end();
}
