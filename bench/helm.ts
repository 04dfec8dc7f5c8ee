/**
 * How fast are charts rendered? Run by run, process start included, beside real helm (one run of each in turns, so that both
 * see the same machine); then all charts of ../shared/helm-corpus in one process.
 *
 *     npm run bench -- helm
 *     HELM=/path/to/helm HELM_BENCH_EVERY=1 node bench/helm.ts     (every run of the corpus, not each 10th)
 *
 * The times of a machine that does other work are noisy: the processor times of the processes are printed, too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { templateChart } from '#cmd/helm/chart/template.ts';
import { writeBundle } from '../tools/bundle.js';
import { chartPath, goldenRuns, skipped, unpackCorpus } from '../test/helm/corpus.ts';

interface Job {
  readonly chart: string;
  readonly values: readonly string[];
}

/** Milliseconds of the wall clock, and of the processor where it is known. */
interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
}

if (skipped === false) await main();
else console.log(skipped);

async function main(): Promise<void> {
  const root = unpackCorpus();
  try {
    const jobs = goldenRuns().map((run): Job => {
      const chart = chartPath(root, run);
      const own = join(chart, run.values);
      const file = existsSync(own) ? own : join(chart, 'ci', run.values);
      return { chart, values: run.values === 'default' ? [] : [file] };
    });
    const helm = findHelm();
    if (helm === undefined) console.log('no real helm here: see tools/helm.sh');
    runByRun(jobs, helm);
    report('one process, first pass', await inProcess(jobs));
    report('one process, warm', await inProcess(jobs));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function findHelm(): string | undefined {
  try {
    return execFileSync(join(import.meta.dirname, '../tools/helm.sh'), { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function runByRun(jobs: readonly Job[], helm: string | undefined): void {
  writeBundle();
  const every = Number(process.env['HELM_BENCH_EVERY'] ?? 10);
  const chosen = jobs.filter((_job, index) => index % every === 0);
  const bin = join(import.meta.dirname, '../bin/wheelhouse.js');
  const home = mkdtempSync(join(tmpdir(), 'wheelhouse-bench-'));
  const env = { ...process.env, XDG_CACHE_HOME: home };
  const [ours, theirs, empty]: [Sample[], Sample[], Sample[]] = [[], [], []];
  try {
    // The first run keeps what was compiled.
    for (const job of chosen.slice(0, 2)) timed(process.execPath, [bin, 'helm', ...lineOf(job)], env);
    for (const job of chosen) {
      ours.push(timed(process.execPath, [bin, 'helm', ...lineOf(job)], env));
      if (helm !== undefined) theirs.push(timed(helm, lineOf(job), env));
      empty.push(timed(process.execPath, ['--eval', ''], env));
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  reportRuns('Node alone, a process each', empty);
  reportRuns('wheelhouse helm, a process each', ours);
  if (theirs.length === 0) return;
  reportRuns('helm, a process each', theirs);
  const wins = ours.filter(({ wallMs }, index) => wallMs <= (theirs[index]?.wallMs ?? 0)).length;
  console.log(`wheelhouse was at least as fast in ${wins} of ${ours.length} runs`);
}

function lineOf({ chart, values }: Job): string[] {
  const files = values.flatMap((file) => ['-f', file]);
  return ['template', 'rel', chart, '--namespace', 'ns1', '--kube-version', 'v1.32.4', ...files];
}

function timed(command: string, line: readonly string[], env: NodeJS.ProcessEnv): Sample {
  const before = childrenCpuMs();
  const start = performance.now();
  spawnSync(command, line, { env });
  return { wallMs: performance.now() - start, cpuMs: childrenCpuMs() - before };
}

/** What the children that have ended used, of Linux: in ticks of 10 ms, so that only sums and means say something. */
function childrenCpuMs(): number {
  if (!existsSync('/proc/self/stat')) return Number.NaN;
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

async function inProcess(jobs: readonly Job[]): Promise<number[]> {
  const times: number[] = [];
  for (const { chart, values } of jobs) {
    const start = performance.now();
    await templateChart(['rel', chart], { namespace: 'ns1', kubeVersion: 'v1.32.4', values }, () => {}).catch(() => '');
    times.push(performance.now() - start);
  }
  return times;
}

function reportRuns(name: string, samples: readonly Sample[]): void {
  const cpu = samples.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / samples.length;
  report(
    name,
    samples.map(({ wallMs }) => wallMs),
    `  processor ${cpu.toFixed(0)} ms each`,
  );
}

function report(name: string, times: readonly number[], more = ''): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  const total = times.reduce((sum, time) => sum + time, 0);
  console.log(
    `${name.padEnd(32)} ${times.length} runs  total ${(total / 1000).toFixed(2)} s  median ${at(0.5)} ms  p95 ${at(0.95)} ms  max ${at(1)} ms${more}`,
  );
}
