/** A chart and the user's values to manifests, hooks and notes: what install, upgrade and `helm template` have in common. */
import type { FunctionTable } from '#lang/gotemplate/value.ts';
import { isCompatibleRange } from '#lang/semver/constraint.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError, copyChart } from '#platform/charts/chart.ts';
import { processDependencies } from '#platform/charts/dependencies.ts';
import type { Manifest } from '#platform/charts/manifests.ts';
import { sortManifests } from '#platform/charts/manifests.ts';
import type { Hook } from '#platform/charts/release.ts';
import type { EngineInput, ReleaseFacts } from '#platform/charts/render/engine.ts';
import { renderTemplates } from '#platform/charts/render/engine.ts';
import type { Lookup } from '#platform/charts/render/helm-functions.ts';
import { validateValues, withValidator } from '#platform/charts/schema.ts';
import { coalesceValues } from '#platform/charts/values/coalesce.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** What a chart is rendered with. */
export interface RenderOptions {
  readonly release: ReleaseFacts;
  readonly capabilities: Capabilities;
  /** The user's values: -f and --set. */
  readonly values: Table;
  readonly notes: 'root' | 'all';
  readonly schemas: 'check' | 'skip';
  /** Sprig and Helm's own functions (lang/gotemplate/sprig), made with the ports of the machine. */
  readonly functions: FunctionTable;
  /** Instead of the usual limits on steps, output, depth and time. */
  readonly limits?: EngineInput['limits'];
  readonly lookup?: Lookup;
  readonly hostByName?: (name: string) => string;
  warn(message: string): void;
}

/** A rendered chart. */
export interface RenderedChart {
  /** The chart as it takes part: dependencies processed. */
  readonly chart: Chart;
  readonly hooks: readonly Hook[];
  readonly manifests: readonly Manifest[];
  readonly notes: string;
}

/** A failure after the values were accepted; Helm then offers to show what there is with --debug. */
export class RenderError extends ChartError {
  /** The files that were rendered, if it came so far. */
  readonly files: ReadonlyMap<string, string>;
  constructor(message: string, files: ReadonlyMap<string, string>) {
    super(message);
    this.files = files;
  }
}

/** Renders a chart; the loaded chart is not changed. Rejects with {@link ChartError}, from the templates on {@link RenderError}. */
export async function renderChart(loaded: Chart, options: RenderOptions): Promise<RenderedChart> {
  let warnings: string[] = [];
  try {
    return await withValidator(() => {
      // A second run says the same again.
      warnings = [];
      return renderNow(loaded, { ...options, warn: (message) => warnings.push(message) });
    });
  } finally {
    for (const message of warnings) options.warn(message);
  }
}

function renderNow(loaded: Chart, options: RenderOptions): RenderedChart {
  const { warn, capabilities, release } = options;
  const chart = copyChart(loaded);
  processDependencies(chart, options.values, warn);
  const values = coalesceValues(chart, options.values, { mode: 'coalesce', warn });
  if (options.schemas === 'check') validateValues(chart, values);
  let files = new Map<string, string>();
  try {
    checkKubeVersion(chart, capabilities);
    const { lookup, hostByName } = options;
    const functions = { base: options.functions, mode: 'render', lookup, hostByName, warn } as const;
    files = renderTemplates({ chart, values, release, capabilities, functions, strict: false, limits: options.limits });
    const notes = takeNotes(files, chart, options.notes);
    return { chart, notes, ...sortManifests(files, warn) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new RenderError(error.message, files);
  }
}

function checkKubeVersion(chart: Chart, { kubeVersion }: Capabilities): void {
  const range = chart.metadata.kubeVersion;
  if (range === '' || isCompatibleRange(range, kubeVersion.version)) return;
  throw new ChartError(
    `chart requires kubeVersion: ${range} which is incompatible with Kubernetes ${kubeVersion.version}`,
  );
}

/** Takes every NOTES.txt out of the files; the root's comes first where subcharts' are wanted, too. */
function takeNotes(files: Map<string, string>, chart: Chart, wanted: 'root' | 'all'): string {
  const own = `${chart.metadata.name}/templates/NOTES.txt`;
  const notes: string[] = [];
  for (const [path, text] of [...files].toReversed()) {
    if (!path.endsWith('NOTES.txt')) continue;
    if (wanted === 'all' || path === own) notes.push(text);
    files.delete(path);
  }
  return notes.join('\n');
}
