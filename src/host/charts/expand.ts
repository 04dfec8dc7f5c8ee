/** An archive to files below a folder. Nothing is written outside the chart's own folder, through links that lie there either. */
import { lstatSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ArchiveError, unpackChart } from '#host/charts/archive.ts';

const maxLinks = 255;

/** Unpacks a chart into a folder of its name. `chartName` reads the name from Chart.yaml. Rejects with {@link ArchiveError}. */
export async function expandChart(
  archive: Uint8Array,
  folder: string,
  chartName: (chartYaml: string) => string,
): Promise<void> {
  const files = await unpackChart(archive);
  const metadata = files.findLast(({ name }) => name === 'Chart.yaml');
  const name = metadata === undefined ? '' : chartName(new TextDecoder().decode(metadata.data));
  checkName(name);
  const root = resolve(folder);
  const chartFolder = insideOf(root, name);
  if (chartFolder === root)
    throw new ArchiveError(`chart name ${JSON.stringify(name)} resolves to the extraction root`);
  for (const file of files) {
    const path = insideOf(chartFolder, file.name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, file.data, { mode: 0o644 });
  }
}

function checkName(name: string): void {
  if (name === '') throw new ArchiveError('chart name not specified');
  if (name === '.' || name === '..') throw new ArchiveError(`chart name ${JSON.stringify(name)} is not allowed`);
  if (name.includes('/')) throw new ArchiveError(`chart name ${JSON.stringify(name)} must not contain path separators`);
}

/** A path below a root as if the root were the whole file system: `..` and links lead no further than it. */
function insideOf(root: string, path: string): string {
  const pending = path.split('/').reverse();
  const steps: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const step = pending.pop() ?? '';
    if (step === '' || step === '.') continue;
    if (step === '..') {
      steps.pop();
      continue;
    }
    const here = join(root, ...steps, step);
    const target = linkTarget(here);
    if (target === undefined) {
      steps.push(step);
      continue;
    }
    if (++links > maxLinks) throw new ArchiveError(`too many levels of symbolic links: ${path}`);
    if (target.startsWith('/')) steps.length = 0;
    pending.push(...target.split('/').reverse());
  }
  return join(root, ...steps);
}

function linkTarget(path: string): string | undefined {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}
