/** `helm template`: renders a chart without a cluster. */
import { chartPath, loadInstallable } from '#cmd/helm/chart/located.ts';
import { readUserValues } from '#cmd/helm/chart/charts.ts';
import { releaseNameAndChart } from '#cmd/helm/chart/release-name.ts';
import type { LiveRendering } from '#cmd/helm/chart/template-live.ts';
import type { TemplateCommandFlags } from '#cmd/helm/chart/template-command.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { namespaceOf } from '#cmd/helm/namespace.ts';
import { defaultApiVersions, defaultKubeVersion, parseKubeVersion } from '#platform/charts/capabilities.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { RenderedChart } from '#platform/charts/render/render.ts';
import { RenderError, renderChart } from '#platform/charts/render/render.ts';
import { checkLabels, checkReleaseName } from '#cmd/helm/chart/release-name.ts';
import { brokenText, manifestText, templateOutput } from '#platform/charts/template-output.ts';

/** The flags that rendering looks at; each may be left out. */
export type TemplateFlags = Partial<TemplateCommandFlags> & { readonly namespace?: string };

/** Prints what the chart renders to, or writes it below --output-dir. */
export async function template(
  flags: TemplateCommandFlags,
  args: readonly string[],
  context: HelmContext,
): Promise<void> {
  const capabilities = capabilitiesOf(flags);
  const { name, reference } = releaseNameAndChart(args, flags, { fallback: 'release-name' });
  const path = await chartPath(reference, flags, context);
  const values = await readUserValues(flags);
  const chart = await loadInstallable(path, flags, context);
  checkDryRun(flags.dryRun);
  const namespace = await namespaceOf(context);
  const rendering = { name, namespace, capabilities, values };
  try {
    const warn = (message: string): void => context.warn(message);
    const rendered = asksCluster(flags)
      ? await onCluster(chart, { ...rendering, flags, context })
      : await render(chart, { ...rendering, flags, warn });
    await print(rendered, { flags, name, context });
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    if (!context.settings.debug)
      throw new ChartError(`${error.message}\n\nUse --debug flag to render out invalid YAML`);
    context.write(brokenText(error));
    throw error;
  }
}

function asksCluster({ validate, dryRun }: TemplateCommandFlags): boolean {
  return validate || /^(?:server|none|false)$/.test(dryRun);
}

async function onCluster(chart: Chart, rendering: LiveRendering): Promise<RenderedChart> {
  checkReleaseName(rendering.name);
  checkLabels(rendering.flags.labels);
  const { renderOnCluster } = await import('#cmd/helm/chart/template-live.ts');
  return renderOnCluster(chart, rendering);
}

interface Rendering {
  readonly name: string;
  readonly namespace: string;
  readonly capabilities: Capabilities;
  readonly values: Awaited<ReturnType<typeof readUserValues>>;
  readonly flags: TemplateFlags;
  warn(message: string): void;
}

async function render(chart: Chart, rendering: Rendering): Promise<RenderedChart> {
  checkReleaseName(rendering.name);
  checkLabels(rendering.flags.labels);
  if (rendering.flags.enableDns !== true) return renderOnce(chart, rendering);
  const { hostByName } = await import('#cmd/helm/host-by-name.ts');
  const { renderWithHosts } = await import('#platform/charts/render/with-hosts.ts');
  return renderWithHosts(hostByName, (answers) => renderOnce(chart, rendering, answers));
}

function renderOnce(
  chart: Chart,
  { name, namespace, flags, warn, capabilities, values }: Rendering,
  hostByName?: (name: string) => string,
): Promise<RenderedChart> {
  return renderChart(chart, {
    ...(hostByName === undefined ? {} : { hostByName }),
    release: { name, namespace, revision: 1, action: flags.isUpgrade === true ? 'upgrade' : 'install' },
    capabilities,
    functions: templateFunctions(),
    values,
    notes: flags.renderSubchartNotes === true ? 'all' : 'root',
    schemas: flags.skipSchemaValidation === true ? 'skip' : 'check',
    warn,
  });
}

interface Printing {
  readonly flags: TemplateCommandFlags;
  readonly name: string;
  readonly context: HelmContext;
}

async function print(rendered: RenderedChart, { flags, name, context }: Printing): Promise<void> {
  const shown = {
    crds: flags.includeCrds ? 'show' : 'hide',
    hooks: flags.noHooks ? 'hide' : 'show',
    tests: flags.skipTests ? 'hide' : 'show',
    showOnly: flags.showOnly,
  } as const;
  if (flags.outputDir === '') {
    const changed = await postRendered(rendered, flags);
    return context.write(templateOutput(rendered, { ...shown, manifests: changed }));
  }
  const { writeManifests } = await import('#cmd/helm/chart/output-folder.ts');
  const folder = flags.releaseName ? `${flags.outputDir}/${name}` : flags.outputDir;
  writeManifests(rendered, { ...shown, folder, crdFolder: flags.outputDir }, (text) => context.write(text));
}

/** What the post-renderer makes of the manifests; undefined without one. */
async function postRendered(rendered: RenderedChart, flags: TemplateCommandFlags): Promise<string | undefined> {
  if (flags.postRenderer === '') return undefined;
  const { runPostRenderer } = await import('#cmd/helm/chart/post-renderer.ts');
  const crds = flags.includeCrds ? 'show' : 'hide';
  try {
    return await runPostRenderer(flags.postRenderer, flags.postRendererArgs, manifestText(rendered, crds));
  } catch (error) {
    throw new RenderError(`error while running post render on files: ${(error as Error).message}`, new Map());
  }
}

/** Renders a chart with a few flags: for measuring and for the corpus. Resolves with what `helm template` prints. */
export async function templateChart(
  args: readonly string[],
  flags: TemplateFlags,
  warn: (message: string) => void,
): Promise<string> {
  const { name, reference } = releaseNameAndChart(args, flags, { fallback: 'release-name' });
  const capabilities = capabilitiesOf(flags);
  const values = await readUserValues(flags);
  const chart = await loadInstallable(reference, flags, { warn });
  try {
    const namespace = flags.namespace ?? 'default';
    const rendered = await render(chart, { name, namespace, capabilities, values, flags, warn });
    return templateOutput(rendered, {
      crds: flags.includeCrds === true ? 'show' : 'hide',
      hooks: flags.noHooks === true ? 'hide' : 'show',
      tests: flags.skipTests === true ? 'hide' : 'show',
      showOnly: flags.showOnly ?? [],
    });
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    throw new ChartError(`${error.message}\n\nUse --debug flag to render out invalid YAML`);
  }
}

function capabilitiesOf(flags: TemplateFlags): Capabilities {
  const given = flags.kubeVersion ?? '';
  return {
    kubeVersion: given === '' ? defaultKubeVersion : parseKubeVersion(given),
    apiVersions: [...defaultApiVersions, ...(flags.apiVersions ?? [])],
  };
}

/** The words that --dry-run takes. Throws {@link ChartError}. */
export function checkDryRun(given: string): void {
  if (/^(?:|false|true|none|client|server)$/.test(given)) return;
  throw new ChartError('Invalid dry-run flag. Flag must one of the following: false, true, none, client, server');
}
