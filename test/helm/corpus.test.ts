/**
 * Real charts against the outputs of real Helm: deterministic ones byte for byte, those with random parts in structure (every
 * run of letters and digits that differs on a line is masked), errors by their text. What differs is listed in
 * differences.ts with its reason; anything else fails.
 */
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { templateChart } from '#cmd/helm/chart/template.ts';
import type { GoldenRun } from './corpus.ts';
import { chartPath, goldenRuns, skipped, unpackCorpus } from './corpus.ts';
import { knownDifferences } from './differences.ts';

interface Outcome {
  readonly output?: string;
  readonly error?: string;
}

test('every chart of the corpus renders as Helm renders it', { skip: skipped }, async (t) => {
  const root = unpackCorpus();
  try {
    const counts = { equal: 0, similar: 0, failedAlike: 0 };
    const different: string[] = [];
    const runs = goldenRuns();
    for (const run of runs) {
      const verdict = judge(run, await render(root, run));
      if (verdict === 'different') different.push(`${run.repo} ${run.chart} ${run.values}`);
      else counts[verdict]++;
    }
    t.diagnostic(
      `${runs.length} runs: ${counts.equal} equal, ${counts.similar} alike but for random parts, ` +
        `${counts.failedAlike} fail with the same words, ${different.length} differ`,
    );
    assert.deepEqual(different.sort(), Object.keys(knownDifferences).sort());
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

async function render(root: string, run: GoldenRun): Promise<Outcome> {
  const chart = chartPath(root, run);
  const own = join(chart, run.values);
  const file = existsSync(own) ? own : join(chart, 'ci', run.values);
  const values = run.values === 'default' ? [] : [file];
  try {
    const flags = { namespace: 'ns1', kubeVersion: 'v1.32.4', values };
    return { output: await templateChart(['rel', chart], flags, () => {}) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function judge(run: GoldenRun, own: Outcome): 'equal' | 'similar' | 'failedAlike' | 'different' {
  if (run.error !== undefined) {
    return own.error !== undefined && run.error.includes(own.error) ? 'failedAlike' : 'different';
  }
  // The recording turned CRLF into LF.
  const output = own.output?.replaceAll('\r\n', '\n');
  if (output === run.output) return 'equal';
  const isAlike = run.nondeterministic === true && output !== undefined && alike(output, run.output ?? '');
  return isAlike ? 'similar' : 'different';
}

/** Same lines but for words: certificates differ in the number of their characters, so lengths do not count. */
function alike(own: string, golden: string): boolean {
  const left = own.split('\n');
  const right = golden.split('\n');
  return (
    left.length === right.length && left.every((line, i) => line === right[i] || mask(line) === mask(right[i] ?? ''))
  );
}

function mask(line: string): string {
  return line.replaceAll(/[A-Za-z0-9+/=]{5,}|"[^"]*"/g, '*');
}
