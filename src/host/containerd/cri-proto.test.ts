import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { containersProto, eventsProto, tasksProto } from '#host/containerd/containerd-proto.ts';
import { criProto } from '#host/containerd/cri-proto.ts';

const binary = '/usr/bin/containerd';
const skip = existsSync(binary) ? false : 'containerd is not installed';

const descriptorProto = `
syntax = "proto2";
message File { optional string name = 1; optional string package = 2; repeated Message message_type = 4; }
message Message { optional string name = 1; repeated Field field = 2; repeated Message nested_type = 3; }
message Field { optional string name = 1; optional int32 number = 3; optional int32 label = 4; optional int32 type = 5; optional string type_name = 6; }
`;
interface DescribedMessage {
  name: string;
  field?: { name: string; number: number; label: number; type: number }[];
}
interface DescribedFile {
  package: string;
  messageType?: DescribedMessage[];
}

/** Go binaries carry their interface definitions as gzipped descriptors. */
function describedMessages(): Map<string, Map<string, { number: number; repeated: boolean; wire: string }>> {
  const File = protobuf.parse(descriptorProto).root.lookupType('File');
  const bytes = readFileSync(binary);
  const messages = new Map<string, Map<string, { number: number; repeated: boolean; wire: string }>>();
  for (let at = bytes.indexOf('1f8b08', 0, 'hex'); at >= 0; at = bytes.indexOf('1f8b08', at + 3, 'hex')) {
    let file: DescribedFile;
    try {
      const plain = gunzipSync(bytes.subarray(at, at + 300_000), { finishFlush: 2 });
      file = File.toObject(File.decode(plain)) as DescribedFile;
    } catch {
      continue;
    }
    for (const message of file.messageType ?? []) {
      const fields = new Map(
        (message.field ?? []).map(({ name, number, label, type }) => [
          name,
          { number, repeated: label === 3, wire: wireTypes[type] ?? 'message' },
        ]),
      );
      messages.set(`${file.package}.${message.name}`, fields);
    }
  }
  return messages;
}

const wireTypes: Readonly<Record<number, string>> = {
  3: 'varint',
  4: 'varint',
  5: 'varint',
  8: 'varint',
  9: 'bytes',
  11: 'message',
  12: 'bytes',
  13: 'varint',
  14: 'varint',
};
const ourWire: Readonly<Record<string, string>> = {
  int64: 'varint',
  uint64: 'varint',
  int32: 'varint',
  uint32: 'varint',
  bool: 'varint',
  string: 'bytes',
  bytes: 'bytes',
};
/** Ours are flat: where the original names a well-known or shared type, ours has its own of the same shape. */
const elsewhere = new Set(['Nothing', 'Value', 'Time', 'Process', 'TaskStart', 'TaskExit', 'TaskOOM', 'TaskDelete']);
const newer = new Set(['ImageSpec.user_specified_image']);

test('the field numbers are those of the containerd on this machine', { skip }, () => {
  const described = describedMessages();
  let compared = 0;
  for (const text of [criProto, tasksProto, eventsProto, containersProto]) {
    const { root, package: packageName } = protobuf.parse(text, { keepCase: true });
    for (const type of (root.lookup(packageName ?? '') as protobuf.Namespace).nestedArray) {
      if (!(type instanceof protobuf.Type) || elsewhere.has(type.name)) continue;
      const original = described.get(`${packageName}.${type.name}`);
      assert.ok(original !== undefined, `${packageName}.${type.name} exists`);
      for (const field of type.fieldsArray) {
        if (newer.has(`${type.name}.${field.name}`)) continue;
        const isMap = field instanceof protobuf.MapField;
        const isEnum = field.resolve().resolvedType instanceof protobuf.Enum;
        const wire = isMap ? 'message' : (ourWire[field.type] ?? (isEnum ? 'varint' : 'message'));
        assert.deepEqual(
          { number: field.id, repeated: field.repeated || isMap, wire },
          original.get(field.name),
          `${type.name}.${field.name}`,
        );
        compared++;
      }
    }
  }
  assert.ok(compared > 150, `${compared} fields compared`);
});
