/** Resources whose objects are worked out when they are asked for (ComponentStatus): get and list, as JSON or a Table. */
import type { ApiResponse } from '#api/handler.ts';
import type { KubeObject } from '#api/object.ts';
import { notFound } from '#api/status.ts';
import { objectResponse } from '#apiserver/negotiate.ts';
import { objectAnswer, partialPrefix, tableText, type View } from '#apiserver/registry/answer.ts';

/** Throws 404. */
export function getComputed(view: View, objects: readonly KubeObject[], name: string): ApiResponse {
  const object = objects.find(({ metadata }) => metadata.name === name);
  if (object === undefined) throw notFound({ group: '', plural: view.endpoint.resource.singular }, name);
  return objectAnswer(view, 200, { object });
}

export function listComputed(view: View, objects: readonly KubeObject[]): ApiResponse {
  const { endpoint, accepted } = view;
  const form = accepted.convert?.kind;
  if (form === 'Table') return objectResponse(200, tableOf(view, objects), accepted);
  if (form !== undefined) {
    const items = objects.map(
      ({ metadata }) => JSON.parse(`${partialPrefix(view)}${JSON.stringify(metadata)}}`) as object,
    );
    const apiVersion = `meta.k8s.io/${accepted.convert?.version ?? 'v1'}`;
    return objectResponse(200, { kind: 'PartialObjectMetadataList', apiVersion, metadata: {}, items }, accepted);
  }
  const items = objects.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  const { listKind: kind, apiVersion } = endpoint;
  return objectResponse(200, { kind, apiVersion, metadata: {}, items }, accepted);
}

interface Table {
  readonly rows: readonly unknown[];
}

function tableOf(view: View, objects: readonly KubeObject[]): object {
  const empty = { metadata: {} } as KubeObject;
  const tables = (objects.length === 0 ? [empty] : objects).map(
    (object) => JSON.parse(tableText(view, { object }, true)) as Table,
  );
  return { ...tables[0], metadata: {}, rows: objects.length === 0 ? [] : tables.flatMap(({ rows }) => rows) };
}
