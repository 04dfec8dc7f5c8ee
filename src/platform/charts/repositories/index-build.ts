/** Making and writing an index.yaml: what `repo index` does with the charts of a folder. */
import { printYaml } from '#lang/yaml/print.ts';
import type { Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { compareCodePoints, goJson, goJsonString, goStruct, optionalText } from '#platform/charts/go-json.ts';
import { validateMetadata } from '#platform/charts/metadata.ts';
import { metadataEntries } from '#platform/charts/release-json.ts';
import type { ChartVersion, IndexFile } from '#platform/charts/repositories/index-file.ts';
import { hasVersion, sortVersions } from '#platform/charts/repositories/index-file.ts';
import { urlJoin } from '#platform/charts/repositories/url.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** A packed chart that an index should name. */
export interface IndexedArchive {
  readonly metadata: Metadata;
  /** The file's name; its folder is part of `folder`. */
  readonly file: string;
  /** Relative to the repository's root; empty for the root itself. */
  readonly folder: string;
  /** SHA-256 of the archive, in hex. */
  readonly digest: string;
  /** RFC 3339. */
  readonly created: string;
}

/** An index without charts. */
export function emptyIndex(generated: string): IndexFile {
  return { apiVersion: 'v1', generated, entries: new Map(), publicKeys: [], annotations: {}, serverInfo: {} };
}

/** The index of archives below a base URL (empty: relative URLs). Throws {@link ChartError} for a chart that is not valid. */
export function buildIndex(archives: readonly IndexedArchive[], url: string, generated: string): IndexFile {
  const entries = new Map<string, ChartVersion[]>();
  for (const { metadata, file, folder, digest, created } of archives) {
    try {
      validateMetadata(metadata);
    } catch (error) {
      throw new ChartError(
        `failed adding to ${file} to index: validate failed for ${file}: ${(error as Error).message}`,
      );
    }
    const parent = urlJoin(url, folder);
    const place = parent === '' ? file : urlJoin(parent, file);
    const version = { metadata, urls: [place], created, removed: false, digest, deprecated: {} };
    const list = entries.get(metadata.name);
    if (list === undefined) entries.set(metadata.name, [version]);
    else list.push(version);
  }
  return sorted({ ...emptyIndex(generated), entries });
}

/** With the versions of another index that this one lacks. */
export function mergeIndex(index: IndexFile, other: IndexFile): IndexFile {
  const entries = new Map([...index.entries].map(([name, versions]) => [name, [...versions]]));
  for (const version of [...other.entries.values()].flat()) {
    const { name, version: text } = version.metadata;
    if (hasVersion({ ...index, entries }, name, text)) continue;
    const list = entries.get(name);
    if (list === undefined) entries.set(name, [version]);
    else list.push(version);
  }
  return sorted({ ...index, entries });
}

function sorted(index: IndexFile): IndexFile {
  const entries = new Map([...index.entries].map(([name, versions]) => [name, sortVersions(versions)]));
  return { ...index, entries };
}

/** The JSON text of Go's struct, without white space. */
export function encodeIndex(index: IndexFile): string {
  const names = [...index.entries.keys()].sort(compareCodePoints);
  const entries = names.map((name) => `${goJsonString(name)}:${encodeVersions(index.entries.get(name) ?? [])}`);
  const { annotations, publicKeys, serverInfo } = index;
  return goStruct([
    ['serverInfo', isEmpty(serverInfo) ? undefined : goJson(valueOf(serverInfo))],
    ['apiVersion', goJsonString(index.apiVersion)],
    ['generated', goJsonString(index.generated)],
    ['entries', `{${entries.join(',')}}`],
    ['publicKeys', publicKeys.length === 0 ? undefined : goJson([...publicKeys])],
    ['annotations', isEmpty(annotations) ? undefined : goJson(valueOf(annotations))],
  ]);
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0;
}

function encodeVersions(versions: readonly ChartVersion[]): string {
  return `[${versions.map(encodeVersion).join(',')}]`;
}

function encodeVersion(version: ChartVersion): string {
  const { deprecated } = version;
  return goStruct([
    ...metadataEntries(version.metadata),
    ['urls', version.urls === undefined ? 'null' : goJson([...version.urls])],
    ['created', goJsonString(version.created)],
    ['removed', version.removed ? 'true' : undefined],
    ['digest', optionalText(version.digest)],
    ['checksum', optionalText(deprecated.checksum ?? '')],
    ['engine', optionalText(deprecated.engine ?? '')],
    ['tillerVersion', optionalText(deprecated.tillerVersion ?? '')],
    ['url', optionalText(deprecated.url ?? '')],
  ]);
}

/** The file's text, YAML or indented JSON. */
export function printIndex(index: IndexFile, format: 'yaml' | 'json'): string {
  const json = encodeIndex(index);
  return format === 'yaml' ? printYaml(JSON.parse(json)) : indentJson(json);
}

/** Go's json.MarshalIndent with two spaces: escapes stay as they are. */
function indentJson(json: string): string {
  let text = '';
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < json.length; at++) {
    const char = json.charAt(at);
    if (char === '"') {
      const end = stringEnd(json, at);
      text += json.slice(at, end);
      at = end - 1;
    } else if (char === '{' || char === '[') {
      const isEmptyPair = json.charAt(at + 1) === (char === '{' ? '}' : ']');
      depth++;
      text += isEmptyPair ? `${char}${json.charAt(++at)}` : char + line();
      if (isEmptyPair) depth--;
    } else if (char === '}' || char === ']') {
      depth--;
      text += line() + char;
    } else text += char === ',' ? `,${line()}` : char === ':' ? ': ' : char;
  }
  return text;
}

function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}
