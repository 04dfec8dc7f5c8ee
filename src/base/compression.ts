/** The port for gzip at level 1, off the main thread (host/compression.ts). Output chunks arrive as they are made. */
export type Gzip = (chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
