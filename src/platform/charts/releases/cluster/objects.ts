/** A manifest's text to objects with the resources they belong to. */
import { loadYaml } from '#lang/yaml/to-json.ts';
import { errorMessage } from '#base/logger.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import type { ApiResource } from '#client/api-discovery.ts';
import { splitManifests } from '#platform/charts/manifests.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, aggregatedFailures } from '#platform/charts/releases/errors.ts';

/** One object of a release. The object belongs to whoever built it and may be changed until it is sent. */
export interface ReleaseObject {
  readonly resource: ApiResource;
  readonly key: ObjectKey;
  readonly object: KubeObject;
  /** Path of the template it came from; '' if the manifest does not say. */
  readonly source: string;
  /** The document as it was rendered; of a List the whole list. */
  readonly text: string;
}

/** An object that could not be written, and why. */
export interface ObjectFailure {
  readonly object: ReleaseObject;
  readonly error: unknown;
}

interface Document {
  readonly object: KubeObject;
  readonly source: string;
  readonly text: string;
}

/**
 * The objects of a manifest in its order, Lists taken apart; namespaced ones without a namespace get the release's. Throws
 * a ReleaseError with everything that is wrong: documents that are no objects, kinds that the cluster does not have.
 */
export async function buildObjects(context: ReleaseContext, manifest: string): Promise<ReleaseObject[]> {
  const problems: string[] = [];
  const objects: ReleaseObject[] = [];
  for (const document of splitManifests(manifest).flatMap((text) => documentsOf(text, problems))) {
    const { object, source, text } = document;
    const { apiVersion = '', kind = '' } = object;
    const name = object.metadata?.name ?? '';
    const resource = await context.resources.findAnew(apiVersion, kind);
    if (resource === undefined) {
      problems.push(noMatch(object));
      continue;
    }
    object.metadata ??= {};
    const namespace = resource.namespaced ? object.metadata.namespace || context.namespace : '';
    if (resource.namespaced) object.metadata.namespace = namespace;
    objects.push({ resource, key: { namespace, name }, object, source, text });
  }
  if (problems.length > 0) throw new ReleaseError(aggregatedFailures(problems));
  return objects;
}

function noMatch(object: KubeObject): string {
  const { name = '', namespace = '' } = object.metadata ?? {};
  return `resource mapping not found for name: "${name}" namespace: "${namespace}" from "": no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`;
}

function documentsOf(text: string, problems: string[]): Document[] {
  let value: unknown;
  try {
    value = loadYaml(text);
  } catch (error) {
    problems.push(`error parsing : error converting YAML to JSON: ${errorMessage(error)}`);
    return [];
  }
  if (value === null || value === undefined) return [];
  const problem = objectProblem(value);
  if (problem !== undefined) {
    problems.push(problem);
    return [];
  }
  const source = /^# Source: (.+)$/m.exec(text)?.[1] ?? '';
  return itemsOf(value as KubeObject).map((object) => ({ object, source, text }));
}

function objectProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value))
    return `error validating "": error validating data: couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  const { apiVersion, kind } = value as KubeObject;
  const missing = [
    ...(typeof apiVersion === 'string' && apiVersion !== '' ? [] : ['apiVersion not set']),
    ...(typeof kind === 'string' && kind !== '' ? [] : ['kind not set']),
  ];
  return missing.length === 0
    ? undefined
    : `error validating "": error validating data: ${aggregatedFailures(missing)}`;
}

function itemsOf(object: KubeObject): KubeObject[] {
  const items = object['items'];
  if (!Array.isArray(items) || object.kind?.endsWith('List') !== true) return [object];
  return (items as KubeObject[]).flatMap(itemsOf);
}

/** `ConfigMap "web" in namespace "default"`. */
export function objectText({ resource, key }: ReleaseObject): string {
  return `${resource.kind} "${key.name}" in namespace "${key.namespace}"`;
}

/** Whether two entries are the same object, in whichever version. */
export function isSameObject(a: ReleaseObject, b: ReleaseObject): boolean {
  return (
    a.key.name === b.key.name &&
    a.key.namespace === b.key.namespace &&
    a.resource.kind === b.resource.kind &&
    a.resource.group === b.resource.group
  );
}
