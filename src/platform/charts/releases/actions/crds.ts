/** crds/: installed before everything else if they are not there, never changed and never deleted. */
import { errorMessage } from '#base/logger.ts';
import type { Chart, CrdFile } from '#platform/charts/chart.ts';
import { copyChart, crdFiles } from '#platform/charts/chart.ts';
import { processDependencies } from '#platform/charts/dependencies.ts';
import { clientSide, createObjects } from '#platform/charts/releases/cluster/create.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, isReleaseProblem } from '#platform/charts/releases/errors.ts';
import { waitForReady } from '#platform/charts/releases/wait/wait.ts';
import type { Table } from '#platform/charts/values/table.ts';

const establishMs = 60_000;
const decoder = new TextDecoder();

/** The CRDs of a chart and of those of its subcharts that the values leave switched on. */
export function enabledCrds(chart: Chart, values: Table): CrdFile[] {
  if (crdFiles(chart).length === 0) return [];
  const copy = copyChart(chart);
  // What there is to be warned of is said when the chart is rendered.
  processDependencies(copy, values, () => {});
  return crdFiles(copy);
}

/** Resolves once all new CRDs are established; kinds are asked for anew then. */
export async function installCrds(
  context: ReleaseContext,
  crds: readonly CrdFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const created: ReleaseObject[] = [];
  for (const { file } of crds) {
    const failed = (error: unknown): never => {
      throw new ReleaseError(`failed to install CRD ${file.name}: ${errorMessage(error)}`);
    };
    const objects = await buildObjects(context, decoder.decode(file.data)).catch(failed);
    try {
      await createObjects(context, objects, clientSide);
      created.push(...objects);
    } catch (error) {
      if (!isReleaseProblem(error, 'Exists')) failed(error);
      context.debug(`CRD ${objects[0]?.key.name} is already present. Skipping.`);
    }
  }
  if (created.length === 0) return;
  await waitForReady(context, created, { timeoutMs: establishMs, jobs: 'ignore', signal });
  context.resources.forget();
}
