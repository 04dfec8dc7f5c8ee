/**
 * Helm releases inside a test: a context over a test cluster, and charts from texts.
 *
 *   const { context, logs } = releaseWorld(cluster);
 *   await installRelease(context, { name: 'web', chart: await chartOf({ 'templates/a.yaml': '…' }), values: new Map(), timeoutMs: 1000 });
 */
import { SeededRandom } from '#base/random.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { unpackChart } from '#host/charts/archive.ts';
import { releaseCompression } from '#host/charts/release-compression.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { loadChart } from '#platform/charts/load.ts';
import type { ReleaseContext, ReleasePorts } from '#platform/charts/releases/context.ts';
import { releaseContext } from '#platform/charts/releases/context.ts';
import type { TestCluster } from '#testing/create-cluster.ts';

/** A context, and what it logged. */
export interface ReleaseWorld {
  readonly context: ReleaseContext;
  readonly warnings: string[];
}

/** A context in the namespace `default` unless said otherwise; each one is a client of its own. */
export function releaseWorld(
  cluster: Pick<TestCluster, 'client' | 'clock'>,
  ports: Partial<ReleasePorts> = {},
): ReleaseWorld {
  const warnings: string[] = [];
  const context = releaseContext({
    client: cluster.client,
    namespace: 'default',
    clock: cluster.clock,
    random: new SeededRandom(1),
    compression: releaseCompression,
    functions: templateFunctions(),
    debug() {},
    warn: (message) => void warnings.push(message),
    ...ports,
  });
  return { context, warnings };
}

/** A chart named `demo` of the given files; Chart.yaml is made unless it is among them. */
export function chartOf(files: Readonly<Record<string, string>>): Promise<Chart> {
  const all = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.2.3\nappVersion: "7"\n', ...files };
  const encoder = new TextEncoder();
  const chartFiles = Object.entries(all).map(([name, text]) => ({ name, data: encoder.encode(text) }));
  return loadChart(chartFiles, { unpack: unpackChart, warn() {} });
}
