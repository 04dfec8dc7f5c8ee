/**
 * A chart as the files of its archive, in Helm's order: Chart.yaml, Chart.lock, values.yaml, values.schema.json, templates,
 * all other files, then the same of each subchart below charts/.
 */
import { printYaml } from '#lang/yaml/print.ts';
import type { Chart, ChartFile, Lock, Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { validateMetadata } from '#platform/charts/metadata.ts';
import { encodeLock, encodeMetadata } from '#platform/charts/release-json.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `nginx-1.2.3.tgz`. */
export function archiveName({ metadata }: Chart): string {
  return `${metadata.name}-${metadata.version}.tgz`;
}

/** The files of an archive, below a folder of the chart's name. Throws {@link ChartError} if the chart is not valid. */
export function packFiles(chart: Chart): ChartFile[] {
  try {
    validateMetadata(chart.metadata);
  } catch (error) {
    throw new ChartError(`chart validation: ${(error as Error).message}`);
  }
  return filesBelow(chart, '');
}

function filesBelow(chart: Chart, parent: string): ChartFile[] {
  const { metadata, lock, schema } = chart;
  const base = `${parent}${metadata.name}`;
  if (/[/\\]/.test(metadata.name) || metadata.name === '')
    throw new ChartError(`${JSON.stringify(metadata.name)} is not a valid chart name`);
  const files: ChartFile[] = [{ name: 'Chart.yaml', data: encoder.encode(chartYaml(metadata)) }];
  if (metadata.apiVersion === 'v2' && lock !== undefined)
    files.push({ name: 'Chart.lock', data: encoder.encode(printLock(lock)) });
  files.push(...chart.raw.filter(({ name }) => name === 'values.yaml'));
  if (schema !== undefined) files.push({ name: 'values.schema.json', data: checkedSchema(schema) });
  files.push(...chart.templates, ...chart.files);
  return [
    ...files.map(({ name, data }) => ({ name: `${base}/${name}`, data })),
    ...chart.dependencies.flatMap((dependency) => filesBelow(dependency, `${base}/charts/`)),
  ];
}

/** Chart.yaml of an archive; charts of version 1 have their dependencies in requirements.yaml. */
function chartYaml(metadata: Metadata): string {
  const shown = metadata.apiVersion === 'v1' ? { ...metadata, dependencies: undefined } : metadata;
  return printYaml(JSON.parse(encodeMetadata(shown)));
}

/** The text of Chart.lock. */
export function printLock(lock: Lock): string {
  return printYaml(JSON.parse(encodeLock(lock)));
}

function checkedSchema(schema: Uint8Array): Uint8Array {
  try {
    JSON.parse(decoder.decode(schema));
    return schema;
  } catch {
    throw new ChartError('Invalid JSON in values.schema.json');
  }
}
