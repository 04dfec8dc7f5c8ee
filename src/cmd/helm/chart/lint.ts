/** `helm lint`: every chart is judged, then one line counts. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadChartAt, readUserValues } from '#cmd/helm/chart/charts.ts';
import type { LintFlags } from '#cmd/helm/chart/chart-commands.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { namespaceOf } from '#cmd/helm/namespace.ts';
import { unpackChart } from '#host/charts/archive.ts';
import { defaultApiVersions, defaultKubeVersion, parseKubeVersion } from '#platform/charts/capabilities.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import { loadChart } from '#platform/charts/load.ts';
import type { LintInput, LintMessage } from '#platform/charts/lint/input.ts';
import { lintChart } from '#platform/charts/lint/lint.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** Prints the findings. Rejects if a chart has errors (with --strict: or warnings). */
export async function lint(flags: LintFlags, args: readonly string[], context: HelmContext): Promise<void> {
  const roots = args.length === 0 ? ['.'] : args;
  const kubeVersion = flags.kubeVersion === '' ? defaultKubeVersion : parseKubeVersion(flags.kubeVersion);
  const below = flags.withSubcharts ? roots.flatMap((root) => subchartPaths(join(root, 'charts'))) : [];
  const paths = [...roots, ...below];
  const capabilities = { kubeVersion, apiVersions: defaultApiVersions };
  const values = await readUserValues(flags);
  const namespace = await namespaceOf(context);
  let [text, failed, flagged] = ['', 0, 0];
  for (const path of paths) {
    const result = await lintPath(path, { flags, context, values, namespace, capabilities });
    if (result.isFailed) failed++;
    if (result.isFailed || result.messages.some(({ severity }) => severity !== 'INFO')) flagged++;
    else if (flags.quiet) continue;
    text += `==> Linting ${path}\n${result.lines.join('')}\n`;
  }
  context.write(text);
  const summary = `${paths.length} chart(s) linted, ${failed} chart(s) failed`;
  if (failed > 0) throw new Error(summary);
  if (!flags.quiet || flagged > 0) context.write(`${summary}\n`);
}

interface Linting {
  readonly flags: LintFlags;
  readonly context: HelmContext;
  readonly values: Table;
  readonly namespace: string;
  readonly capabilities: Capabilities;
}

interface Result {
  readonly messages: readonly LintMessage[];
  readonly lines: readonly string[];
  readonly isFailed: boolean;
}

async function lintPath(path: string, linting: Linting): Promise<Result> {
  const { flags } = linting;
  const input = /\.(?:tgz|tar\.gz)$/.test(path) ? await archiveInput(path, linting) : folderInput(path, linting);
  if (typeof input === 'string') return { messages: [], lines: [`Error ${input}\n`], isFailed: true };
  const messages = await lintChart(input);
  const lines = messages
    .filter(({ severity }) => !flags.quiet || severity !== 'INFO')
    .map((message) => `[${message.severity}] ${message.path}: ${message.text}\n`);
  const isFailed = messages.some(({ severity }) => severity === 'ERROR' || (flags.strict && severity === 'WARNING'));
  return { messages, lines, isFailed };
}

function common({ flags, context, values, namespace, capabilities }: Linting) {
  return {
    values,
    namespace,
    capabilities,
    schemas: flags.skipSchemaValidation ? 'skip' : 'check',
    functions: templateFunctions(),
    warn: (message: string) => context.warn(message),
  } as const;
}

function folderInput(path: string, linting: Linting): LintInput | string {
  const file = (name: string): Uint8Array | undefined => {
    const at = join(path, name);
    return existsSync(at) && statSync(at).isFile() ? readFileSync(at) : undefined;
  };
  if (!existsSync(join(path, 'Chart.yaml')))
    return `unable to check Chart.yaml file in chart: stat ${join(path, 'Chart.yaml')}: no such file or directory`;
  const templates = statSync(join(path, 'templates'), { throwIfNoEntry: false });
  return {
    ...common(linting),
    folder: resolve(path),
    file,
    templatesIsFile: templates !== undefined && !templates.isDirectory(),
    load: () => loadChartAt(resolve(path), (message) => linting.context.warn(message)),
  };
}

async function archiveInput(path: string, linting: Linting): Promise<LintInput | string> {
  if (!existsSync(path)) return `unable to open tarball: open ${path}: no such file or directory`;
  try {
    const files = await unpackChart(readFileSync(path));
    const warn = (message: string): void => linting.context.warn(message);
    return {
      ...common(linting),
      folder: resolve(path),
      file: (name) => files.find((file) => file.name === name)?.data,
      templatesIsFile: false,
      load: () => loadChart(files, { unpack: unpackChart, warn }),
    };
  } catch (error) {
    return `unable to extract tarball: ${(error as Error).message}`;
  }
}

/** Folders with a Chart.yaml and archives below a folder, in the order of their paths. */
function subchartPaths(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name === 'Chart.yaml') found.push(folder);
    else if (/\.(?:tgz|tar\.gz)$/.test(entry.name)) found.push(path);
    if (entry.isDirectory()) found.push(...subchartPaths(path));
  }
  return found;
}
