/**
 * Kubernetes' envelope around a message: `k8s\0`, then runtime.Unknown { typeMeta = 1 { apiVersion = 1, kind = 2 }, raw = 2 };
 * and the frames of a watch: four bytes of length, then a WatchEvent { type = 1, object = 2 { raw = 1 } } without envelope.
 */
import { ProtoReader, ProtobufError } from '#wire/protobuf/reader.ts';
import { ProtoWriter } from '#wire/protobuf/writer.ts';

const magic = [0x6b, 0x38, 0x73, 0x00] as const;

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

export function isEnvelope(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Takes the envelope off. Throws ProtobufError with upstream's message. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data');
  if (!isEnvelope(bytes))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  if (bytes.length === magic.length) throw new ProtobufError('empty body');
  const reader = new ProtoReader(bytes, magic.length);
  let type = { apiVersion: '', kind: '' };
  let raw: Uint8Array = new Uint8Array();
  while (reader.at < bytes.length) {
    const tag = reader.varint32();
    if (tag === 0x0a) type = typeMeta(reader.slice());
    else if (tag === 0x12) raw = reader.slice();
    else reader.skip(tag & 7);
  }
  return { ...type, raw };
}

function typeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const reader = new ProtoReader(bytes);
  const type = { apiVersion: '', kind: '' };
  while (reader.at < bytes.length) {
    const tag = reader.varint32();
    if (tag === 0x0a) type.apiVersion = reader.string();
    else if (tag === 0x12) type.kind = reader.string();
    else reader.skip(tag & 7);
  }
  return type;
}

/** Puts the envelope around a message. */
export function sealEnvelope(envelope: Envelope): Uint8Array {
  const writer = new ProtoWriter();
  // Upstream writes contentEncoding and contentType as empty strings.
  writer.raw([0x1a, 0x00, 0x22, 0x00]);
  bytesField(writer, 2, envelope.raw);
  const before = writer.written;
  textField(writer, 2, envelope.kind);
  textField(writer, 1, envelope.apiVersion);
  writer.lengthDelimited(1, before);
  writer.raw(magic);
  return writer.finish();
}

/** A list message { metadata = 1, items = 2 } of items that are encoded already. */
export function listMessage(metadata: Uint8Array, items: readonly Uint8Array[]): Uint8Array {
  const writer = new ProtoWriter();
  for (let i = items.length - 1; i >= 0; i--) bytesField(writer, 2, items[i] as Uint8Array);
  bytesField(writer, 1, metadata);
  return writer.finish();
}

/** One frame of a watch; `object` is in its envelope. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = new ProtoWriter();
  const before = writer.written;
  bytesField(writer, 1, object);
  writer.lengthDelimited(2, before);
  textField(writer, 1, type);
  const length = writer.written;
  writer.raw([length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff]);
  return writer.finish();
}

function bytesField(writer: ProtoWriter, number: number, bytes: Uint8Array): void {
  const before = writer.written;
  writer.raw(bytes);
  writer.lengthDelimited(number, before);
}

function textField(writer: ProtoWriter, number: number, text: string): void {
  const before = writer.written;
  writer.text(text);
  writer.lengthDelimited(number, before);
}
