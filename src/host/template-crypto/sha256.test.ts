import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '#host/template-crypto/sha256.ts';

test('short texts of every length have the sum that Node computes', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_none, i) => (i * 37 + length * 11) & 0xff);
    assert.equal(
      Buffer.from(sha256(bytes)).toString('hex'),
      createHash('sha256').update(bytes).digest('hex'),
      `${length} bytes`,
    );
  }
});

test('a text of 100 KB has the sum that Node computes', () => {
  const bytes = Uint8Array.from({ length: 100_003 }, (_none, i) => (i * i) & 0xff);
  assert.equal(Buffer.from(sha256(bytes)).toString('hex'), createHash('sha256').update(bytes).digest('hex'));
});
