/** Types twice (with and without Node's), lint, format. The tidy test and the generated files are part of the tests. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules/.bin', name);
const steps = [
  ['types', bin('tsc'), ['-p', '.']],
  ['portable types', bin('tsc'), ['-p', 'tsconfig.portable.json']],
  ['lint', bin('oxlint'), ['--quiet', 'src', 'tools', 'test', 'bench', 'examples']],
  ['format', bin('biome'), ['format', '--max-diagnostics=20', '.']],
];
let failed = false;
for (const [name, command, args] of steps) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (result.status === 0) continue;
  failed = true;
  process.stdout.write(`${name}:\n${result.stdout}${result.stderr}\n`);
}
if (failed) process.exit(1);
process.stdout.write('check: types, lint and format are in order\n');
