/** Objects of `-f`: files, folders (their .yaml, .yml and .json files), `-` for standard input. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadAllYaml } from '#lang/yaml/to-json.ts';
import type { HasMetadata } from '#api/object.ts';
import { Failure } from '#cmd/failure.ts';

export interface Manifest {
  readonly object: HasMetadata;
  /** A path, or `STDIN`. */
  readonly source: string;
}

/** In the order of the files and of the documents in them; Lists are taken apart. Throws a Failure with the path. */
export function readManifests(paths: readonly string[], isRecursive: boolean): Manifest[] {
  const manifests = paths.flatMap((path) => filesOf(path, isRecursive)).flatMap(documentsOf);
  if (manifests.length === 0) throw new Failure('no objects passed to apply');
  return manifests;
}

function filesOf(path: string, isRecursive: boolean): string[] {
  if (path === '-') return [path];
  if (/^https?:\/\//.test(path)) throw new Failure(`${path} is a URL: fetch it yourself and pass it to -f -`);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure(`the path "${path}" does not exist`);
  if (!stat.isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return isRecursive ? filesOf(join(path, entry.name), true) : [];
      return /\.(ya?ml|json)$/.test(entry.name) ? [join(path, entry.name)] : [];
    });
}

function documentsOf(path: string): Manifest[] {
  const source = path === '-' ? 'STDIN' : path;
  let documents: unknown[];
  try {
    documents = loadAllYaml(readFileSync(path === '-' ? 0 : path, 'utf8'));
  } catch (error) {
    throw new Failure(`error parsing ${source}: error converting YAML to JSON: ${(error as Error).message}`);
  }
  return documents.flatMap((document) => objectsOf(document, source));
}

function objectsOf(document: unknown, source: string): Manifest[] {
  if (document === null || document === undefined) return [];
  const object = document as HasMetadata & { items?: readonly unknown[] };
  if (typeof object !== 'object' || Array.isArray(object))
    throw new Failure(`${source} holds something that is no object`);
  for (const field of ['apiVersion', 'kind'] as const)
    if (object[field] === undefined)
      throw new Failure(`error validating "${source}": error validating data: ${field} not set`);
  if (object.kind?.endsWith('List') === true && Array.isArray(object.items))
    return object.items.flatMap((item) => objectsOf(item, source));
  return [{ object: { ...object, metadata: object.metadata ?? {} }, source }];
}
