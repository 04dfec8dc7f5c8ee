/** Answers in Kubernetes' protobuf envelope, for clients that accept nothing else. */
import { definitionOfKind, parseApiVersion } from '#api/schema/kinds.ts';
import { objectToProtobuf } from '#api/schema/protobuf.ts';
import { notAcceptable } from '#apiserver/accept.ts';

interface Typed {
  readonly apiVersion?: string;
  readonly kind?: string;
}

/** The enveloped message of any built-in kind. Throws NotAcceptable for kinds that have none (custom resources). */
export function encodeProtobuf(value: Typed): Uint8Array {
  const groupVersion = parseApiVersion(value.apiVersion ?? '') ?? { group: '', version: '' };
  const definition = definitionOfKind({ ...groupVersion, kind: value.kind ?? '' });
  if (definition === undefined) throw notAcceptable(['application/json', 'application/yaml']);
  return objectToProtobuf(value, definition);
}

const encoder = new TextEncoder();

/**
 * One frame of a watch: its length in four bytes, then a bare WatchEvent (type = 1, object = 2, a RawExtension whose raw = 1
 * is the enveloped object).
 */
export function protobufWatchFrame(type: string, object: Typed): Uint8Array {
  const raw = encodeProtobuf(object);
  const typeBytes = encoder.encode(type);
  const extension = [0x0a, ...varint(raw.length)];
  const head = [
    0x0a,
    ...varint(typeBytes.length),
    ...typeBytes,
    0x12,
    ...varint(extension.length + raw.length),
    ...extension,
  ];
  const length = head.length + raw.length;
  const frame = new Uint8Array(4 + length);
  new DataView(frame.buffer).setUint32(0, length);
  frame.set(head, 4);
  frame.set(raw, 4 + head.length);
  return frame;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}
