/**
 * Files to a chart. Reading folders and unpacking archives is the host's part (host/charts); subcharts that are archives
 * inside the chart come back through the `unpack` port.
 */
import { YamlError } from '#lang/yaml/to-json.ts';
import type { Chart, ChartFile, Metadata } from '#platform/charts/chart.ts';
import { ChartError, setDependencies } from '#platform/charts/chart.ts';
import {
  emptyMetadata,
  parseLock,
  parseMetadata,
  parseRequirements,
  unmarshalMessage,
  validateMetadata,
} from '#platform/charts/metadata.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { isTable } from '#platform/charts/values/table.ts';
import { readYamlValue } from '#platform/charts/values/yaml-values.ts';

/** What loading needs of the world. */
export interface LoadPorts {
  /** The files of a .tgz below its first folder, limits and paths checked; rejects with the reason. */
  unpack(archive: Uint8Array): Promise<readonly ChartFile[]>;
  /** A line for standard error, Go's log.Printf. */
  warn(message: string): void;
}

const decoder = new TextDecoder();

/**
 * What all archives inside a chart may unpack to, archives inside those included. Deviation: Helm limits each alone, so that a few
 * kilobytes can take all memory.
 */
const maxUnpackedBytes = 256 * 1024 * 1024;
/** What an entry costs beside its data: its tar header. */
const entryBytes = 512;

/** Builds the chart of a folder's or archive's files. Rejects with {@link ChartError}; the message is Helm's. */
export function loadChart(files: readonly ChartFile[], ports: LoadPorts): Promise<Chart> {
  return loadFiles(files, { ...ports, unpack: limited(ports.unpack) });
}

function limited(unpack: LoadPorts['unpack']): LoadPorts['unpack'] {
  let left = maxUnpackedBytes;
  return async (archive) => {
    const files = await unpack(archive);
    for (const { data } of files) left -= data.length + entryBytes;
    if (left >= 0) return files;
    throw new ChartError(`decompressed subcharts are larger than the maximum size ${maxUnpackedBytes}`);
  };
}

async function loadFiles(files: readonly ChartFile[], ports: LoadPorts): Promise<Chart> {
  const draft: Draft = { metadata: undefined, lock: undefined, values: new Map(), schema: undefined };
  const chartYaml = files.findLast(({ name }) => name === 'Chart.yaml');
  if (chartYaml !== undefined) draft.metadata = parseMetadata(textOf(chartYaml));
  const kept: ChartFile[] = [];
  const templates: ChartFile[] = [];
  const subcharts = new Map<string, ChartFile[]>();
  for (const file of files) {
    if (file.name.startsWith('templates/')) templates.push(file);
    else if (file.name.startsWith('charts/') && !file.name.endsWith('.prov')) addSubchartFile(subcharts, file);
    else if (readSpecial(file, draft, ports)) kept.push(file);
  }
  const { metadata } = draft;
  if (metadata === undefined) throw new ChartError('Chart.yaml file is missing');
  validateMetadata(metadata);
  const { lock, values, schema } = draft;
  const chart: Chart = {
    metadata,
    lock,
    templates,
    files: kept,
    raw: files,
    values,
    schema,
    dependencies: [],
    parent: undefined,
  };
  setDependencies(chart, await loadSubcharts(metadata.name, subcharts, ports));
  return chart;
}

interface Draft {
  metadata: Metadata | undefined;
  lock: Chart['lock'];
  values: Table;
  schema: Uint8Array | undefined;
}

/** Takes a file that has a meaning; true if templates see it among `.Files`. */
function readSpecial(file: ChartFile, draft: Draft, ports: LoadPorts): boolean {
  switch (file.name) {
    case 'Chart.yaml':
      return false;
    case 'Chart.lock':
      draft.lock = parseLock(textOf(file), file.name);
      return false;
    case 'values.yaml':
      draft.values = parseValues(textOf(file), 'cannot load values.yaml');
      return false;
    case 'values.schema.json':
      draft.schema = file.data;
      return false;
    case 'requirements.yaml':
      draft.metadata ??= emptyMetadata();
      if (draft.metadata.apiVersion !== 'v1')
        ports.warn(
          'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.',
        );
      draft.metadata.dependencies = parseRequirements(textOf(file)) ?? draft.metadata.dependencies;
      return draft.metadata.apiVersion === 'v1';
    case 'requirements.lock':
      draft.metadata ??= emptyMetadata();
      draft.lock = parseLock(textOf(file), file.name);
      if (draft.metadata.apiVersion !== 'v1')
        ports.warn(
          'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". We recommend migrating to Chart.lock.',
        );
      return draft.metadata.apiVersion === 'v1';
    default:
      return true;
  }
}

/** A values file as a table. Throws {@link ChartError}: `<prefix>: <what YAML says>`. */
export function parseValues(text: string, prefix: string): Table {
  try {
    const value = readYamlValue(text);
    if (value === null) return new Map();
    if (isTable(value)) return value;
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new YamlError(`json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new ChartError(`${prefix}: ${unmarshalMessage(error.message)}`);
  }
}

function addSubchartFile(subcharts: Map<string, ChartFile[]>, file: ChartFile): void {
  const name = file.name.slice('charts/'.length);
  const folder = name.split('/', 1)[0] ?? '';
  const list = subcharts.get(folder);
  const inner = { name, data: file.data };
  if (list === undefined) subcharts.set(folder, [inner]);
  else list.push(inner);
}

/** In the order of their names; Helm's own order changes from run to run. */
async function loadSubcharts(
  parent: string,
  subcharts: ReadonlyMap<string, ChartFile[]>,
  ports: LoadPorts,
): Promise<Chart[]> {
  const charts: Chart[] = [];
  for (const name of [...subcharts.keys()].sort()) {
    if (name.startsWith('_') || name.startsWith('.')) continue;
    try {
      charts.push(await loadSubchart(parent, name, subcharts.get(name) ?? [], ports));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new ChartError(`error unpacking subchart ${name} in ${parent}: ${error.message}`);
    }
  }
  return charts;
}

async function loadSubchart(
  parent: string,
  name: string,
  files: readonly ChartFile[],
  ports: LoadPorts,
): Promise<Chart> {
  const first = files[0];
  if (!name.endsWith('.tgz') || first === undefined) {
    const inner = files
      .filter((file) => file.name.includes('/'))
      .map((file) => ({ name: file.name.slice(file.name.indexOf('/') + 1), data: file.data }));
    return loadFiles(inner, ports);
  }
  if (first.name !== name)
    throw new ChartError(`error unpacking subchart tar in ${parent}: expected ${name}, got ${first.name}`);
  return loadFiles(await ports.unpack(first.data), ports);
}

function textOf(file: ChartFile): string {
  return decoder.decode(file.data);
}
