/** What users of `wheelhouse/charts/node` get: the ports of `wheelhouse/charts` for this machine. */
export { loadChartAt } from '#cmd/helm/chart/charts.ts';
export { templateFunctions } from '#cmd/helm/functions.ts';
export { unpackChart } from '#host/charts/archive.ts';
export { releaseCompression } from '#host/charts/release-compression.ts';
export { nodeTemplatePorts } from '#host/template-crypto.ts';
export { systemClock } from '#host/system-clock.ts';
export { systemRandom } from '#host/system-random.ts';
