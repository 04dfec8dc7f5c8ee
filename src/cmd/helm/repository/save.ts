/** A loaded chart to an archive on the disk. */
import { join } from 'node:path';
import { makeFolder, writeWhole } from '#cmd/helm/repository/files.ts';
import { packArchive } from '#host/charts/pack.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { archiveName, packFiles } from '#platform/charts/packaging/pack.ts';

/** Writes a chart's archive into a folder; the archive's path. Rejects with {@link ChartError}. */
export async function saveChart(chart: Chart, folder: string): Promise<string> {
  const files = packFiles(chart);
  makeFolder(folder);
  const target = join(folder, archiveName(chart));
  writeWhole(target, await packArchive(files, Date.now()));
  return target;
}
