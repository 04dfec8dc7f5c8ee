/** A release as the text in a record: base64 of gzip of Helm's JSON. Old records may lack the gzip. */
import { fromBase64, toBase64 } from '#platform/charts/base64.ts';
import { encodeRelease } from '#platform/charts/release-json.ts';
import { decodeRelease } from '#platform/charts/release-read.ts';
import type { Release } from '#platform/charts/release.ts';

/** The port for gzip; {@link Compression.gunzip} rejects what would become larger than `limitBytes`. */
export interface Compression {
  gzip(bytes: Uint8Array): Uint8Array;
  gunzip(bytes: Uint8Array, limitBytes: number): Uint8Array;
}

const maxReleaseBytes = 512 * 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text of a record. */
export function packRelease(release: Release, compression: Compression): string {
  return toBase64(compression.gzip(encoder.encode(encodeRelease(release))));
}

/** The release in a record's text. Throws if it is none. */
export function unpackRelease(
  text: string,
  labels: Readonly<Record<string, string>>,
  compression: Compression,
): Release {
  const bytes = fromBase64(text);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
  return decodeRelease(decoder.decode(isGzip ? compression.gunzip(bytes, maxReleaseBytes) : bytes), labels);
}
