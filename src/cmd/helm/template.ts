/** `wheelhouse helm template`. */
import { loadChartAt, readUserValues } from '#cmd/helm/charts.ts';
import type { ValueFlags } from '#cmd/helm/charts.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { defaultApiVersions, defaultKubeVersion, parseKubeVersion } from '#platform/charts/capabilities.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { checkDependencies } from '#platform/charts/dependencies.ts';
import { RenderError, renderChart } from '#platform/charts/render/render.ts';
import { templateOutput } from '#platform/charts/template-output.ts';

/** Flags of `helm template`. */
export interface TemplateFlags extends ValueFlags {
  readonly namespace?: string;
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
  readonly showOnly?: readonly string[];
  readonly includeCrds?: boolean;
  readonly skipTests?: boolean;
  readonly hooks?: boolean;
  readonly isUpgrade?: boolean;
  readonly skipSchemaValidation?: boolean;
}

/** Renders a chart as `helm template [NAME] CHART` does. Rejects with Helm's message. */
export async function templateChart(
  args: readonly string[],
  flags: TemplateFlags,
  warn: (message: string) => void,
): Promise<string> {
  const [name, path] = args.length === 1 ? ['release-name', args[0] ?? ''] : [args[0] ?? '', args[1] ?? ''];
  const capabilities = capabilitiesOf(flags);
  const values = readUserValues(flags);
  const chart = await loadChartAt(path, warn);
  checkInstallable(chart);
  if (chart.metadata.deprecated) warn('WARNING: This chart is deprecated');
  checkDependencies(chart);
  try {
    const action = flags.isUpgrade === true ? 'upgrade' : 'install';
    const rendered = renderChart(chart, {
      release: { name, namespace: flags.namespace ?? 'default', revision: 1, action },
      capabilities,
      functions: templateFunctions(),
      values,
      notes: 'root',
      schemas: flags.skipSchemaValidation === true ? 'skip' : 'check',
      warn,
    });
    return templateOutput(rendered, {
      crds: flags.includeCrds === true ? 'show' : 'hide',
      hooks: flags.hooks === false ? 'hide' : 'show',
      tests: flags.skipTests === true ? 'hide' : 'show',
      showOnly: flags.showOnly ?? [],
    });
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    throw new ChartError(`${error.message}\n\nUse --debug flag to render out invalid YAML`);
  }
}

function capabilitiesOf(flags: TemplateFlags): Capabilities {
  const extra = (flags.apiVersions ?? []).flatMap((list) => list.split(','));
  return {
    kubeVersion: flags.kubeVersion === undefined ? defaultKubeVersion : parseKubeVersion(flags.kubeVersion),
    apiVersions: [...defaultApiVersions, ...extra],
  };
}

function checkInstallable(chart: Chart): void {
  const { type } = chart.metadata;
  if (type !== '' && type !== 'application') throw new ChartError(`${type} charts are not installable`);
}
