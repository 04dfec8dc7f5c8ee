/**
 * index.yaml of a chart repository: which charts there are, in which versions, newest first.
 *
 *   const index = readIndex(text, 'https://charts.example.com', warn);
 *   findVersion(index, 'nginx', '^15');   // the exact version if there is one of that name, else the newest that fits
 */
import { parseConstraint, matchesConstraint } from '#lang/semver/constraint.ts';
import type { Version } from '#lang/semver/version.ts';
import { compareVersions, parseVersion } from '#lang/semver/version.ts';
import { YamlError, yamlToJson } from '#lang/yaml/to-json.ts';
import type { Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { readIndexMetadata, unmarshalMessage, validateMetadata } from '#platform/charts/metadata.ts';
import { normalizeTime, zeroTime } from '#platform/charts/go-time.ts';

/** One version of a chart. */
export interface ChartVersion {
  readonly metadata: Metadata;
  /** Absolute, or relative to the repository; undefined if the index gives none. */
  readonly urls: readonly string[] | undefined;
  /** RFC 3339; {@link zeroTime} if unknown. */
  readonly created: string;
  readonly removed: boolean;
  /** Of the archive: SHA-256 in hex, empty if unknown. */
  readonly digest: string;
  /** Fields of old indexes, kept for whoever writes the index again. */
  readonly deprecated: Readonly<Partial<Record<(typeof deprecatedFields)[number], string>>>;
}

const deprecatedFields = ['checksum', 'engine', 'tillerVersion', 'url'] as const;

/** The whole file. */
export interface IndexFile {
  readonly apiVersion: string;
  readonly generated: string;
  /** By name; versions are sorted, newest first. */
  readonly entries: ReadonlyMap<string, readonly ChartVersion[]>;
  readonly publicKeys: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads an index, YAML or JSON. Entries that are no charts are left out with a warning. Throws {@link ChartError}: the file is
 * empty, no YAML, has a field that Helm does not know (YAML only), or no apiVersion.
 */
export function readIndex(text: string, source: string, warn: (message: string) => void): IndexFile {
  if (text === '') throw new ChartError('empty index.yaml file');
  const json = parseJson(text);
  try {
    return indexOf(json === undefined ? parseYaml(text) : fieldsOf(json, ''), { source, warn });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new ChartError(json === undefined ? unmarshalMessage(error.message) : error.message);
  }
}

function indexOf(fields: Fields, scope: ReadScope): IndexFile {
  const entries = new Map<string, readonly ChartVersion[]>();
  for (const [name, list] of Object.entries(fieldsOf(fields['entries'], 'entries')))
    entries.set(name, sortVersions(readVersions(name, listOf(list, 'entries'), scope)));
  const apiVersion = textOf(fields['apiVersion']);
  if (apiVersion === '') throw new ChartError('no API version specified');
  return {
    apiVersion,
    generated: normalizeTime(textOf(fields['generated'])) ?? zeroTime,
    entries,
    publicKeys: listOf(fields['publicKeys'], 'publicKeys').map(textOf),
    annotations: fieldsOf(fields['annotations'], 'annotations') as Readonly<Record<string, string>>,
    serverInfo: fieldsOf(fields['serverInfo'], 'serverInfo'),
  };
}

function parseYaml(text: string): Fields {
  const { json, duplicates } = yamlToJson(text);
  if (duplicates.length > 0) throw new YamlError(duplicates[0] ?? '');
  const fields = fieldsOf(JSON.parse(json), '');
  refuseUnknown(fields);
  return fields;
}

/** Undefined if the text is no JSON. */
function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const indexFields = namesOf('serverInfo apiVersion generated entries publicKeys annotations');
const metadataFields =
  'name home sources version description keywords maintainers icon apiVersion condition tags appVersion deprecated ' +
  'annotations kubeVersion dependencies type';
const versionFields = namesOf(`${metadataFields} urls created removed digest ${deprecatedFields.join(' ')}`);
const maintainerFields = namesOf('name email url');
const dependencyFields = namesOf('name version repository condition tags enabled import-values alias');

/** Go compares names of fields without regard to case. */
function namesOf(names: string): ReadonlySet<string> {
  return new Set(names.toLowerCase().split(' '));
}

function refuseUnknown(index: Fields): void {
  checkNames(index, indexFields);
  for (const list of Object.values(fieldsOf(index['entries'], 'entries'))) {
    if (!Array.isArray(list)) continue;
    for (const version of list) {
      checkNames(version, versionFields);
      checkEach((version as Fields | null)?.['maintainers'], maintainerFields);
      checkEach((version as Fields | null)?.['dependencies'], dependencyFields);
    }
  }
}

function checkEach(list: unknown, known: ReadonlySet<string>): void {
  if (Array.isArray(list)) for (const item of list) checkNames(item, known);
}

function checkNames(value: unknown, known: ReadonlySet<string>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const name of Object.keys(value))
    if (!known.has(name.toLowerCase())) throw new YamlError(`json: unknown field ${JSON.stringify(name)}`);
}

function fieldsOf(value: unknown, name: string): Fields {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Fields;
  throw mismatch(value, name);
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw mismatch(value, name);
}

function mismatch(value: unknown, name: string): YamlError {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const target = {
    entries: 'Go struct field IndexFile.entries of type map[string]repo.ChartVersions',
    urls: 'Go struct field ChartVersion.entries.urls of type []string',
  }[name];
  const place = target ?? (name === '' ? 'Go value of type repo.IndexFile' : `Go struct field IndexFile.${name}`);
  return new YamlError(`json: cannot unmarshal ${kind} into ${place}`);
}

function textOf(value: unknown): string {
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}

interface ReadScope {
  readonly source: string;
  warn(message: string): void;
}

function readVersions(chart: string, list: readonly unknown[], scope: ReadScope): ChartVersion[] {
  const versions: ChartVersion[] = [];
  for (const item of list.toReversed()) {
    const from = `from ${scope.source}`;
    if (item === null) {
      scope.warn(`skipping loading invalid entry for chart ${JSON.stringify(chart)} ${from}: empty entry`);
      continue;
    }
    const fields = fieldsOf(item, 'entries');
    const problem = readInto(versions, fields);
    if (problem === undefined) continue;
    const which = `${JSON.stringify(chart)} ${JSON.stringify(textOf(fields['version']))}`;
    scope.warn(`skipping loading invalid entry for chart ${which} ${from}: ${problem}`);
  }
  return versions.reverse();
}

/** Adds a version, or says why it is no valid chart. */
function readInto(versions: ChartVersion[], fields: Fields): string | undefined {
  try {
    const version = readVersion(fields);
    const problem = problemOf(version.metadata);
    if (problem === undefined) versions.push(version);
    return problem;
  } catch (error) {
    if (!(error instanceof ChartError)) throw error;
    return error.message;
  }
}

function problemOf(metadata: Metadata): string | undefined {
  try {
    validateMetadata(metadata);
  } catch (error) {
    const { message } = error as Error;
    return message.startsWith('validation: more than one dependency with name or alias') ? undefined : message;
  }
  return undefined;
}

function readVersion(fields: Fields): ChartVersion {
  const deprecated: Partial<Record<(typeof deprecatedFields)[number], string>> = {};
  for (const name of deprecatedFields) if (textOf(fields[name]) !== '') deprecated[name] = textOf(fields[name]);
  return {
    metadata: readIndexMetadata(fields),
    urls: fields['urls'] === undefined ? undefined : listOf(fields['urls'], 'urls').map(textOf),
    created: normalizeTime(textOf(fields['created'])) ?? zeroTime,
    removed: fields['removed'] === true,
    digest: textOf(fields['digest']),
    deprecated,
  };
}

/** Newest first; equal ones keep their order. Texts that are no versions come last. */
export function sortVersions(versions: readonly ChartVersion[]): ChartVersion[] {
  const keyed = versions.map((entry) => ({ entry, version: versionOf(entry.metadata.version) }));
  keyed.sort((a, b) => {
    if (a.version === undefined || b.version === undefined) return a.version === b.version ? 0 : a.version ? -1 : 1;
    return compareVersions(b.version, a.version);
  });
  return keyed.map(({ entry }) => entry);
}

function versionOf(text: string): Version | undefined {
  try {
    return parseVersion(text);
  } catch {
    return undefined;
  }
}

/** The version that is meant: the very text, else the newest in the range; empty means any release. Throws {@link ChartError}. */
export function findVersion(index: IndexFile, chart: string, range: string): ChartVersion {
  const versions = index.entries.get(chart);
  if (versions === undefined) throw new ChartError('no chart name found');
  if (versions.length === 0) throw new ChartError('no chart version found');
  const constraint = constraintOf(range === '' ? '*' : range);
  const found =
    (range === '' ? undefined : versions.find(({ metadata }) => metadata.version === range)) ??
    versions.find(({ metadata }) => {
      const version = versionOf(metadata.version);
      return version !== undefined && matchesConstraint(constraint, version);
    });
  if (found === undefined) throw new ChartError(`no chart version found for ${chart}-${range}`);
  return found;
}

function constraintOf(range: string): ReturnType<typeof parseConstraint> {
  try {
    return parseConstraint(range);
  } catch (error) {
    throw new ChartError((error as Error).message);
  }
}

/** Whether an index has a version, as {@link findVersion} would answer. */
export function hasVersion(index: IndexFile, chart: string, range: string): boolean {
  try {
    findVersion(index, chart, range);
    return true;
  } catch {
    return false;
  }
}
