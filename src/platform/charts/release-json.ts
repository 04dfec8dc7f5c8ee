/**
 * A release as Helm stores it: the JSON that lies, gzipped and in base64, in `data.release` of the Secret
 * `sh.helm.release.v1.<name>.v<version>`. Keys stand in the order of Go's structs, so that the text equals Helm's.
 */
import { toBase64 } from '#platform/charts/base64.ts';
import type { Chart, ChartFile, Dependency, Lock, Metadata } from '#platform/charts/chart.ts';
import { goJson, goJsonString, goStruct, optionalList, optionalText } from '#platform/charts/go-json.ts';
import type { Hook, HookRun, Release, ReleaseInfo } from '#platform/charts/release.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** The JSON text of a release. Subcharts are not stored, as in Helm. */
export function encodeRelease(release: Release, shown: ReleaseJson = {}): string {
  return goStruct([
    ['name', optionalText(release.name)],
    ['info', encodeInfo(release.info, shown.resources)],
    ['chart', shown.chart === 'left out' ? undefined : encodeChart(release.chart)],
    ['config', release.config.size === 0 ? undefined : goJson(release.config)],
    ['manifest', optionalText(release.manifest)],
    ['hooks', optionalList(release.hooks, encodeHook)],
    ['version', release.version === 0 ? undefined : String(release.version)],
    ['namespace', optionalText(release.namespace)],
    ['apply_method', optionalText(release.applyMethod)],
  ]);
}

/** How a printed release differs from a recorded one. */
export interface ReleaseJson {
  readonly chart?: 'left out';
  /** JSON of the live objects by kind. */
  readonly resources?: string | undefined;
}

function encodeInfo(info: ReleaseInfo, resources: string | undefined): string {
  return goStruct([
    ['first_deployed', goJsonString(info.firstDeployed)],
    ['last_deployed', goJsonString(info.lastDeployed)],
    ['deleted', goJsonString(info.deleted)],
    ['description', optionalText(info.description)],
    ['status', optionalText(info.status)],
    ['notes', optionalText(info.notes)],
    ['resources', resources],
  ]);
}

function encodeHook(hook: Hook): string {
  return goStruct([
    ['name', optionalText(hook.name)],
    ['kind', optionalText(hook.kind)],
    ['path', optionalText(hook.path)],
    ['manifest', optionalText(hook.manifest)],
    ['events', optionalList(hook.events, goJsonString)],
    ['last_run', encodeRun(hook.lastRun)],
    ['weight', hook.weight === 0 ? undefined : String(hook.weight)],
    ['delete_policies', optionalList(hook.deletePolicies, goJsonString)],
    ['output_log_policies', optionalList(hook.outputLogPolicies, goJsonString)],
  ]);
}

function encodeRun(run: HookRun): string {
  return goStruct([
    ['started_at', goJsonString(run.startedAt)],
    ['completed_at', goJsonString(run.completedAt)],
    ['phase', goJsonString(run.phase)],
  ]);
}

function encodeChart(chart: Chart): string {
  const hasValues = chart.values.size > 0 || chart.raw.some(({ name }) => name === 'values.yaml');
  return goStruct([
    ['metadata', encodeMetadata(chart.metadata)],
    ['lock', chart.lock === undefined ? 'null' : encodeLock(chart.lock)],
    ['templates', encodeFiles(chart.templates)],
    ['values', hasValues ? goJson(chart.values) : 'null'],
    ['schema', chart.schema === undefined ? 'null' : `"${toBase64(chart.schema)}"`],
    ['files', encodeFiles(chart.files)],
  ]);
}

function encodeFiles(files: readonly ChartFile[]): string {
  if (files.length === 0) return 'null';
  const shown = files.map(({ name, data }) =>
    goStruct([
      ['name', goJsonString(name)],
      ['data', `"${toBase64(data)}"`],
    ]),
  );
  return `[${shown.join(',')}]`;
}

/** Chart.yaml as Go's JSON. */
export function encodeMetadata(metadata: Metadata): string {
  return goStruct(metadataEntries(metadata));
}

/** The fields of Chart.yaml in struct order; absent ones are undefined. */
export function metadataEntries(metadata: Metadata): [string, string | undefined][] {
  const { annotations } = metadata;
  const hasAnnotations = annotations !== undefined && Object.keys(annotations).length > 0;
  return [
    ['name', optionalText(metadata.name)],
    ['home', optionalText(metadata.home)],
    ['sources', optionalList(metadata.sources, goJsonString)],
    ['version', optionalText(metadata.version)],
    ['description', optionalText(metadata.description)],
    ['keywords', optionalList(metadata.keywords, goJsonString)],
    ['maintainers', optionalList(metadata.maintainers, encodeMaintainer)],
    ['icon', optionalText(metadata.icon)],
    ['apiVersion', optionalText(metadata.apiVersion)],
    ['condition', optionalText(metadata.condition)],
    ['tags', optionalText(metadata.tags)],
    ['appVersion', optionalText(metadata.appVersion)],
    ['deprecated', metadata.deprecated ? 'true' : undefined],
    ['annotations', hasAnnotations ? goJson(valueOf(annotations)) : undefined],
    ['kubeVersion', optionalText(metadata.kubeVersion)],
    ['dependencies', optionalList(metadata.dependencies, encodeDependency)],
    ['type', optionalText(metadata.type)],
  ];
}

function encodeMaintainer(maintainer: { name: string; email: string; url: string }): string {
  return goStruct([
    ['name', optionalText(maintainer.name)],
    ['email', optionalText(maintainer.email)],
    ['url', optionalText(maintainer.url)],
  ]);
}

/** An entry of `dependencies` as Go's JSON. */
export function encodeDependency(dependency: Dependency): string {
  return goStruct([
    ['name', goJsonString(dependency.name)],
    ['version', optionalText(dependency.version)],
    ['repository', goJsonString(dependency.repository)],
    ['condition', optionalText(dependency.condition)],
    ['tags', optionalList(dependency.tags, goJsonString)],
    ['enabled', dependency.enabled ? 'true' : undefined],
    ['import-values', optionalList(dependency.importValues, (value) => goJson(valueOf(value)))],
    ['alias', optionalText(dependency.alias)],
  ]);
}

/** Chart.lock as Go's JSON. */
export function encodeLock(lock: Lock): string {
  return goStruct([
    ['generated', goJsonString(lock.generated)],
    ['digest', goJsonString(lock.digest)],
    [
      'dependencies',
      lock.dependencies === undefined ? 'null' : `[${lock.dependencies.map(encodeDependency).join(',')}]`,
    ],
  ]);
}
