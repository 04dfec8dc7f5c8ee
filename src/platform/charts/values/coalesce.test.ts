import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadYaml } from '#lang/yaml/to-json.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { loadChart } from '#platform/charts/load.ts';
import { coalesceValues } from '#platform/charts/values/coalesce.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { plainOf, valueOf } from '#platform/charts/values/table.ts';

interface Case {
  readonly name: string;
  readonly defaults: string;
  readonly child?: string;
  readonly user: string;
  readonly expected: unknown;
  readonly warnings?: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'the user wins, tables are merged, lists replaced',
    defaults: '{a: {x: 1, z: 2}, l: [1, 2]}',
    user: '{a: {x: 3}, l: [9]}',
    expected: { a: { x: 3, z: 2 }, l: [9] },
  },
  {
    name: 'null removes a default',
    defaults: '{a: 1, b: {c: 1, d: 2}}',
    user: '{a: null, b: {c: null}}',
    expected: { b: { d: 2 } },
  },
  { name: 'a null of the chart stays', defaults: '{a: null}', user: '{}', expected: { a: null } },
  {
    name: 'global goes down to the subchart',
    defaults: '{global: {zone: a}}',
    child: '{port: 80}',
    user: '{}',
    expected: { global: { zone: 'a' }, child: { port: 80, global: { zone: 'a' } } },
  },
  {
    name: "the parent's values for a subchart win over the subchart's own",
    defaults: '{child: {port: 81}}',
    child: '{port: 80, host: h}',
    user: '{}',
    expected: { child: { port: 81, host: 'h', global: {} } },
  },
  {
    name: 'a table is not overwritten by something else',
    defaults: '{a: {b: {c: 1}}}',
    user: '{a: {b: 5}}',
    expected: { a: { b: 5 } },
    warnings: ['warning: cannot overwrite table with non table for top.a.b (map[c:1])'],
  },
  {
    name: 'what the chart says is no table gives way to one, with a warning',
    defaults: '{a: text}',
    user: '{a: {b: 5}}',
    expected: { a: { b: 5 } },
    warnings: ['warning: skipped value for top.a: Not a table.'],
  },
];

for (const { name, defaults, child, user, expected, warnings } of cases) {
  test(name, async () => {
    const seen: string[] = [];
    const chart = await chartOf(defaults, child);
    const values = valueOf(loadYaml(user)) as Table;
    const result = coalesceValues(chart, values, { mode: 'coalesce', warn: (message) => seen.push(message) });
    assert.deepEqual(plainOf(result), expected);
    assert.deepEqual(seen, warnings ?? []);
    assert.deepEqual(plainOf(values), loadYaml(user), 'the given values are not changed');
  });
}

function chartOf(values: string, child: string | undefined): Promise<Chart> {
  const files = [
    ['Chart.yaml', '{apiVersion: v2, name: top, version: 1.0.0}'],
    ['values.yaml', values],
  ];
  if (child !== undefined)
    files.push(
      ['charts/child/Chart.yaml', '{apiVersion: v2, name: child, version: 1.0.0}'],
      ['charts/child/values.yaml', child],
    );
  const ports = { unpack: () => Promise.reject(new Error('no archive here')), warn: () => {} };
  return loadChart(
    files.map(([name = '', text = '']) => ({ name, data: new TextEncoder().encode(text) })),
    ports,
  );
}
