/** Stored JSON taken apart by offset: list items and metadata, without parsing. See endpoint.ts for the layout. */
import type { Version } from '#storage/version.ts';
import { type Endpoint, servedBytes, servedObject } from '#apiserver/registry/endpoint.ts';

const encoder = new TextEncoder();
const metadataKey = encoder.encode('"metadata":');
const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Where the object's own fields begin, behind apiVersion and kind; 0 if the bytes are laid out in another way. */
export function itemOffset(endpoint: Endpoint, bytes: Uint8Array): number {
  const prefix = endpoint.storedPrefix;
  return endpoint.storedAs === undefined && startsWith(bytes, 0, prefix) ? prefix.length : 0;
}

/** `metadata` as it is stored: `{"resourceVersion":"7",…}`. */
export function metadataBytes(endpoint: Endpoint, version: Version): Uint8Array {
  const bytes = servedBytes(endpoint, version);
  const offset = itemOffset(endpoint, bytes);
  if (offset === 0 || !startsWith(bytes, offset, metadataKey))
    return encoder.encode(JSON.stringify(servedObject(endpoint, version).metadata));
  const start = offset + metadataKey.length;
  const end = (version.memo.metadataEnd ??= endOfObject(bytes, start));
  return bytes.subarray(start, end);
}

/** From an opening brace to behind the closing one. */
function endOfObject(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      i++;
      while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
    } else if (byte === openBrace) depth++;
    else if (byte === closeBrace && --depth === 0) return i + 1;
  }
  return bytes.length;
}

const revisionKey = encoder.encode('"metadata":{"resourceVersion":"');

/** The object of a version with a later revision: what a selector's DELETED carries. */
export function bytesAt(endpoint: Endpoint, version: Version, revision: number): Uint8Array {
  const bytes = servedBytes(endpoint, version);
  const offset = itemOffset(endpoint, bytes);
  if (offset === 0 || !startsWith(bytes, offset, revisionKey)) return printedAt(endpoint, version, revision);
  const at = offset + revisionKey.length;
  const rest = at + String(version.revision).length;
  const digits = encoder.encode(String(revision));
  const result = new Uint8Array(at + digits.length + bytes.length - rest);
  result.set(bytes.subarray(0, at));
  result.set(digits, at);
  result.set(bytes.subarray(rest), at + digits.length);
  return result;
}

function printedAt(endpoint: Endpoint, version: Version, revision: number): Uint8Array {
  const object = servedObject(endpoint, version);
  const metadata = { ...object.metadata, resourceVersion: String(revision) };
  return encoder.encode(JSON.stringify({ ...object, metadata }));
}
