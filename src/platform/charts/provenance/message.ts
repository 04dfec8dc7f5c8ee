/**
 * What a .prov file signs: Chart.yaml, a document's end, and the sums of the files that belong to the chart.
 *
 *   name: nginx
 *   version: 1.2.3
 *
 *   ...
 *   files:
 *     nginx-1.2.3.tgz: sha256:d31d2f08…
 */
import { loadYaml } from '#lang/yaml/to-json.ts';
import { printYaml } from '#lang/yaml/print.ts';
import type { Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { encodeMetadata } from '#platform/charts/release-json.ts';

const documentEnd = '\n...\n';

/** The text for a chart's archive; `digest` is `sha256:` and hex. */
export function provenanceMessage(metadata: Metadata, file: string, digest: string): string {
  return `${printYaml(JSON.parse(encodeMetadata(metadata)))}${documentEnd}${printYaml({ files: { [file]: digest } })}`;
}

/** The sums by file name. Throws {@link ChartError} if the text is no such message. */
export function messageSums(text: string): ReadonlyMap<string, string> {
  const parts = text.split(documentEnd);
  if (parts.length < 2) throw new ChartError('message block must have at least two parts');
  const value = loadYaml(parts[1] ?? '') as { readonly files?: Readonly<Record<string, unknown>> } | null | undefined;
  const files = typeof value?.files === 'object' && value.files !== null ? value.files : {};
  return new Map(Object.entries(files).map(([name, sum]) => [name, String(sum)]));
}
