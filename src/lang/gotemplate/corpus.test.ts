import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createHash, createHmac, scryptSync, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';
import { helmFunctions } from '#lang/gotemplate/sprig/helm.ts';
import { TemplateSet, defaultLimits } from '#lang/gotemplate/template.ts';

interface Case {
  readonly tpl: string;
  readonly out: string;
  readonly err: string;
  readonly det: boolean;
}

const folder = process.env.HELM_CORPUS ?? path.resolve(import.meta.dirname, '../../../../shared/helm-corpus');
const ports: TemplatePorts = {
  now: () => Date.now(),
  zone: () => ({ offsetMinutes: 0, abbreviation: 'UTC' }),
  randomBytes: (length) => randomBytes(length),
  hash: (name, bytes) => createHash(name).update(bytes).digest(),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
  scrypt: (password, salt) => scryptSync(password, salt, 64, { N: 32768, r: 8, p: 2, maxmem: 2 ** 27 }),
  bcrypt: () => '$2a$10$',
  privateKey: (type) => `-----BEGIN ${type}`,
  certificate: () => ({ Cert: 'cert', Key: 'key' }),
  checkKeyPair: () => {},
  aesCbc: (mode, key, { iv, data }) => {
    const cipher = (mode === 'encrypt' ? createCipheriv : createDecipheriv)('aes-256-cbc', key, iv).setAutoPadding(
      false,
    );
    return Buffer.concat([cipher.update(data), cipher.final()]);
  },
};

function render(tpl: string): { out: string; err: string } {
  const functions = helmFunctions(ports);
  try {
    const set = new TemplateSet(functions, { missingKey: 'zero', limits: defaultLimits });
    set.parse('t', tpl);
    const Values = { a: 'x', n: 3, l: ['p', 'q'], m: { k: 'v', j: 1e6 } };
    return { out: set.execute('t', { Values }), err: '' };
  } catch (error) {
    return { out: '', err: (error as Error).message };
  }
}

/** How many of the deterministic cases are equal. The other ten: today's date (4), Helm's marks around fail and required (3), stubs of the recording engine (3). */
const expected = { 'gotpl-traps.jsonl': 24, 'sprig-snippets.jsonl': 301 };

for (const [file, atLeast] of Object.entries(expected)) {
  const source = path.join(folder, file);
  test(`${file}: real Helm's output`, { skip: !existsSync(source) && 'the corpus is not here' }, (t) => {
    const cases = readFileSync(source, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Case);
    const fixed = cases.filter((entry) => entry.det);
    let equal = 0;
    for (const { tpl, out, err } of fixed) {
      const got = render(tpl);
      if (err === '' ? got.err === '' && got.out === out : got.err === err) equal++;
      else t.diagnostic(JSON.stringify({ tpl, want: err || out, got: got.err || got.out }));
    }
    t.diagnostic(`${equal} of ${fixed.length} equal`);
    assert.ok(equal >= atLeast, `${equal} of ${fixed.length}`);
  });
}
