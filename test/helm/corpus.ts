/** The charts of ../shared/helm-corpus, unpacked once per process, and what real Helm printed for them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const folder = join(import.meta.dirname, '../../../shared/helm-corpus');

/** False, or why the tests over the corpus are skipped. */
export const skipped: string | false = existsSync(folder) ? false : 'the corpus is not here';

/** One run of `helm template rel CHART --namespace ns1 --kube-version v1.32.4 [-f VALUES]`. */
export interface GoldenRun {
  readonly repo: string;
  readonly chart: string;
  /** `default`, or a file below the chart. */
  readonly values: string;
  readonly output?: string;
  readonly error?: string;
  readonly nondeterministic?: boolean;
}

/** The runs of Helm v3.22. */
export function goldenRuns(): GoldenRun[] {
  const lines = gunzipSync(readFileSync(join(folder, 'golden-3.22.jsonl.gz')))
    .toString()
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as GoldenRun);
}

/** Unpacks the charts into a folder for temporary files; the caller removes it. */
export function unpackCorpus(): string {
  const target = mkdtempSync(join(tmpdir(), 'wheelhouse-corpus-'));
  execFileSync('tar', ['xzf', join(folder, 'charts.tar.gz'), '-C', target]);
  return target;
}

/** The path of a run's chart. */
export function chartPath(root: string, run: GoldenRun): string {
  return join(root, 'corpus', run.repo, run.chart);
}
