/** `wheelhouse helm show chart|values|readme|crds|all`. */
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import { chartPath } from '#cmd/helm/chart/located.ts';
import type { ShowFlags } from '#cmd/helm/chart/show-command.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { printYaml } from '#lang/yaml/print.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { crdFiles } from '#platform/charts/chart.ts';
import { encodeMetadata } from '#platform/charts/release-json.ts';

/** What is shown of a chart. */
export type ShowPart = 'chart' | 'values' | 'readme' | 'crds' | 'all';

const decoder = new TextDecoder();
const readmeNames = new Set(['readme.md', 'readme.txt', 'readme']);

/** Prints a part of a chart. Rejects if the chart cannot be found or loaded. */
export async function show(
  wanted: { readonly chart: string; readonly part: ShowPart },
  flags: ShowFlags,
  context: HelmContext,
): Promise<void> {
  const path = await chartPath(wanted.chart, flags, context);
  const chart = await loadChartAt(path, (message) => context.warn(message));
  if (wanted.part === 'values' && (flags.jsonpath ?? '') !== '') {
    const { valuesAt } = await import('#cmd/helm/chart/values-path.ts');
    return context.write(valuesAt(chart, flags.jsonpath ?? ''));
  }
  context.write(shownText(chart, wanted.part));
}

function shownText(chart: Chart, part: ShowPart): string {
  const isAll = part === 'all';
  let text = '';
  if (isAll || part === 'chart') text += `${printYaml(JSON.parse(encodeMetadata(chart.metadata)))}\n`;
  if (isAll || part === 'values') text += valuesText(chart, isAll);
  if (isAll || part === 'readme') text += readmeText(chart, isAll);
  if (isAll || part === 'crds') text += crdsText(chart, isAll);
  return text;
}

function valuesText(chart: Chart, isAll: boolean): string {
  const files = chart.raw.filter(({ name }) => name === 'values.yaml');
  if (files.length === 0) return '';
  return (isAll ? '---\n' : '') + files.map(({ data }) => `${decoder.decode(data)}\n`).join('');
}

function readmeText(chart: Chart, isAll: boolean): string {
  const readme = chart.files.find(({ name }) => readmeNames.has(name.toLowerCase()));
  return readme === undefined ? '' : `${isAll ? '---\n' : ''}${decoder.decode(readme.data)}\n`;
}

function crdsText(chart: Chart, isAll: boolean): string {
  const texts = crdFiles(chart).map(({ file }) => `${decoder.decode(file.data)}\n`);
  const first = texts[0];
  return (isAll && first !== undefined && !first.startsWith('---') ? '---\n' : '') + texts.join('');
}
