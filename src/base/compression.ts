/**
 * The port for gzip at level 1, off the main thread (host/compression.ts). Output chunks arrive as they are made.
 * `release` is called with each input chunk that is not needed any more.
 */
export type Gzip = (
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  release?: (chunk: Uint8Array) => void,
) => AsyncIterable<Uint8Array>;
