import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationText, parseDuration } from '#wire/protobuf/duration.ts';
import { isEnvelope, listMessage, openEnvelope, sealEnvelope, watchFrame } from '#wire/protobuf/envelope.ts';
import { ProtoReader, ProtobufError } from '#wire/protobuf/reader.ts';
import { ProtoWriter } from '#wire/protobuf/writer.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('an envelope has upstream’s bytes', () => {
  const sealed = sealEnvelope({ apiVersion: 'v1', kind: 'Pod', raw: new Uint8Array([0x0a, 0x00]) });
  assert.equal(hex(sealed), '6b387300' + '0a09' + '0a027631' + '1203506f64' + '12020a00' + '1a002200');
  assert.equal(isEnvelope(sealed), true);
  const opened = openEnvelope(sealed);
  assert.deepEqual({ ...opened, raw: hex(opened.raw) }, { apiVersion: 'v1', kind: 'Pod', raw: '0a00' });
});

const damaged: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'empty data'],
  ['no magic', '7b7d', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
  ['only the magic', '6b387300', 'empty body'],
  ['cut within a length', '6b3873000a', 'unexpected EOF'],
  ['cut within a field', '6b3873000a05', 'unexpected EOF'],
  ['a group', '6b38730013', 'proto: illegal wireType 3'],
];
for (const [name, bytes, message] of damaged) {
  test(`an envelope that is ${name} is refused`, () => {
    assert.throws(() => openEnvelope(Buffer.from(bytes, 'hex')), { name: 'ProtobufError', message });
  });
}

test('a list is its metadata and the items as they are encoded', () => {
  assert.equal(
    hex(listMessage(new Uint8Array([1]), [new Uint8Array([2]), new Uint8Array([3, 4])])),
    '0a0101' + '120102' + '12020304',
  );
});

test('a watch frame is a length and an event', () => {
  assert.equal(hex(watchFrame('ADDED', new Uint8Array([9]))), '0000000c' + '0a054144444544' + '12030a0109');
});

test('integers of 64 bits survive', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const writer = new ProtoWriter();
      writer.int64(value);
      const read = new ProtoReader(writer.finish()).int64((digits) => BigInt(digits));
      assert.equal(BigInt(read as number | bigint), value);
    }),
  );
});

test('strings of any characters and length survive, however often the buffer grows', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3000 }), { maxLength: 8 }), (texts) => {
      const writer = new ProtoWriter();
      for (const text of texts) {
        const before = writer.written;
        writer.text(text);
        writer.lengthDelimited(1, before);
      }
      const reader = new ProtoReader(writer.finish());
      for (const text of texts.toReversed()) {
        reader.varint32();
        assert.equal(reader.string(), text.toWellFormed());
      }
    }),
    { numRuns: 50 },
  );
});

test('arbitrary bytes are read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        openEnvelope(new Uint8Array([0x6b, 0x38, 0x73, 0x00, ...bytes, 0]));
      } catch (error) {
        assert.ok(error instanceof ProtobufError);
      }
    }),
  );
});

const durations: readonly (readonly [bigint, string])[] = [
  [0n, '0s'],
  [1n, '1ns'],
  [1500n, '1.5µs'],
  [250_000_000n, '250ms'],
  [1_500_000_000n, '1.5s'],
  [60_000_000_000n, '1m0s'],
  [-3_661_000_000_000n, '-1h1m1s'],
];
for (const [nanos, text] of durations) {
  test(`the duration ${text}`, () => {
    assert.equal(durationText(nanos), text);
    assert.equal(parseDuration(text), nanos);
  });
}

test('what is no duration', () => {
  for (const text of ['', '1', 's', '1d', '1s ', '--1s']) assert.equal(parseDuration(text), undefined);
});
