/**
 * The one implementation of {@link Client}: builds an ApiRequest, calls a Handler, reads the answer. The Handler is the
 * API server's own function (in process) or host/http/client.ts (any Kubernetes over TLS); this file cannot tell.
 *
 *   const client = createClient(server.handle, { userAgent: 'deployment-controller', user: systemMasters });
 */
import type { ApiRequest, ApiResponse, Handler, UserInfo } from '#api/handler.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { apiVersionOf, resourcePath } from '#api/resource-ref.ts';
import { isNotFound } from '#api/status.ts';
import type {
  CallOptions,
  Client,
  DeleteCallOptions,
  KubeList,
  ListOptions,
  PatchType,
  RawRequest,
  WatchOptions,
  WriteCallOptions,
} from '#client/client.ts';
import { readBody, statusErrorOf } from '#client/response-body.ts';
import { watchEvents } from '#client/watch-stream.ts';

export interface ClientOptions {
  /** The `user-agent` header; controllers use their name. It is also the default field manager. */
  readonly userAgent: string;
  /** Set only in process: the server trusts it and skips authentication. */
  readonly user?: UserInfo;
}

/** A client over `handler`. It holds no state: make as many as there are names. */
export function createClient(handler: Handler, options: ClientOptions): Client {
  const call = caller(handler, options);
  const json = async <R>(request: RawRequest): Promise<R> => JSON.parse(await readText(await call(request))) as R;
  const write = <R>(method: string, path: string, body: unknown, callOptions: WriteCallOptions = {}): Promise<R> =>
    json({
      method,
      path,
      query: writeQuery(callOptions),
      body: encode(body),
      headers: jsonContent,
      ...signalOf(callOptions),
    });

  const client: Client = {
    get: (resource, key, callOptions = {}) =>
      json({ method: 'GET', path: itemPath(resource, key, callOptions.subresource), ...signalOf(callOptions) }),
    async find<T extends HasMetadata>(
      resource: ResourceRef<T>,
      key: ObjectKey,
      callOptions?: CallOptions,
    ): Promise<T | undefined> {
      try {
        return await client.get(resource, key, callOptions);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    list: (resource, listOptions = {}) => json({ method: 'GET', ...listRequest(resource, listOptions) }),
    create: (resource, object, callOptions) =>
      write('POST', resourcePath(resource, object.metadata.namespace), typed(resource, object), callOptions),
    update: (resource, object, callOptions) =>
      write('PUT', itemPath(resource, keyOf(object), callOptions?.subresource), typed(resource, object), callOptions),
    updateStatus: (resource, object, callOptions) =>
      write('PUT', itemPath(resource, keyOf(object), 'status'), typed(resource, object), callOptions),
    patch: (resource, key, patch, patchOptions) =>
      json({
        method: 'PATCH',
        path: itemPath(resource, key, patchOptions.subresource),
        query: writeQuery(patchOptions),
        body: encode(patch),
        headers: { 'content-type': patchContentType[patchOptions.type] },
        ...signalOf(patchOptions),
      }),
    async delete(resource, key, deleteOptions = {}) {
      await readBody(await call(deleteRequest(itemPath(resource, key), '', deleteOptions)));
    },
    async deleteCollection(resource, deleteOptions) {
      const { path, query } = listRequest(resource, deleteOptions);
      await readBody(await call(deleteRequest(path, query, deleteOptions)));
    },
    createSubresource: (resource, key, subresource, body, callOptions) =>
      write('POST', itemPath(resource, key, subresource), body, callOptions),
    watch: (resource, watchOptions) =>
      watchEvents(
        (signal) => call({ method: 'GET', ...watchRequest(resource, watchOptions), signal }),
        watchOptions.signal,
      ),
    request: call,
  };
  return client;
}

type Call = (request: RawRequest) => Promise<ApiResponse>;

const neverAborted = new AbortController().signal;
const jsonContent = { 'content-type': 'application/json' };
const patchContentType: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function caller(handler: Handler, options: ClientOptions): Call {
  const peer: ApiRequest['peer'] = options.user === undefined ? { address: '' } : { address: '', user: options.user };
  const common = { accept: 'application/json', 'user-agent': options.userAgent };
  return async (request) => {
    const response = await handler({
      method: request.method,
      path: request.path,
      query: request.query ?? '',
      headers: request.headers === undefined ? common : { ...common, ...request.headers },
      peer,
      signal: request.signal ?? neverAborted,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (response.status >= 400) throw await statusErrorOf(response);
    return response;
  };
}

async function readText(response: ApiResponse): Promise<string> {
  return decoder.decode(await readBody(response));
}

function encode(body: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(body));
}

function itemPath(resource: ResourceRef, key: ObjectKey, subresource?: string): string {
  return resourcePath(resource, key.namespace, key.name, subresource);
}

function keyOf(object: HasMetadata): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
}

/** Objects from lists of other servers lack the type; a server wants it. */
function typed<T extends HasMetadata>(resource: ResourceRef<T>, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function signalOf(options: CallOptions): { signal?: AbortSignal } {
  return options.signal === undefined ? {} : { signal: options.signal };
}

function writeQuery(options: WriteCallOptions & { force?: boolean }): string {
  return queryOf({
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force: options.force === true ? 'true' : undefined,
  });
}

function listParameters(options: ListOptions): Record<string, string | undefined> {
  return {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit?.toString(),
    continue: options.continue,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
  };
}

function listRequest(
  resource: ResourceRef,
  options: ListOptions,
): { path: string; query: string; signal?: AbortSignal } {
  return {
    path: resourcePath(resource, options.namespace),
    query: queryOf(listParameters(options)),
    ...signalOf(options),
  };
}

function watchRequest(resource: ResourceRef, options: WatchOptions): { path: string; query: string } {
  const query = queryOf({
    ...listParameters(options),
    watch: 'true',
    allowWatchBookmarks: options.allowWatchBookmarks === true ? 'true' : undefined,
    sendInitialEvents: options.sendInitialEvents?.toString(),
    timeoutSeconds: options.timeoutSeconds?.toString(),
  });
  return { path: resourcePath(resource, options.namespace), query };
}

function queryOf(parameters: Record<string, string | undefined>): string {
  let query = '';
  for (const name of Object.keys(parameters)) {
    const value = parameters[name];
    if (value !== undefined) query += `${query === '' ? '' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return query;
}

function deleteRequest(path: string, query: string, options: DeleteCallOptions & CallOptions): RawRequest {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
  };
  return { method: 'DELETE', path, query, headers: jsonContent, body: encode(body), ...signalOf(options) };
}

export type { Client, KubeList };
