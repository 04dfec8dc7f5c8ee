/**
 * Rendered files to documents: split at `---`, hooks apart from manifests, both in the order in which kinds are installed.
 */
import { YamlError } from '#lang/yaml/to-json.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { unmarshalMessage } from '#platform/charts/metadata.ts';
import { installRank, uninstallRank } from '#platform/charts/kind-order.ts';
import type { Hook, HookEvent } from '#platform/charts/release.ts';
import type { Table, Value } from '#platform/charts/values/table.ts';
import { isTable } from '#platform/charts/values/table.ts';
import { readYamlValue } from '#platform/charts/values/yaml-values.ts';

/** One document of a rendered file. */
export interface Manifest {
  /** Path of the file, `chart/templates/x.yaml`. */
  readonly name: string;
  readonly content: string;
  readonly apiVersion: string;
  readonly kind: string;
}

/** What the rendered files hold. */
export interface SortedManifests {
  readonly hooks: readonly Hook[];
  readonly manifests: readonly Manifest[];
}

/** Sorts the rendered files (path → text). Throws {@link ChartError} with the file that is no YAML. */
export function sortManifests(files: ReadonlyMap<string, string>, warn: (message: string) => void): SortedManifests {
  const hooks: Hook[] = [];
  const manifests: Manifest[] = [];
  for (const path of [...files.keys()].sort()) {
    const text = files.get(path) ?? '';
    if (baseName(path).startsWith('_') || text.trim() === '') continue;
    for (const content of splitManifests(text)) {
      const head = readHead(content, path);
      const events = head.annotations?.get('helm.sh/hook');
      if (events === undefined) {
        manifests.push({ name: path, content, apiVersion: head.apiVersion, kind: head.kind });
        continue;
      }
      const hook = hookOf(head, { path, content, events });
      if (hook === undefined) warn(`info: skipping unknown hook: ${JSON.stringify(events)}`);
      else hooks.push(hook);
    }
  }
  return { hooks: hooks.sort(byInstallOrder), manifests: manifests.sort(byInstallOrder) };
}

/** The documents of a recorded manifest in the order in which they go; hooks are not among them. Throws {@link ChartError}. */
export function sortForUninstall(documents: readonly string[]): Manifest[] {
  const manifests: Manifest[] = [];
  for (const [index, content] of documents.entries()) {
    const name = `manifest-${index}`;
    const { apiVersion, kind, annotations } = readHead(content, name);
    if (annotations?.has('helm.sh/hook') !== true) manifests.push({ name, content, apiVersion, kind });
  }
  return manifests.sort((a, b) => byRank(a, b, uninstallRank));
}

type Kinded = { readonly kind: string };

function byInstallOrder(a: Kinded, b: Kinded): number {
  return byRank(a, b, installRank);
}

function byRank(a: Kinded, b: Kinded, rank: (kind: string) => number | undefined): number {
  const left = rank(a.kind);
  const right = rank(b.kind);
  if (left !== undefined && right !== undefined) return left - right;
  if (left !== undefined) return -1;
  if (right !== undefined) return 1;
  return a.kind === b.kind ? 0 : a.kind < b.kind ? -1 : 1;
}

const isBlank = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d || code === 0x0c;

/**
 * The documents of a text, trimmed, empty ones left out. A separator takes the blanks around it, so that of two in a row the
 * second one belongs to the document, as in Helm.
 */
export function splitManifests(text: string): string[] {
  const source = text.trim();
  const documents: string[] = [];
  let from = 0;
  for (let at = source.indexOf('---'); at >= 0; at = source.indexOf('---', at)) {
    if (at !== 0 && (at <= from || source.charCodeAt(at - 1) !== 0x0a)) {
      at++;
      continue;
    }
    let end = at;
    while (end > from && isBlank(source.charCodeAt(end - 1))) end--;
    if (end > from) documents.push(source.slice(from, end).trim());
    at += 3;
    while (at < source.length && isBlank(source.charCodeAt(at))) at++;
    from = at;
  }
  if (from < source.length) documents.push(source.slice(from).trim());
  return documents;
}

interface Head {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly annotations: ReadonlyMap<string, string> | undefined;
}

function readHead(content: string, path: string): Head {
  try {
    const fields = tableOf(readYamlValue(content), 'value of type releaseutil.SimpleHead');
    const metadata = tableOf(fields.get('metadata'), 'struct field SimpleHead.metadata of type struct');
    const annotations = metadata.get('annotations');
    return {
      apiVersion: textField(fields.get('apiVersion'), 'SimpleHead.apiVersion'),
      kind: textField(fields.get('kind'), 'SimpleHead.kind'),
      name: textField(metadata.get('name'), 'SimpleHead.metadata.name'),
      annotations: annotations === undefined || annotations === null ? undefined : annotationsOf(annotations),
    };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new ChartError(`YAML parse error on ${path}: ${unmarshalMessage(error.message)}`);
  }
}

function annotationsOf(value: Value): Map<string, string> {
  const place = 'SimpleHead.metadata.annotations';
  const fields = tableOf(value, `struct field ${place} of type map[string]string`);
  return new Map([...fields].map(([key, field]) => [key, textField(field, place)]));
}

function tableOf(value: Value | undefined, place: string): Table {
  if (value === undefined || value === null) return new Map();
  if (isTable(value)) return value;
  throw new YamlError(`json: cannot unmarshal ${jsonKind(value)} into Go ${place}`);
}

function textField(value: Value | undefined, place: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object')
    throw new YamlError(`json: cannot unmarshal ${jsonKind(value)} into Go struct field ${place} of type string`);
  return String(value);
}

function jsonKind(value: Value): string {
  if (Array.isArray(value)) return 'array';
  if (isTable(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const hookEvents: ReadonlyMap<string, HookEvent> = new Map<string, HookEvent>([
  ['pre-install', 'pre-install'],
  ['post-install', 'post-install'],
  ['pre-delete', 'pre-delete'],
  ['post-delete', 'post-delete'],
  ['pre-upgrade', 'pre-upgrade'],
  ['post-upgrade', 'post-upgrade'],
  ['pre-rollback', 'pre-rollback'],
  ['post-rollback', 'post-rollback'],
  ['test', 'test'],
  ['test-success', 'test'],
]);

function hookOf(
  head: Head,
  source: { readonly path: string; readonly content: string; readonly events: string },
): Hook | undefined {
  const events = words(source.events).map((word) => hookEvents.get(word));
  if (events.includes(undefined)) return undefined;
  const weight = head.annotations?.get('helm.sh/hook-weight') ?? '';
  return {
    name: head.name,
    kind: head.kind,
    path: source.path,
    manifest: source.content,
    events: events.filter((event) => event !== undefined),
    lastRun: { startedAt: '', completedAt: '', phase: '' },
    weight: /^[+-]?\d+$/.test(weight) ? Number(weight) : 0,
    deletePolicies: listOf(head, 'helm.sh/hook-delete-policy'),
    outputLogPolicies: listOf(head, 'helm.sh/hook-output-log-policy'),
  };
}

function listOf(head: Head, annotation: string): string[] {
  const text = head.annotations?.get(annotation);
  return text === undefined ? [] : words(text);
}

function words(text: string): string[] {
  return text.split(',').map((word) => word.trim().toLowerCase());
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
