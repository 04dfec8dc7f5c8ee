/**
 * What is wanted of an object's metadata, read from its JSON without parsing the object: fields are stepped over, and only
 * those asked for are parsed.
 */
import { skipSpace, skipString, skipValue } from '#storage/splice.ts';
import type { StoredObject } from '#storage/version.ts';

export type HeadMetadata = Pick<StoredObject['metadata'], 'uid' | 'labels' | 'ownerReferences'>;

/** Offsets of one field: its key from the opening quote on, its value, and what follows behind white space. */
interface Field {
  readonly key: number;
  readonly keyEnd: number;
  readonly value: number;
  readonly valueEnd: number;
  readonly behind: number;
}

const decoder = new TextDecoder();
const wanted = new Set(['uid', 'labels', 'ownerReferences']);
const longestWanted = 'ownerReferences'.length;
const managedFields = new TextEncoder().encode('"managedFields"');
const comma = 0x2c;
const closeBrace = 0x7d;

/** `from`: a place between the fields of metadata, or before its closing brace. */
export function scanHead(bytes: Uint8Array, from: number): HeadMetadata {
  const found: Record<string, unknown> = {};
  for (let field = fieldAt(bytes, from); field !== undefined; field = fieldAt(bytes, behindComma(bytes, field))) {
    const { key, keyEnd, value, valueEnd } = field;
    if (keyEnd - key - 2 > longestWanted) continue;
    const name = decoder.decode(bytes.subarray(key + 1, keyEnd - 1));
    if (wanted.has(name)) found[name] = JSON.parse(decoder.decode(bytes.subarray(value, valueEnd)));
  }
  return found as HeadMetadata;
}

export interface ManagedFieldsRange {
  readonly value: number;
  readonly valueEnd: number;
  /** What to leave out so that the rest is JSON without the field. */
  readonly cut: number;
  readonly cutEnd: number;
}

/** Where managedFields are. `from`: a place behind another field of metadata and its comma. */
export function findManagedFields(bytes: Uint8Array, from: number): ManagedFieldsRange | undefined {
  for (let field = fieldAt(bytes, from); field !== undefined; field = fieldAt(bytes, behindComma(bytes, field))) {
    const { key, keyEnd, value, valueEnd, behind } = field;
    if (keyEnd - key !== managedFields.length || !isManagedFields(bytes, key)) continue;
    if (bytes[behind] === comma) return { value, valueEnd, cut: key, cutEnd: behind + 1 };
    return { value, valueEnd, cut: bytes.lastIndexOf(comma, key), cutEnd: valueEnd };
  }
  return undefined;
}

function isManagedFields(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < managedFields.length; i++) if (bytes[at + i] !== managedFields[i]) return false;
  return true;
}

function fieldAt(bytes: Uint8Array, from: number): Field | undefined {
  const key = skipSpace(bytes, from);
  if (key >= bytes.length || bytes[key] === closeBrace) return undefined;
  const keyEnd = skipString(bytes, key);
  const value = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1);
  const valueEnd = skipValue(bytes, value);
  return { key, keyEnd, value, valueEnd, behind: skipSpace(bytes, valueEnd) };
}

function behindComma(bytes: Uint8Array, { behind }: Field): number {
  return bytes[behind] === comma ? behind + 1 : behind;
}
