import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { decodeRelease } from '#platform/charts/release-read.ts';
import { encodeRelease } from '#platform/charts/release-json.ts';

const file = join(import.meta.dirname, '../../../shared/helm-corpus/release-encodings.jsonl');
const skip = existsSync(file) ? false : 'the corpus is not here';

test('a release that Helm stored is read and written as the same text', { skip }, () => {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  for (const line of lines) {
    const { chart, encoded, json } = JSON.parse(line) as { chart: string; encoded: string; json: string };
    const stored = gunzipSync(Buffer.from(encoded, 'base64')).toString();
    assert.equal(stored, json, chart);
    assert.equal(encodeRelease(decodeRelease(stored, {})), json, chart);
  }
  assert.equal(lines.length, 3);
});
