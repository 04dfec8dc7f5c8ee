/**
 * The table of the numbers to reach: Wheelhouse beside etcd + kube-apiserver, both on one core, kbench on another, asked in
 * turns in the same run. The original's binaries and kbench's source are not part of this repository:
 *
 *     K8S_BIN=dir KBENCH=dir-with-kbench-source node bench/compare.ts [--seconds 2] [--rounds 2] [--pods 10000] [--only writes,list,watch,start]
 *
 * Rates and times depend on who else uses the machine (such rows are marked ~); server CPU per operation is what noise
 * disturbs least, so it is the ratio that counts for rows measured at saturation.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { line, machine, median, type Measured, renderTable, rowId, type Sample, tableRows } from './compare-table.ts';
import { type Contestant, original, wheelhouse } from './contestants.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '2' },
    pods: { type: 'string', default: '10000' },
    idle: { type: 'string', default: '20' },
    only: { type: 'string', default: 'start,writes,list,watch' },
    out: { type: 'string', default: join(import.meta.dirname, 'results') },
  },
});
const parts = flags.only.split(',');
const cache = process.env['BENCH_CACHE'] ?? '/root/.cache/wheelhouse-bench';
const source = process.env['KBENCH'] ?? join(import.meta.dirname, '../../shared/bench');
const binaries = process.env['K8S_BIN'] ?? '/root/.cache/k8s-conformance/bin';
const scratch = join(cache, `run-${process.pid}`);

const writes = [
  ...`-raw -clients 1,64 -runs 1 -d ${flags.seconds}s`.split(' '),
  '-ops',
  'create-cm,create-pod,update-pod,merge-pod,strategic-pod,get-pod',
];
const watches = ['-watchers', '1000', '-rate', '10', '-watch-d', '5s', '-burst', '300', '-runs', '1'];

/** Everything measured, by row and contestant. */
const samples = new Map<string, Sample[]>();

const kbench = buildKbench();
const contestants: readonly Contestant[] = [
  wheelhouse(join(scratch, 'ours')),
  original(join(scratch, 'original'), { source, binaries }),
];
/** Rows that were printed as they came. */
const shown = new Set<string>();
process
  .once('SIGINT', () => process.exit(130))
  .once('SIGTERM', () => process.exit(143))
  .once('exit', () => contestants.forEach((contestant) => contestant.stop()));
try {
  if (parts.includes('start')) part('start', () => contestants.forEach(measureStart));
  if (parts.some((name) => name !== 'start')) measureRunning();
} finally {
  for (const contestant of contestants) contestant.stop();
  rmSync(scratch, { recursive: true, force: true });
}
report();

/** One part of the measurement; the others go on when it fails. Its rows are shown at once. */
function part(name: string, measure: () => void): void {
  attempt(name, measure);
  for (const row of tableRows(measured())) {
    if (shown.has(row.what)) continue;
    shown.add(row.what);
    process.stderr.write(`${line(row)}\n`);
  }
}

/** Whether it went well; a failure is told, and by the exit code. */
function attempt(name: string, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
    return false;
  }
}

function buildKbench(): string {
  const binary = join(cache, 'kbench');
  if (!existsSync(source)) fail(`the load generator's source is not in ${source}: say where with KBENCH=DIR`);
  if (!existsSync(join(binaries, 'kube-apiserver')))
    fail(`no kube-apiserver in ${binaries}: say where with K8S_BIN=DIR`);
  mkdirSync(cache, { recursive: true });
  const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: source, stdio: ['ignore', 'inherit', 'inherit'] });
  if (built.status !== 0) fail('kbench could not be built: it takes Go on PATH');
  return binary;
}

function fail(sentence: string): never {
  process.stderr.write(`error: ${sentence}\n`);
  process.exit(1);
}

/** Twice: without data, and on what the first start left. Then idle figures. */
function measureStart(contestant: Contestant): void {
  for (const id of ['first', 'again']) {
    ask(contestant, `${id}.`, 'start', [
      '-cmd',
      contestant.foreground,
      '-stop',
      contestant.stopCommand,
      ...`-runs 1 -idle ${id === 'again' ? flags.idle : 1}s`.split(' '),
    ]);
    contestant.stop();
  }
}

function measureRunning(): void {
  // Figures of the one that starts are worth having without the other.
  const running = contestants.filter((each) => attempt(`start of ${each.name}`, () => each.start()));
  const rounds = Number(flags.rounds);
  const loads: [string, () => void][] = [
    ['writes', () => eachInTurn(rounds, 'create', writes)],
    ['list', () => eachInTurn(1, 'list', ['-pods', flags.pods, '-no-protobuf', '-runs', '3'])],
    ['watch', () => eachInTurn(rounds, 'watch', watches)],
  ];
  for (const [name, load] of loads) if (parts.includes(name)) part(name, load);

  function eachInTurn(times: number, command: string, args: readonly string[]): void {
    for (let round = 0; round < times; round++)
      for (const each of running) attempt(`${each.name}: ${command}`, () => ask(each, '', command, args));
  }
}

/** One run of kbench against one of them. */
function ask(contestant: Contestant, prefix: string, command: string, args: readonly string[]): void {
  process.stderr.write(`${contestant.name}: ${prefix}${command}\n`);
  const out = join(scratch, 'result.json');
  rmSync(out, { force: true });
  const common = ['-kubeconfig', contestant.kubeconfig, '-pids-dir', contestant.pidsDirectory, '-pin', '0'];
  const quiet = ['-quiet', '0.15', '-quiet-max', '1s', '-print=false', '-out', out, '-prefix', prefix];
  // Of a start, the foreground process is found by kbench itself; the original is two behind a shell.
  const isRunning = command === 'start' && contestant.name === 'wheelhouse' ? common.slice(0, 2) : common;
  const asked = spawnSync(kbench, [command, ...isRunning, ...quiet, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 240_000,
  });
  if (!existsSync(out)) throw new Error(`kbench gave no result (${asked.signal ?? asked.status})`);
  const { rows } = JSON.parse(readFileSync(out, 'utf8')) as { rows: Omit<Sample, 'of'>[] | null };
  for (const { id: rawId, value, unit, noisy } of rows ?? []) {
    const id = rowId(rawId);
    const list = samples.get(id) ?? [];
    samples.set(id, list);
    list.push({ of: contestant.name, id, value, unit, noisy });
  }
}

function measured(): Measured[] {
  return [...samples].map(([id, list]) => {
    const of = (name: string): number | undefined =>
      median(list.filter((sample) => sample.of === name).map((sample) => sample.value));
    const unit = list[0]?.unit ?? '';
    return { id, unit, ours: of('wheelhouse'), original: of('original'), noisy: list.some((sample) => sample.noisy) };
  });
}

function report(): void {
  const rows = measured();
  const text = renderTable(tableRows(rows), flags);
  process.stdout.write(text);
  mkdirSync(flags.out, { recursive: true });
  const day = new Date().toISOString().slice(0, 16).replace(':', '');
  writeFileSync(join(flags.out, `${day}.md`), text);
  const baseline = { when: new Date().toISOString(), machine: machine(), flags, rows };
  writeFileSync(join(flags.out, '../baseline.json'), `${JSON.stringify(baseline, undefined, 1)}\n`);
}
