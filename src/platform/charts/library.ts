/**
 * What users of `wheelhouse/charts` get: charts, values, rendering, linting and releases on any Kubernetes, without Node.
 *
 *   import { loadChart, parseValues, renderChart, manifestText, defaultCapabilities, helmFunctions } from 'wheelhouse/charts';
 *   const chart = await loadChart(files, { unpack, warn });        // files: { name: 'Chart.yaml', data: Uint8Array }, …
 *   const rendered = await renderChart(chart, {
 *     release: { name: 'web', namespace: 'default', revision: 1, action: 'install' },
 *     capabilities: defaultCapabilities, values: parseValues('replicas: 2', 'values'), functions: helmFunctions(ports),
 *     notes: 'root', schemas: 'check', warn,
 *   });
 *   manifestText(rendered);
 *
 * Time, chance and cryptography of templates are ports (TemplatePorts); `wheelhouse/charts/node` has them for Node.
 */
import { defaultApiVersions, defaultKubeVersion } from '#platform/charts/capabilities.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';

export type { Capabilities, KubeVersion } from '#platform/charts/capabilities.ts';
export { parseKubeVersion } from '#platform/charts/capabilities.ts';
export type { Chart, ChartFile, Dependency, Metadata } from '#platform/charts/chart.ts';
export { ChartError } from '#platform/charts/chart.ts';
export type { LoadPorts } from '#platform/charts/load.ts';
export { loadChart, parseValues } from '#platform/charts/load.ts';
export { checkDependencies } from '#platform/charts/dependencies.ts';
export type { Table, Value } from '#platform/charts/values/table.ts';
export { plainOf, valueOf } from '#platform/charts/values/table.ts';
export { mergeTables } from '#platform/charts/values/merge.ts';
export { setValues } from '#platform/charts/values/strvals.ts';
export type { SetStyle } from '#platform/charts/values/strvals.ts';
export type { RenderOptions, RenderedChart } from '#platform/charts/render/render.ts';
export { RenderError, renderChart } from '#platform/charts/render/render.ts';
export { manifestText, templateOutput } from '#platform/charts/template-output.ts';
export type { LintInput, LintMessage } from '#platform/charts/lint/input.ts';
export { lintChart } from '#platform/charts/lint/lint.ts';
export { helmFunctions } from '#lang/gotemplate/sprig/helm.ts';
export type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';
export type { Hook, Release, ReleaseInfo, ReleaseStatus } from '#platform/charts/release.ts';
export type { ReleaseContext, ReleasePorts } from '#platform/charts/releases/context.ts';
export { releaseContext } from '#platform/charts/releases/context.ts';
export { ReleaseError } from '#platform/charts/releases/errors.ts';
export { installRelease } from '#platform/charts/releases/actions/install.ts';
export { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
export { rollbackRelease } from '#platform/charts/releases/actions/rollback.ts';
export { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';
export { listReleases } from '#platform/charts/releases/actions/list.ts';
export { getRelease, getValues, historyOfRelease } from '#platform/charts/releases/actions/get.ts';
export { testRelease } from '#platform/charts/releases/actions/test.ts';
export { detectDrift, planUpgrade } from '#platform/charts/releases/review/plan.ts';

/** What Helm assumes without a cluster. */
export const defaultCapabilities: Capabilities = { kubeVersion: defaultKubeVersion, apiVersions: defaultApiVersions };
