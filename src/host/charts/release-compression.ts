/** Gzip as Helm records releases with it: level 9, and a limit on what is unpacked. */
import { gunzipSync, gzipSync } from 'node:zlib';

export const releaseCompression = {
  gzip: (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { level: 9 }),
  /** Throws if more than `limitBytes` come out. */
  gunzip: (bytes: Uint8Array, limitBytes: number): Uint8Array => gunzipSync(bytes, { maxOutputLength: limitBytes }),
};
