/**
 * `npm run bench`: runs the benchmarks of the parts, each in a process of its own, and prints their tables.
 *
 *     npm run bench                      all of them
 *     npm run bench -- store decode      these
 *     npm run bench -- compare           against etcd + kube-apiserver (bench/compare.ts)
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loadavg } from 'node:os';

const parts = ['decode', 'store', 'registry', 'front', 'cluster', 'scheduler', 'wire', 'pod-start', 'helm'];

const asked = process.argv.slice(2);
if (asked[0] === 'compare') process.exit(run('compare', asked.slice(1)));
const unknown = asked.find((name) => !parts.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`error: there is no benchmark ${unknown}: choose of ${parts.join(', ')}, compare\n`);
  process.exit(1);
}
const codes = (asked.length === 0 ? parts : asked).map((name) => {
  process.stdout.write(`\n== ${name} (load ${loadavg()[0]?.toFixed(2)})\n`);
  return run(name, []);
});
process.exitCode = Math.max(...codes);

function run(name: string, args: readonly string[]): number {
  const file = join(import.meta.dirname, `${name}.ts`);
  return (
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], { stdio: 'inherit' })
      .status ?? 1
  );
}
