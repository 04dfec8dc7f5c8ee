import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanHead } from '#storage/head-scan.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const { name, metadata } of [
  { name: 'nothing', metadata: '{}' },
  {
    name: 'all three',
    metadata: '{"name":"a","uid":"u-1","labels":{"a":"b","ä":"\\"}"},"ownerReferences":[{"uid":"o"}]}',
  },
  {
    name: 'behind what is stepped over',
    metadata:
      '{"managedFields":[{"fieldsV1":{"f:labels":{},"uid":"no"}}],"generation":1,"x":null,"annotations":{"labels":"{"},"labels":{"k":"v"}}',
  },
  { name: 'with white space', metadata: '{ "uid" : "u" ,\n "generation" : 2 , "labels" : { "k" : "v" } }' },
  { name: 'null', metadata: '{"labels":null,"uid":"u"}' },
]) {
  test(`a head read from bytes is that of the parsed object: ${name}`, () => {
    const text = `{"kind":"A","metadata":${metadata},"spec":{"labels":1}}`;
    const { uid, labels, ownerReferences } = (JSON.parse(text) as { metadata: Record<string, unknown> }).metadata;
    const expected = Object.entries({ uid, labels, ownerReferences }).filter(([, value]) => value !== undefined);
    assert.deepEqual(scanHead(encode(text), text.indexOf('"metadata":{') + 12), Object.fromEntries(expected));
  });
}
