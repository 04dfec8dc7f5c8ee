/** Node's duplex streams (sockets, http2 streams) as the house's Duplex. */
import type { Duplex as NodeDuplex } from 'node:stream';
import type { Duplex } from '#base/streams.ts';

export function socketDuplex(stream: NodeDuplex): Duplex {
  stream.on('error', () => {});
  return {
    readable: stream as AsyncIterable<Uint8Array>,
    write: (chunk) => writeChunk(stream, chunk),
    end: () => void stream.end(),
    destroy: (error) => void stream.destroy(error),
  };
}

/** Resolves when the stream takes more; rejects when it is broken. */
export function writeChunk(stream: NodeDuplex, chunk: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return Promise.reject(new Error('the connection is closed'));
  if (stream.write(chunk)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stream.off('drain', settle);
      stream.off('close', settle);
      if (stream.destroyed) reject(new Error('the connection is closed'));
      else resolve();
    };
    stream.once('drain', settle);
    stream.once('close', settle);
  });
}
