import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles } from './generate-api.ts';

const root = join(import.meta.dirname, '..');

test('the generated files are what spec/kubernetes gives: npm run generate brings them up to date', () => {
  for (const [path, text] of generatedFiles()) assert.equal(readFileSync(join(root, path), 'utf8'), text, path);
});
