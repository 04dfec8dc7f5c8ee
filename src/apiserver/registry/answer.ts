/** One object as an answer: stored bytes, a converted form, a Table of one row, or its metadata alone. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { KubeObject } from '#api/object.ts';
import { StatusError } from '#api/status.ts';
import type { Version } from '#storage/version.ts';
import { type Accepted, negotiate } from '#apiserver/accept.ts';
import { bytesResponse, isPretty, objectResponse } from '#apiserver/negotiate.ts';
import { type Endpoint, servedBytes, servedObject } from '#apiserver/registry/endpoint.ts';
import { parseQuery } from '#apiserver/registry/query.ts';
import { metadataBytes } from '#apiserver/registry/stored-json.ts';
import { includeObject, type IncludeObject, rowCells, tableLayout } from '#apiserver/table/table.ts';

/** How one request wants its answer. */
export interface View {
  readonly endpoint: Endpoint;
  readonly accepted: Accepted;
  /** Of Tables. */
  readonly includes: IncludeObject;
  readonly nowMs: number;
}

/** Reads Accept, ?pretty and ?includeObject. Throws 406 and 400. */
export function viewOf(
  request: ApiRequest,
  endpoint: Endpoint,
  options: { nowMs: number; isCollection: boolean },
): View {
  const offer = { conversions: true, streams: options.isCollection };
  const accepted = negotiate(request.headers['accept'], offer);
  const isTable = accepted.convert?.kind === 'Table';
  const includes = isTable ? includeObject(parseQuery(request.query).get('includeObject')) : 'Metadata';
  const pretty = accepted.pretty || isPretty(request);
  return {
    endpoint,
    accepted: pretty === accepted.pretty ? accepted : { ...accepted, pretty },
    includes,
    nowMs: options.nowMs,
  };
}

/** What is answered with: a version, or an object that was not stored (dry run, deleted). */
export interface Content {
  readonly object: DeepReadonly<KubeObject>;
  readonly version?: Version | undefined;
}

export function objectAnswer(view: View, status: number, content: Content): ApiResponse {
  const { accepted, endpoint } = view;
  if (accepted.convert !== undefined) return objectResponse(status, converted(view, content), accepted);
  if (content.version === undefined) return objectResponse(status, content.object, accepted);
  return bytesResponse(status, servedBytes(endpoint, content.version), accepted);
}

/** A stored version; the object is only parsed if the form asks for it. */
export function versionAnswer(view: View, status: number, version: Version): ApiResponse {
  const { accepted, endpoint } = view;
  if (accepted.convert === undefined) return bytesResponse(status, servedBytes(endpoint, version), accepted);
  return objectAnswer(view, status, { object: servedObject(endpoint, version), version });
}

function converted(view: View, { object, version }: Content): object {
  const { convert } = view.accepted;
  const apiVersion = `meta.k8s.io/${convert?.version ?? 'v1'}`;
  switch (convert?.kind) {
    case 'PartialObjectMetadata':
      return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
    case 'PartialObjectMetadataList':
      throw wrongForm('PartialObjectMetadataList', `is not a list (${goType(view.endpoint)})`);
    default:
      return JSON.parse(tableText(view, { object, version }, true)) as object;
  }
}

/** Go's name of the internal type: `*core.ConfigMap`. */
export function goType({ resource }: Endpoint): string {
  const group = resource.group === '' || resource.group === 'events.k8s.io' ? 'core' : resource.group.split('.')[0];
  return `*${group}.${resource.kind}`;
}

export function wrongForm(asked: string, why: string): StatusError {
  return new StatusError(406, 'NotAcceptable', `you requested ${asked}, but the requested object ${why}`);
}

/** A Table of one row, as JSON. `withColumns` false: columnDefinitions are null, as in all but the first event of a watch. */
export function tableText(view: View, content: Content, withColumns: boolean): string {
  const layout = tableLayout(view.endpoint.resource);
  const head = tableHead(view, withColumns);
  const revision = JSON.stringify(content.object.metadata.resourceVersion ?? '');
  const cells = rowCells(layout, () => content.object, content.version, view.nowMs);
  return `${head}"metadata":{"resourceVersion":${revision}},"rows":[{"cells":[${cells}],"object":${rowObject(view, content)}}]}`;
}

/** The beginning of a Table: kind, apiVersion and columnDefinitions. */
export function tableHead(view: View, withColumns: boolean): string {
  const layout = tableLayout(view.endpoint.resource);
  const version = view.accepted.convert?.version ?? 'v1';
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","columnDefinitions":${withColumns ? layout.definitions : 'null'},`;
}

const decoder = new TextDecoder();

function rowObject(view: View, { object, version }: Content): string {
  switch (view.includes) {
    case 'None':
      return 'null';
    case 'Object':
      return JSON.stringify(object);
    case 'Metadata': {
      const metadata =
        version === undefined ? JSON.stringify(object.metadata) : decoder.decode(metadataBytes(view.endpoint, version));
      return `${partialPrefix(view)}${metadata}}`;
    }
  }
}

/** The beginning of a PartialObjectMetadata, up to the value of metadata. */
export function partialPrefix(view: View): string {
  const version = view.accepted.convert?.version ?? 'v1';
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`;
}
