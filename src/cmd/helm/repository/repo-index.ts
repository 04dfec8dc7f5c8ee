/** `helm repo index DIR`: writes the index of a folder of archives. */
import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { loadIndexFile } from '#cmd/helm/repository/cache.ts';
import { readBytes, writeWhole } from '#cmd/helm/repository/files.ts';
import { localTime } from '#cmd/helm/repository/time.ts';
import { sha256 } from '#cmd/helm/repository/digest.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { IndexedArchive } from '#platform/charts/repositories/index-build.ts';
import { buildIndex, emptyIndex, mergeIndex, printIndex } from '#platform/charts/repositories/index-build.ts';
import type { IndexFile } from '#platform/charts/repositories/index-file.ts';

/** Flags of `helm repo index`. */
export interface RepoIndexFlags {
  readonly url: string;
  readonly merge: string;
  readonly json: boolean;
}

/** Archives in the folder and one level below; those that are no charts are passed over. */
export async function repoIndex(flags: RepoIndexFlags, args: readonly string[], context: HelmContext): Promise<void> {
  const folder = resolve(args[0] ?? '');
  const format = flags.json ? 'json' : 'yaml';
  const paths = [...archivesIn(folder, '*.tgz'), ...archivesIn(folder, '*/*.tgz')];
  const archives: IndexedArchive[] = [];
  for (const path of paths) archives.push(...(await indexed(path, folder, context)));
  let index = buildIndex(archives, flags.url, localTime());
  if (flags.merge !== '') index = mergeIndex(index, existing(flags.merge, format, context));
  writeWhole(join(folder, 'index.yaml'), printIndex(index, format));
}

function archivesIn(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder })
    .sort()
    .map((name) => join(folder, name));
}

async function indexed(path: string, folder: string, context: HelmContext): Promise<IndexedArchive[]> {
  try {
    const { metadata } = await loadChartAt(path, context.warn);
    const parent = relative(folder, dirname(path));
    return [{ metadata, file: basename(path), folder: parent, digest: sha256(readBytes(path)), created: localTime() }];
  } catch {
    return [];
  }
}

/** The index to merge into; an empty one is written if it is not there. */
function existing(path: string, format: 'yaml' | 'json', context: HelmContext): IndexFile {
  if (!existsSync(path)) {
    const index = emptyIndex(localTime());
    writeWhole(path, printIndex(index, format));
    return index;
  }
  try {
    return loadIndexFile(path, context.warn);
  } catch (error) {
    throw new ChartError(`merge failed: ${(error as Error).message}`);
  }
}
