/** `helm get all|values|manifest|hooks|notes|metadata`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { layoutTime, yamlOf } from '#cmd/helm/output.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import type { GetAllFlags, GetMetadataFlags, GetValuesFlags, RevisionFlags } from '#cmd/helm/release/read-commands.ts';
import { hookText, releaseText, valuesYaml } from '#cmd/helm/release/release-text.ts';
import { encodeDependency } from '#platform/charts/release-json.ts';
import { goJson, goJsonString, goStruct, optionalList } from '#platform/charts/go-json.ts';
import type { Release } from '#platform/charts/release.ts';
import { getRelease, getValues } from '#platform/charts/releases/actions/get.ts';

type Args = readonly string[];

function releaseOf(flags: RevisionFlags, [name = '']: Args, context: HelmContext): Promise<Release> {
  return withReleases(context, (releases) => getRelease(releases, name, flags.revision));
}

/** Everything of a release, or what a template makes of it. */
export async function getAll(flags: GetAllFlags, args: Args, context: HelmContext): Promise<void> {
  const release = await releaseOf(flags, args, context);
  if (flags.template === '') return context.write(releaseText(release, { everything: 'read', metadata: true }));
  const { renderText } = await import('#cmd/helm/chart/text-template.ts');
  const { releaseObject } = await import('#cmd/helm/release/release-object.ts');
  context.write(renderText('_', flags.template, releaseObject(release)));
}

export async function getManifest(flags: RevisionFlags, args: Args, context: HelmContext): Promise<void> {
  context.write(`${(await releaseOf(flags, args, context)).manifest}\n`);
}

export async function getHooks(flags: RevisionFlags, args: Args, context: HelmContext): Promise<void> {
  const { hooks } = await releaseOf(flags, args, context);
  context.write(hooks.map((hook) => `${hookText(hook)}\n`).join(''));
}

export async function getNotes(flags: RevisionFlags, args: Args, context: HelmContext): Promise<void> {
  const { notes } = (await releaseOf(flags, args, context)).info;
  if (notes !== '') context.write(`NOTES:\n${notes}\n`);
}

/** What the user gave, or with --all what the templates saw. */
export async function getUserValues(flags: GetValuesFlags, [name = '']: Args, context: HelmContext): Promise<void> {
  const scope = flags.all ? 'all' : 'user';
  const values = await withReleases(context, (releases) => getValues(releases, name, { ...flags, scope }));
  const origin = flags.all ? 'made' : 'read';
  if (flags.output === 'json') return context.write(`${values.size === 0 && !flags.all ? 'null' : goJson(values)}\n`);
  const head = flags.all ? 'COMPUTED VALUES:\n' : 'USER-SUPPLIED VALUES:\n';
  context.write(`${flags.output === 'table' ? head : ''}${valuesYaml(values, origin)}`);
}

export async function getMetadata(flags: GetMetadataFlags, args: Args, context: HelmContext): Promise<void> {
  const release = await releaseOf(flags, args, context);
  if (flags.output === 'table') return context.write(metadataText(release));
  const json = encodeMetadata(release);
  context.write(flags.output === 'json' ? `${json}\n` : yamlOf(json));
}

function deployedAt({ info }: Release): string {
  return layoutTime(info.lastDeployed, '2006-01-02T15:04:05Z07:00');
}

function metadataText(release: Release): string {
  const { name, version, appVersion, annotations = {}, dependencies = [] } = release.chart.metadata;
  const labels = Object.keys(annotations).sort();
  const lines = [
    `NAME: ${release.name}`,
    `CHART: ${name}`,
    `VERSION: ${version}`,
    `APP_VERSION: ${appVersion}`,
    `ANNOTATIONS: ${labels.map((key) => `${key}=${annotations[key]}`).join(',')}`,
    `DEPENDENCIES: ${dependencies
      .map((dependency) => dependency.name)
      .sort()
      .join(',')}`,
    `NAMESPACE: ${release.namespace}`,
    `REVISION: ${release.version}`,
    `STATUS: ${release.info.status}`,
    `DEPLOYED_AT: ${deployedAt(release)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function encodeMetadata(release: Release): string {
  const { name, version, appVersion, annotations = {}, dependencies } = release.chart.metadata;
  const hasAnnotations = Object.keys(annotations).length > 0;
  return goStruct([
    ['name', goJsonString(release.name)],
    ['chart', goJsonString(name)],
    ['version', goJsonString(version)],
    ['appVersion', goJsonString(appVersion)],
    ['annotations', hasAnnotations ? goJson(new Map(Object.entries(annotations))) : undefined],
    ['dependencies', optionalList(dependencies, encodeDependency)],
    ['namespace', goJsonString(release.namespace)],
    ['revision', String(release.version)],
    ['status', goJsonString(release.info.status)],
    ['deployedAt', goJsonString(deployedAt(release))],
  ]);
}
