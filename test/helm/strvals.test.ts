import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setValues } from '#platform/charts/values/strvals.ts';
import type { SetStyle } from '#platform/charts/values/strvals.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { plainOf } from '#platform/charts/values/table.ts';

const file = join(import.meta.dirname, '../../../shared/helm-corpus/strvals.jsonl');
const skip = existsSync(file) ? false : 'the corpus is not here';
const styles: readonly [string, SetStyle][] = [
  ['set', { kind: 'typed' }],
  ['set-string', { kind: 'string' }],
  ['set-json', { kind: 'json' }],
  ['set-literal', { kind: 'literal' }],
];

type Expected = { readonly ok?: unknown; readonly error?: string };

test('every line of the corpus means what it means to Helm', { skip }, () => {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  for (const line of lines) {
    const entry = JSON.parse(line) as Record<string, Expected> & { in: string };
    for (const [name, style] of styles) assert.deepEqual(outcome(entry.in, style), entry[name], `${name} ${entry.in}`);
  }
  assert.ok(lines.length >= 52);
});

function outcome(line: string, style: SetStyle): Expected {
  const table: Table = new Map();
  try {
    setValues(line, table, style);
    return { ok: plainOf(table) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
