/**
 * The bytes of a record, in a batch and on disk. A batch is one buffer of
 *
 *     revision f64 | previous f64 | length u32 | record
 *
 * and a record, which is what a row of the log holds, is
 *
 *     crc32 u32 | flags u8 | written at f64 | lengths of collection, namespace and name, u16 each | the three | JSON
 *
 * all little-endian. `previous` is the revision that this one supersedes, 0 for none. The checksum covers revision, previous
 * and everything behind itself; the worker computes it, so that the main thread only copies.
 */
import { crc32 } from 'node:zlib';
import type { RecordKey, StoredRecord } from '#storage/backend.ts';

export const FRAME_BYTES = 20;
const HEADER_BYTES = 19;
const DELETION = 1;
const VOLATILE = 2;

/** A record to encode. */
export interface BatchEntry {
  readonly key: RecordKey;
  readonly revision: number;
  readonly previous: number;
  readonly bytes: Uint8Array | undefined;
  readonly volatile: boolean;
  readonly writtenAtMs: number;
}

/** One buffer that nothing else uses, to be transferred. */
export function encodeBatch(entries: readonly BatchEntry[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { key, bytes } of entries) {
    size +=
      FRAME_BYTES +
      HEADER_BYTES +
      3 * (key.collection.length + key.namespace.length + key.name.length) +
      (bytes?.length ?? 0);
  }
  const buffer = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  for (const entry of entries) at = encodeEntry(buffer, at, entry);
  return buffer.subarray(0, at);
}

function encodeEntry(buffer: Buffer<ArrayBuffer>, start: number, entry: BatchEntry): number {
  const { key, bytes } = entry;
  buffer.writeDoubleLE(entry.revision, start);
  buffer.writeDoubleLE(entry.previous, start + 8);
  const record = start + FRAME_BYTES;
  buffer[record + 4] = (bytes === undefined ? DELETION : 0) | (entry.volatile ? VOLATILE : 0);
  buffer.writeDoubleLE(entry.writtenAtMs, record + 5);
  let at = record + HEADER_BYTES;
  at = encodeText(buffer, at, { text: key.collection, lengthAt: record + 13 });
  at = encodeText(buffer, at, { text: key.namespace, lengthAt: record + 15 });
  at = encodeText(buffer, at, { text: key.name, lengthAt: record + 17 });
  if (bytes !== undefined) {
    buffer.set(bytes, at);
    at += bytes.length;
  }
  buffer.writeUInt32LE(at - record, start + 16);
  return at;
}

function encodeText(buffer: Buffer, at: number, field: { text: string; lengthAt: number }): number {
  const length = buffer.write(field.text, at, 'utf8');
  buffer.writeUInt16LE(length, field.lengthAt);
  return at + length;
}

/** A record within a batch, its bytes a view. */
export interface Frame {
  readonly revision: number;
  readonly previous: number;
  readonly record: Uint8Array;
}

export function* framesOf(batch: Uint8Array): Generator<Frame> {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at < batch.length; ) {
    const length = view.getUint32(at + 16, true);
    const record = batch.subarray(at + FRAME_BYTES, at + FRAME_BYTES + length);
    yield { revision: view.getFloat64(at, true), previous: view.getFloat64(at + 8, true), record };
    at += FRAME_BYTES + length;
  }
}

const numbers = Buffer.alloc(16);

/** The checksum that belongs into the first four bytes of `record`. */
export function checksum({ revision, previous, record }: Frame): number {
  numbers.writeDoubleLE(revision, 0);
  numbers.writeDoubleLE(previous, 8);
  return crc32(record.subarray(4), crc32(numbers));
}

export function isDeletion(record: Uint8Array): boolean {
  return ((record[4] as number) & DELETION) !== 0;
}

/** Reads a batch of records that are not deletions. Their bytes are views of the batch. */
export function* decodeRecords(batch: Uint8Array): Generator<StoredRecord> {
  const buffer = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
  let collection = '';
  let namespace = '';
  for (let at = 0; at < buffer.length; ) {
    const revision = buffer.readDoubleLE(at);
    const record = at + FRAME_BYTES;
    const names = record + HEADER_BYTES;
    const namespaceAt = names + buffer.readUInt16LE(record + 13);
    const nameAt = namespaceAt + buffer.readUInt16LE(record + 15);
    const bodyAt = nameAt + buffer.readUInt16LE(record + 17);
    const end = record + buffer.readUInt32LE(at + 16);
    collection = shared(collection, buffer.toString('utf8', names, namespaceAt));
    namespace = shared(namespace, buffer.toString('utf8', namespaceAt, nameAt));
    const key = { collection, namespace, name: buffer.toString('utf8', nameAt, bodyAt) };
    yield { key, revision, bytes: buffer.subarray(bodyAt, end), writtenAtMs: buffer.readDoubleLE(record + 5) };
    at = end;
  }
}

/** Neighbours mostly have the same collection and namespace: one string for all. */
function shared(last: string, text: string): string {
  return last === text ? last : text;
}
