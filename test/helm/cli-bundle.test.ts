/** `bin/wheelhouse.js helm …` runs the bundle of all modules: it says what the modules say. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { helmCommand } from '#cmd/helm/root.ts';
import { chartFiles } from './cli-charts.ts';
import type { Outcome } from './real-helm.ts';
import { environmentOf, fill, ours } from './real-helm.ts';

const command = join(import.meta.dirname, '../../bin/wheelhouse.js');
const verbs = (helmCommand.commands ?? []).map(({ name }) => `${name} --help`);
const lines = [
  ...verbs,
  'template r app --set extra=1',
  'template r schema --set port=0',
  'lint messy',
  'show all app',
  'create fresh',
  'install r app --kube-apiserver http://127.0.0.1:1',
  'list --kube-apiserver http://127.0.0.1:1',
  'nonsense',
];

function bundled(line: readonly string[], cwd: string, env: Record<string, string>): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, 'helm', ...line], { cwd, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('the bundle', () => {
  let folder: string;
  let home: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-bundle-'));
    home = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-home-'));
    fill(folder, chartFiles);
  });
  after(() => {
    for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
  });

  for (const line of lines)
    test(`helm ${line}`, async () => {
      // Both name the keyring of the same home.
      const env = { ...environmentOf(home), HOME: homedir(), XDG_CACHE_HOME: home };
      const words = line.split(' ');
      const first = await bundled(words, folder, env);
      const cached = await bundled(words, folder, env);
      if (line.startsWith('create')) fill(folder, chartFiles);
      assert.deepEqual(first, await ours(words, folder, env));
      if (!line.startsWith('create')) assert.deepEqual(cached, first);
    });
});
