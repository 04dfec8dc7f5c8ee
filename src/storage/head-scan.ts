/**
 * What a head needs of an object's JSON, read without parsing the object: the fields of metadata are stepped over, and only
 * labels and owner references are parsed.
 */
import { skipSpace, skipString, skipValue } from '#storage/splice.ts';
import type { StoredObject } from '#storage/version.ts';

export type HeadMetadata = Pick<StoredObject['metadata'], 'uid' | 'labels' | 'ownerReferences'>;

const decoder = new TextDecoder();
const wanted = new Set(['uid', 'labels', 'ownerReferences']);
const longestWanted = 'ownerReferences'.length;
const closeBrace = 0x7d;

/** `from`: a place between the fields of metadata, or before its closing brace. */
export function scanHead(bytes: Uint8Array, from: number): HeadMetadata {
  const found: Record<string, unknown> = {};
  let at = skipSpace(bytes, from);
  while (at < bytes.length && bytes[at] !== closeBrace) {
    const behindKey = skipString(bytes, at);
    const start = skipSpace(bytes, skipSpace(bytes, behindKey) + 1);
    const end = skipValue(bytes, start);
    if (behindKey - at - 2 <= longestWanted) {
      const key = decoder.decode(bytes.subarray(at + 1, behindKey - 1));
      if (wanted.has(key)) found[key] = JSON.parse(decoder.decode(bytes.subarray(start, end)));
    }
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1);
  }
  return found as HeadMetadata;
}
