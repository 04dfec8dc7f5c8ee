/**
 * Runs the official suite, unmodified, with its default protobuf, on a fresh cluster of this checkout, and keeps the
 * verdicts in results.tsv (spec, verdict, sig): a spec that passed before and does not now makes the run fail.
 *
 *   npm run conformance                                   focus.txt
 *   npm run conformance -- --focus 'RE' [--procs 4] [--instrument DIR] [--keep]
 *
 * The instrument (programs and images, built from Go modules) is ../shared/conformance; CONF_HOME is where it builds.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const resultsFile = join(import.meta.dirname, 'results.tsv');
const { values: flags } = parseArgs({
  options: {
    focus: { type: 'string' },
    procs: { type: 'string', default: '5' },
    timeout: { type: 'string', default: '40m' },
    instrument: { type: 'string', default: join(root, '../shared/conformance') },
    keep: { type: 'boolean' },
  },
});

if (!existsSync(join(flags.instrument, 'run.sh'))) {
  process.stderr.write(`the instrument is not at ${flags.instrument}: name its folder with --instrument\n`);
  process.exit(1);
}
const wheelhouse = (...args: string[]): string =>
  execFileSync(process.execPath, [join(root, 'src/cmd/main.ts'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-conformance-'));
const dataDir = join(folder, 'data');
const kubeconfig = join(folder, 'kubeconfig');
const registryPort = '5057';
let registry: ChildProcess | undefined;
try {
  for (const what of ['suite', 'images']) instrument('build.sh', [what]);
  wheelhouse('up', '-d', '--data-dir', dataDir, '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:0');
  const status = JSON.parse(wheelhouse('status', '-o', 'json', '--data-dir', dataDir)) as { containerdSocket: string };
  instrument('images.sh', [], { CONTAINERD_SOCK: status.containerdSocket });
  serveImages();
  const focus = flags.focus ?? focusList().join('|');
  const args = [
    '--kubeconfig',
    kubeconfig,
    '--out',
    join(folder, 'out'),
    '--set',
    'parallel',
    '--focus',
    focus,
    '--procs',
    flags.procs,
    '--timeout',
    flags.timeout,
  ];
  await new Promise((done) => spawn(join(flags.instrument, 'run.sh'), args, { stdio: 'inherit' }).on('exit', done));
  keepResults(readResults(join(folder, 'out/results.tsv')));
} finally {
  registry?.kill();
  wheelhouse('down', '--data-dir', dataDir);
  if (flags.keep !== true) rmSync(folder, { recursive: true, force: true });
  else process.stdout.write(`kept ${folder}\n`);
}

/** The suite's images as a registry, and the mirror of all registries: what must be pulled, is; all else fails at once. */
function serveImages(): void {
  const home = process.env['CONF_HOME'] ?? join(homedir(), '.cache/k8s-conformance');
  const archive = join(process.env['IMG'] ?? join(home, 'images'), 'e2e-images.tar');
  registry = spawn('python3', [join(flags.instrument, 'registry.py'), archive, registryPort], { stdio: 'ignore' });
  const mirror = `http://127.0.0.1:${registryPort}`;
  const folder = join(dataDir, 'agent/containerd/certs.d/_default');
  mkdirSync(folder, { recursive: true });
  const text = `server = "${mirror}"\n[host."${mirror}"]\n  capabilities = ["pull", "resolve"]\n`;
  writeFileSync(join(folder, 'hosts.toml'), text);
}

function focusList(): string[] {
  return readFileSync(join(import.meta.dirname, 'focus.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function instrument(script: string, args: string[], environment: Record<string, string> = {}): void {
  const result = spawnSync(join(flags.instrument, script), args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
  if (result.status !== 0) throw new Error(`${script} ${args.join(' ')} ended with ${result.status}`);
}

type Results = Map<string, { verdict: string; sig: string }>;

/** Of the suite's own table or of ours: name, verdict, …, sig in the last or fourth column. */
function readResults(file: string): Results {
  if (!existsSync(file)) return new Map();
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  return new Map(
    rows.map((row) => [
      row[0] as string,
      { verdict: row[1] as string, sig: row.length > 3 ? (row[3] as string) : (row[2] as string) },
    ]),
  );
}

/** Merges the run into results.tsv; what passed before must pass again. */
function keepResults(now: Results): void {
  const before = readResults(resultsFile);
  const lost = [...now]
    .filter(([name, { verdict }]) => verdict !== 'passed' && before.get(name)?.verdict === 'passed')
    .map(([name]) => name);
  const merged = new Map([...before, ...now]);
  const lines = [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { verdict, sig }]) => `${name}\t${verdict}\t${sig}\n`);
  const count = (verdict: string): number => [...now.values()].filter((result) => result.verdict === verdict).length;
  for (const [name, { verdict }] of now) if (verdict === 'failed') process.stdout.write(`failed: ${name}\n`);
  if (lost.length > 0) {
    for (const name of lost) process.stdout.write(`LOST: ${name}\n`);
    process.exitCode = 1;
  } else writeFileSync(resultsFile, lines.join(''));
  process.stdout.write(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`);
}
