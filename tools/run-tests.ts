/**
 * Everything that a change must pass, in order: the check of the tree, then all tests in one run of Node's test runner,
 * whose count is the last thing printed. Arguments: files or folders to run instead of all.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');

function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const asked = process.argv.slice(2);
if (asked.length === 0) {
  const check = spawnSync(process.execPath, [join(root, 'tools/check.js')], { cwd: root, stdio: 'inherit' });
  if (check.status !== 0) process.exit(check.status ?? 1);
}
const files = asked.length > 0 ? asked : ['src', 'tools', 'test', 'examples'].flatMap(testFiles).sort();
const options = ['--disable-warning=ExperimentalWarning', '--test', '--test-concurrency=2', '--test-timeout=300000'];
const run = spawnSync(process.execPath, [...options, ...files], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
