/** `helm create`: a new chart from Helm's starter, or from one's own. */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { helmHomes } from '#cmd/helm/settings.ts';
import { printYaml } from '#lang/yaml/print.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { emptyMetadata } from '#platform/charts/metadata.ts';
import { encodeMetadata } from '#platform/charts/release-json.ts';

const placeholder = '<CHARTNAME>';

/** Writes a chart's folder. Rejects with the reason. */
export async function create(
  flags: { readonly starter: string },
  [path = '']: readonly string[],
  context: HelmContext,
): Promise<void> {
  context.write(`Creating ${path}\n`);
  const target = { name: basename(path), parent: dirname(path) };
  if (flags.starter === '') return writeStarter(target, (line) => context.write(`${line}\n`));
  const starters = join(helmHomes(context.environment).data, 'starters');
  const starter = isAbsolute(flags.starter) ? flags.starter : join(starters, flags.starter);
  return writeFromChart(target, starter, context);
}

interface Target {
  readonly name: string;
  readonly parent: string;
}

/** Helm's starter files (Apache-2.0, the Helm Authors; kept as .txt in starter/); the chart's name stands in for the placeholder. */
function writeStarter({ name, parent }: Target, say: (line: string) => void): void {
  checkName(name);
  const folder = join(resolve(parent), name);
  const info = statSync(resolve(parent), { throwIfNoEntry: false });
  if (info === undefined) throw new ChartError(`stat ${resolve(parent)}: no such file or directory`);
  if (!info.isDirectory()) throw new ChartError(`no such directory ${resolve(parent)}`);
  checkFolder(folder);
  const source = join(import.meta.dirname, 'starter');
  for (const file of starterFiles) {
    const to = join(folder, file);
    if (existsSync(to)) say(`WARNING: File ${JSON.stringify(to)} already exists. Overwriting.`);
    const text = readFileSync(join(source, `${file.replace(/^\./, '')}.txt`), 'utf8');
    put(to, text.replaceAll(placeholder, name));
  }
  mkdirSync(join(folder, 'charts'), { recursive: true });
}

/** In the order in which Helm writes them. */
const starterFiles = [
  'Chart.yaml',
  'values.yaml',
  '.helmignore',
  'templates/ingress.yaml',
  'templates/httproute.yaml',
  'templates/deployment.yaml',
  'templates/service.yaml',
  'templates/serviceaccount.yaml',
  'templates/hpa.yaml',
  'templates/NOTES.txt',
  'templates/_helpers.tpl',
  'templates/tests/test-connection.yaml',
];

async function writeFromChart({ name, parent }: Target, starter: string, context: HelmContext): Promise<void> {
  if (!existsSync(starter))
    throw new ChartError(`could not load ${starter}: stat ${starter}: no such file or directory`);
  const chart = await loadChartAt(starter, (line) => context.warn(line)).catch((error: unknown) => {
    throw new ChartError(`could not load ${starter}: ${(error as Error).message}`);
  });
  const folder = join(parent, name);
  checkFolder(folder);
  const metadata = { ...emptyMetadata(), apiVersion: 'v2', name, description: 'A Helm chart for Kubernetes' };
  const own = { ...metadata, type: 'application', version: '0.1.0', appVersion: '0.1.0' };
  put(join(folder, 'Chart.yaml'), printYaml(JSON.parse(encodeMetadata(own))));
  const decoder = new TextDecoder();
  const named = (data: Uint8Array): string => decoder.decode(data).replaceAll(placeholder, name);
  for (const file of chart.raw) if (file.name === 'values.yaml') put(join(folder, file.name), named(file.data));
  if (chart.schema !== undefined) put(join(folder, 'values.schema.json'), chart.schema);
  for (const file of chart.templates) put(join(folder, file.name), named(file.data));
  for (const file of chart.files) put(join(folder, file.name), file.data);
  copySubcharts(starter, folder);
}

/** Deviation: subcharts of a starter are copied as they lie there; Helm packs each into an archive. */
function copySubcharts(starter: string, folder: string): void {
  const source = join(starter, 'charts');
  if (!existsSync(source)) return;
  for (const entry of readdirSync(source, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    put(join(folder, 'charts', from.slice(source.length + 1)), readFileSync(from));
  }
}

function put(path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, data, { mode: 0o644 });
}

function checkName(name: string): void {
  if (name === '' || name.length > 250) throw new ChartError('chart name must be between 1 and 250 characters');
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    throw new ChartError('chart name must match the regular expression "^[a-zA-Z0-9._-]+$"');
}

function checkFolder(folder: string): void {
  const info = statSync(folder, { throwIfNoEntry: false });
  if (info === undefined || info.isDirectory()) return;
  throw new ChartError(`file ${folder} already exists and is not a directory`);
}
