/**
 * How fast are charts rendered? The whole corpus of ../shared/helm-corpus in this process, and, if HELM names a real helm,
 * the same runs by it, one process each.
 *
 *   HELM=/tmp/helm-bin/helm node bench/helm.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { templateChart } from '#cmd/helm/chart/template.ts';
import { chartPath, goldenRuns, skipped, unpackCorpus } from '../test/helm/corpus.ts';

interface Job {
  readonly chart: string;
  readonly values: readonly string[];
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
    report('wheelhouse, first pass', await ours(jobs));
    report('wheelhouse, warm', await ours(jobs));
    const helm = process.env['HELM'];
    if (helm !== undefined) report('helm, a process each', theirs(helm, jobs));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function ours(jobs: readonly Job[]): Promise<number[]> {
  const times: number[] = [];
  for (const { chart, values } of jobs) {
    const start = performance.now();
    await templateChart(['rel', chart], { namespace: 'ns1', kubeVersion: 'v1.32.4', values }, () => {}).catch(() => '');
    times.push(performance.now() - start);
  }
  return times;
}

function theirs(helm: string, jobs: readonly Job[]): number[] {
  return jobs.map(({ chart, values }) => {
    const start = performance.now();
    const files = values.flatMap((file) => ['-f', file]);
    spawnSync(helm, ['template', 'rel', chart, '--namespace', 'ns1', '--kube-version', 'v1.32.4', ...files]);
    return performance.now() - start;
  });
}

function report(name: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  const total = times.reduce((sum, time) => sum + time, 0);
  console.log(
    `${name.padEnd(24)} ${times.length} runs  total ${(total / 1000).toFixed(2)} s  median ${at(0.5)} ms  p95 ${at(0.95)} ms  max ${at(1)} ms`,
  );
}
