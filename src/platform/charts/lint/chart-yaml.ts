/** Rules for Chart.yaml. */
import { parseConstraint, matchesConstraint } from '#lang/semver/constraint.ts';
import { isValidVersion, parseVersion } from '#lang/semver/version.ts';
import { loadYaml } from '#lang/yaml/to-json.ts';
import { rawSource } from '#base/exact-json.ts';
import type { Metadata } from '#platform/charts/chart.ts';
import type { LintInput, Report } from '#platform/charts/lint/input.ts';
import { textOf } from '#platform/charts/lint/input.ts';
import { isEmail, isRequestUrl, isUrl } from '#platform/charts/lint/formats.ts';
import { parseMetadata } from '#platform/charts/metadata.ts';

const path = 'Chart.yaml';

/** Reports what is wrong with Chart.yaml; a file that cannot be read gets that one message. */
export function lintChartYaml(input: LintInput, report: Report): void {
  const text = textOf(input.file(path)) ?? '';
  const read = readFile(text);
  if ('error' in read) {
    report('ERROR', path, `unable to parse YAML\n\t${read.error}`);
    return;
  }
  const { metadata, fields } = read;
  report('ERROR', path, nameFailure(metadata));
  report('ERROR', path, apiVersionFailure(fields['apiVersion']));
  report('ERROR', path, typeFailure(fields, 'version'));
  report('ERROR', path, versionFailure(metadata.version));
  report('ERROR', path, typeFailure(fields, 'appVersion'));
  report('ERROR', path, maintainerFailure(metadata, fields));
  const source = metadata.sources?.find((url) => url === '' || !isRequestUrl(url));
  report('ERROR', path, source === undefined ? undefined : `invalid source URL '${source}'`);
  report('INFO', path, metadata.icon === '' ? 'icon is recommended' : undefined);
  const { icon } = metadata;
  report('ERROR', path, icon !== '' && !isRequestUrl(icon) ? `invalid icon URL '${icon}'` : undefined);
  report('ERROR', path, onlyInVersion2(metadata, fields));
  report('ERROR', path, dependencyFailure(metadata, fields));
}

type Fields = Readonly<Record<string, unknown>>;

function readFile(text: string): { readonly metadata: Metadata; readonly fields: Fields } | { readonly error: string } {
  try {
    return { metadata: parseMetadata(text), fields: (loadYaml(text) ?? {}) as Fields };
  } catch (error) {
    return { error: (error as Error).message.replace(/^cannot load Chart\.yaml: /, '') };
  }
}

function nameFailure({ name }: Metadata): string | undefined {
  if (name === '') return 'name is required';
  return name.includes('/') || name === '.' ? `chart name ${JSON.stringify(name)} is invalid` : undefined;
}

function apiVersionFailure(given: unknown): string | undefined {
  const words = 'The value must be either "v1" or "v2"';
  if (given === undefined || given === null || given === '') return `apiVersion is required. ${words}`;
  return given === 'v1' || given === 'v2' ? undefined : `apiVersion '${String(given)}' is not valid. ${words}`;
}

function typeFailure(fields: Fields, key: string): string | undefined {
  if (!(key in fields) || typeof fields[key] === 'string') return undefined;
  return `${key} should be of type string but it's of type ${goType(fields[key])}`;
}

function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || rawSource(value as object) !== undefined) return 'float64';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

const anyVersion = parseConstraint('>0.0.0-0');

function versionFailure(version: string): string | undefined {
  if (version === '') return 'version is required';
  if (!isValidVersion(version)) return `version '${version}' is not a valid SemVer`;
  if (matchesConstraint(anyVersion, parseVersion(version))) return undefined;
  return `version ${version.replace(/^v/, '')} is less than or equal to 0.0.0-0`;
}

function maintainerFailure(metadata: Metadata, fields: Fields): string | undefined {
  if (Array.isArray(fields['maintainers']) && fields['maintainers'].includes(null))
    return 'a maintainer entry is empty';
  for (const { name, email, url } of metadata.maintainers ?? []) {
    if (name === '') return 'each maintainer requires a name';
    if (email !== '' && !isEmail(email)) return `invalid email '${email}' for maintainer '${name}'`;
    if (url !== '' && !isUrl(url)) return `invalid url '${url}' for maintainer '${name}'`;
  }
  return undefined;
}

function onlyInVersion2({ type }: Metadata, { apiVersion }: Fields): string | undefined {
  if (type === '' || apiVersion === 'v2') return undefined;
  return `chart type is not valid in apiVersion '${String(apiVersion ?? '')}'. It is valid in apiVersion 'v2'`;
}

function dependencyFailure({ dependencies }: Metadata, { apiVersion }: Fields): string | undefined {
  if ((dependencies ?? []).length === 0 || apiVersion === 'v2') return undefined;
  return (
    `dependencies are not valid in the Chart file with apiVersion '${String(apiVersion ?? '')}'. ` +
    "They are valid in apiVersion 'v2'"
  );
}
