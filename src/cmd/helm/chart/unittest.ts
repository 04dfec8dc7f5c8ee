/** `helm unittest`, ours: runs the template unit tests of charts. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { HelmExit } from '#cmd/helm/exit.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { parseValues } from '#platform/charts/load.ts';
import { runUnitTest } from '#platform/charts/unittest/run.ts';
import { readSuites } from '#platform/charts/unittest/suite.ts';

/** Prints what failed and the counts; ends with 1 if something did. Rejects for charts and files that cannot be read. */
export async function unittest(
  flags: { readonly file: readonly string[] },
  paths: readonly string[],
  context: HelmContext,
): Promise<void> {
  const counts = { passed: 0, failed: 0 };
  for (const path of paths) {
    const chart = await loadChartAt(path, (line) => context.warn(line));
    context.write(`\n### Chart [ ${chart.metadata.name} ] ${path}\n\n`);
    const patterns = flags.file.length === 0 ? ['tests/*_test.yaml'] : flags.file;
    const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: path })).sort();
    for (const file of files) await runFile(chart, { path, file, counts }, context);
  }
  const { passed, failed } = counts;
  const words = [...(failed > 0 ? [`${failed} failed`] : []), `${passed} passed`, `${passed + failed} total`];
  context.write(`\nTests: ${words.join(', ')}\n`);
  if (failed > 0) throw new HelmExit(1);
}

interface RunningFile {
  readonly path: string;
  readonly file: string;
  readonly counts: { passed: number; failed: number };
}

async function runFile(chart: Chart, { path, file, counts }: RunningFile, context: HelmContext): Promise<void> {
  const folder = dirname(resolve(path, file));
  const readValues = (name: string) => parseValues(readFileSync(join(folder, name), 'utf8'), `failed to parse ${name}`);
  for (const suite of readSuites(readFileSync(join(path, file), 'utf8'), file)) {
    let report = '';
    for (const test of suite.tests) {
      const problems = await runUnitTest(chart, test, { functions: templateFunctions(), readValues });
      if (problems.length === 0) counts.passed++;
      else {
        counts.failed++;
        report += `  - ${test.name}\n${problems.map((problem) => `      ${problem}\n`).join('')}`;
      }
    }
    context.write(` ${report === '' ? 'PASS' : 'FAIL'}  ${suite.name}\t${file}\n${report}`);
  }
}
