import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonWriter } from '#apiserver/registry/json-writer.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('memory of a chunk that was sent serves a later one, and never one that is still held', () => {
  const writer = new JsonWriter(32);
  writer.text('first');
  const first = writer.take();
  writer.text('second');
  writer.recycle(first);
  const second = writer.take();
  writer.text('third');
  const third = writer.take();
  assert.equal(third.buffer, first.buffer);
  writer.text('fourth');
  const fourth = writer.take();
  assert.deepEqual([second, third, fourth].map(text), ['second', 'third', 'fourth']);
  assert.equal(new Set([second.buffer, third.buffer, fourth.buffer]).size, 3);
});

test('a chunk that outgrew its buffer is whole, and its memory is used again', () => {
  const writer = new JsonWriter(8);
  writer.text('{"name":"longer than eight"}');
  const grown = writer.take();
  assert.equal(text(grown), '{"name":"longer than eight"}');
  writer.recycle(grown);
  writer.text('a');
  writer.take();
  writer.text('b');
  const reused = writer.take();
  assert.equal(reused.buffer, grown.buffer);
  assert.equal(text(reused), 'b');
});
