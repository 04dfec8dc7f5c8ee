import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#api/object.ts';
import type { Column, Resource } from '#api/resource.ts';
import { rowCells, tableLayout } from '#apiserver/table/table.ts';
import type { Version } from '#storage/version.ts';

const createdMs = Date.parse('2026-01-01T00:00:00Z');
const minuteMs = 60_000;

interface Pod extends KubeObject {
  readonly restarts: number;
}
let asked = 0;
const columns = [
  { name: 'Name', type: 'string', format: 'name', value: ({ metadata }: Pod) => metadata.name ?? '' },
  {
    name: 'Restarts',
    type: 'string',
    value: ({ restarts }: Pod, nowMs: number) => {
      asked++;
      return restarts === 0 ? '0' : `${restarts} (${(nowMs - createdMs) / minuteMs}m ago)`;
    },
  },
  { name: 'Age', type: 'string', format: 'age', value: () => '' },
  { name: 'Node', type: 'string', value: () => 'a"b' },
] as unknown as Column<KubeObject>[];
const layout = tableLayout({ columns } as unknown as Resource);

function pod(restarts: number, creationTimestamp?: string): Pod {
  return {
    metadata: { name: 'web', ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    restarts,
  } as Pod;
}

function kept(object: Pod): (nowMs: number) => string {
  const version = { memo: { metadataEnd: undefined, row: undefined } } as unknown as Version;
  return (nowMs) => rowCells(layout, () => object, version, nowMs);
}

for (const { name, object, first, later } of [
  {
    name: 'only the age moves',
    object: pod(0, '2026-01-01T00:00:00Z'),
    first: '"web","0","5m","a\\"b"',
    later: '"web","0","20m","a\\"b"',
  },
  {
    name: 'a column that tells the time',
    object: pod(2, '2026-01-01T00:00:00Z'),
    first: '"web","2 (5m ago)","5m","a\\"b"',
    later: '"web","2 (20m ago)","20m","a\\"b"',
  },
  {
    name: 'no time of creation',
    object: pod(0),
    first: '"web","0","<unknown>","a\\"b"',
    later: '"web","0","<unknown>","a\\"b"',
  },
]) {
  test(`a row that is kept reads as a new one: ${name}`, () => {
    const cells = kept(object);
    for (const { nowMs, text } of [
      { nowMs: createdMs + 5 * minuteMs, text: first },
      { nowMs: createdMs + 20 * minuteMs, text: later },
    ]) {
      assert.equal(cells(nowMs), text);
      assert.equal(
        rowCells(layout, () => object, undefined, nowMs),
        text,
      );
    }
  });
}

test('columns without anything to tell of the time are asked once', () => {
  const cells = kept(pod(0, '2026-01-01T00:00:00Z'));
  cells(createdMs);
  const before = asked;
  cells(createdMs + minuteMs);
  assert.equal(asked, before);
});
