/**
 * A chart in memory: its files sorted by what Helm does with them, and its subcharts. A chart is loaded once and may be
 * rendered often: whoever changes one (dependency processing) works on {@link copyChart}.
 */
import type { Table } from '#platform/charts/values/table.ts';

/** A file of a chart; the name is relative to the chart's folder, with `/` between steps. */
export interface ChartFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** One maintainer in Chart.yaml. */
export interface Maintainer {
  name: string;
  email: string;
  url: string;
}

/** An entry of Chart.yaml's `dependencies`, or of requirements.yaml. */
export interface Dependency {
  name: string;
  version: string;
  repository: string;
  condition: string;
  tags: string[];
  enabled: boolean;
  importValues: unknown[];
  alias: string;
}

/** Chart.yaml; absent texts are empty, as templates see them. `undefined` lists were not given. */
export interface Metadata {
  name: string;
  home: string;
  sources: string[] | undefined;
  version: string;
  description: string;
  keywords: string[] | undefined;
  maintainers: Maintainer[] | undefined;
  icon: string;
  apiVersion: string;
  condition: string;
  tags: string;
  appVersion: string;
  deprecated: boolean;
  annotations: Record<string, string> | undefined;
  kubeVersion: string;
  dependencies: Dependency[] | undefined;
  type: string;
}

/** Chart.lock or requirements.lock. */
export interface Lock {
  readonly generated: string;
  readonly digest: string;
  /** Undefined if the file has none, which is not the same as an empty list to a release's record. */
  readonly dependencies: readonly Dependency[] | undefined;
}

/** A chart and its subcharts. `parent` is undefined for the root. */
export interface Chart {
  metadata: Metadata;
  readonly lock: Lock | undefined;
  readonly templates: readonly ChartFile[];
  /** Everything that is neither template nor subchart, crds/ included. */
  readonly files: readonly ChartFile[];
  /** All files as they came, for packing and `show`. */
  readonly raw: readonly ChartFile[];
  values: Table;
  readonly schema: Uint8Array | undefined;
  /** What was fetched for the schema, by address; see schema-documents.ts. */
  remoteSchemas?: ReadonlyMap<string, Uint8Array>;
  dependencies: Chart[];
  parent: Chart | undefined;
}

/** `root/charts/child`: the name under which templates are known. */
export function chartFullPath(chart: Chart): string {
  const { parent, metadata } = chart;
  return parent === undefined ? metadata.name : `${chartFullPath(parent)}/charts/${metadata.name}`;
}

/** Makes charts the subcharts of another one. */
export function setDependencies(chart: Chart, dependencies: Chart[]): void {
  chart.dependencies = dependencies;
  for (const dependency of dependencies) dependency.parent = chart;
}

/** A copy whose metadata, values reference and tree may be changed; files are shared. */
export function copyChart(chart: Chart): Chart {
  const { metadata } = chart;
  const dependencies = metadata.dependencies?.map((dependency) => ({ ...dependency }));
  const copy: Chart = { ...chart, metadata: { ...metadata, dependencies }, dependencies: [], parent: undefined };
  setDependencies(copy, chart.dependencies.map(copyChart));
  return copy;
}

/** A file of crds/ with the path that `# Source:` names. */
export interface CrdFile {
  readonly path: string;
  readonly file: ChartFile;
}

/** The files of crds/ of a chart, then of its subcharts. */
export function crdFiles(chart: Chart): CrdFile[] {
  const own = chart.files
    .filter(({ name }) => name.startsWith('crds/') && /\.(?:yaml|yml|json)$/i.test(name))
    .map((file) => ({ path: `${chartFullPath(chart)}/${file.name}`, file }));
  return [...own, ...chart.dependencies.flatMap(crdFiles)];
}

/** Library charts only lend their partials. */
export function isLibrary(chart: Chart): boolean {
  return chart.metadata.type.toLowerCase() === 'library';
}

/** A chart that cannot be loaded, checked or rendered; the message is Helm's. */
export class ChartError extends Error {
  override name = 'ChartError';
}
