/** From a request on a known resource to the verb that answers it. */
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import type { CustomSubresource, ScaleSubresource, StreamSubresource, Verb } from '#api/resource.ts';
import { StatusError } from '#api/status.ts';
import { negotiate } from '#apiserver/accept.ts';
import { objectResponse } from '#apiserver/negotiate.ts';
import { mutate, validate } from '#apiserver/registry/admission.ts';
import type { View } from '#apiserver/registry/answer.ts';
import { getComputed, listComputed } from '#apiserver/registry/computed.ts';
import type { Call, Core } from '#apiserver/registry/core.ts';
import { bodyKindOf, decodeRequest } from '#apiserver/registry/decode.ts';
import { deleteCollection } from '#apiserver/registry/delete-collection.ts';
import { deleteOptions } from '#apiserver/registry/delete-options.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';
import { list } from '#apiserver/registry/list.ts';
import { listOptions } from '#apiserver/registry/list-options.ts';
import { recordManager } from '#apiserver/registry/managed.ts';
import { managerOf, setNamespace } from '#apiserver/registry/metadata.ts';
import { patchKind } from '#apiserver/registry/patch.ts';
import { type Query, writeQuery } from '#apiserver/registry/query.ts';
import { checkedSubresourceVerb, checkedVerb, checkScope, noSuchPath } from '#apiserver/registry/route.ts';
import { createSubresource, getScale, writeScale } from '#apiserver/registry/subresource-verbs.ts';
import { type Asked, checkUrlName, create, get, patch, remove, update } from '#apiserver/registry/verbs.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';
import { watch } from '#apiserver/watch/watch.ts';
import type { WatchHub } from '#apiserver/watch/hub.ts';

/** Connects a client with what a stream subresource resolves to. */
export type Connect = (asked: ConnectRequest) => Promise<ApiResponse>;
export interface ConnectRequest {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly endpoint: Endpoint;
  readonly key: ObjectKey;
  readonly stream: StreamSubresource<KubeObject>;
  readonly call: Call;
}

export interface Incoming {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly endpoint: Endpoint;
  readonly key: ObjectKey;
  readonly subresource: string;
  readonly query: Query;
  readonly call: (dryRun: boolean) => Call;
  /** Negotiates. Throws 406. */
  readonly view: (isCollection: boolean) => View;
  readonly hub: () => WatchHub;
  readonly connect?: Connect;
}

/** Throws StatusError. */
export function dispatch(core: Core, asked: Incoming): Promise<ApiResponse> | ApiResponse {
  const { info, endpoint, request } = asked;
  if (info.subresource !== '') return dispatchSubresource(core, asked);
  const verb = checkedVerb(endpoint.resource, info, request);
  if (endpoint.resource.virtual !== undefined) return createVirtual(core, asked);
  const computed = endpoint.resource.computed?.(asked.call(false)) as readonly KubeObject[] | undefined;
  if (computed !== undefined)
    return verb === 'list'
      ? listComputed(asked.view(true), computed)
      : getComputed(asked.view(false), computed, asked.key.name);
  if (verb === 'patch') patchKind(request.headers['content-type']);
  if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') return onCollection(core, asked, verb);
  return onObject(core, withView(asked), verb);
}

function withView(asked: Incoming): Asked {
  return { ...asked, view: asked.view(false) };
}

function onObject(core: Core, asked: Asked, verb: Verb): Promise<ApiResponse> | ApiResponse {
  switch (verb) {
    case 'get':
      checkUrlName(asked.key.name);
      return get(asked);
    case 'create':
      return create(core, asked);
    case 'update':
      return update(core, asked);
    case 'patch':
      return patch(core, asked);
    default:
      return remove(core, asked, deleteOptions(asked.request, asked.query));
  }
}

function onCollection(
  core: Core,
  asked: Incoming,
  verb: 'list' | 'watch' | 'deletecollection',
): Promise<ApiResponse> | ApiResponse {
  const { request, info, endpoint, query, key } = asked;
  const view = asked.view(verb !== 'deletecollection');
  const options = listOptions(query, endpoint, verb === 'watch' ? 'watch' : 'list', verb === 'watch' ? info.name : '');
  const { namespace } = key;
  if (verb === 'list') return list(core, { request, view, options, namespace });
  if (verb === 'watch') return watch(core, { request, view, options, namespace, hub: asked.hub() });
  return deleteCollection(core, { ...asked, view }, deleteOptions(request, query), options);
}

/** A review: its answer is computed, nothing is stored. */
async function createVirtual(core: Core, asked: Incoming): Promise<ApiResponse> {
  const { request, endpoint, key, query, subresource } = asked;
  const { resource } = endpoint;
  const accepted = negotiate(request.headers['accept'], { conversions: false, streams: false });
  const options = writeQuery(query, 'CreateOptions');
  const call = asked.call(options.dryRun);
  const { fieldValidation } = options;
  const object = decodeRequest(request, bodyKindOf(endpoint), { warn: call.warn, fieldValidation });
  setNamespace(object, resource.namespaced ? key.namespace : '');
  resource.defaults?.(object);
  const manager = managerOf(options.fieldManager, request.headers['user-agent']);
  recordManager({ endpoint, call, manager, subresource, key, fieldValidation }, object, undefined);
  const admission = { operation: 'CREATE' as const, endpoint, subresource, key, object };
  await mutate(core, admission, call);
  await validate(core, admission, call);
  const result = await resource.virtual?.(object, call);
  return objectResponse(201, result ?? object, accepted);
}

function dispatchSubresource(core: Core, asked: Incoming): Promise<ApiResponse> | ApiResponse {
  const { info, endpoint, request } = asked;
  const { resource } = endpoint;
  checkScope(resource, info);
  const name = info.subresource;
  const hooks = Object.hasOwn(resource.subresources ?? {}, name) ? resource.subresources?.[name] : undefined;
  if (hooks === undefined || info.name === '') throw noSuchPath();
  if (hooks !== true && 'verbs' in hooks) return dispatchCustom(core, asked, hooks as CustomSubresource<KubeObject>);
  if (info.subpath !== '') throw noSuchPath();
  const verb = checkedSubresourceVerb(['get', 'update', 'patch'], info, request);
  if (verb === 'patch') patchKind(request.headers['content-type']);
  if (hooks !== true && 'specReplicasPath' in hooks) {
    const scale = hooks as ScaleSubresource<KubeObject>;
    return verb === 'get'
      ? getScale(withView(asked), scale)
      : writeScale(core, withView(asked), scale, verb as 'update');
  }
  return onObject(core, withView(asked), verb);
}

function dispatchCustom(
  core: Core,
  asked: Incoming,
  hooks: CustomSubresource<KubeObject>,
): Promise<ApiResponse> | ApiResponse {
  const { info, request } = asked;
  if (hooks.stream !== undefined) {
    // A proxy passes every method on; what it does not know is the router's to refuse.
    checkedSubresourceVerb(hooks.verbs, info, request);
    return connectStream(core, asked, hooks.stream);
  }
  if (info.subpath !== '') throw noSuchPath();
  const verb = checkedSubresourceVerb(hooks.verbs, info, request);
  if (verb === 'patch') patchKind(request.headers['content-type']);
  if (verb === 'create') return createSubresource(core, withView(asked), hooks);
  return onObject(core, withView(asked), verb);
}

async function connectStream(core: Core, asked: Incoming, stream: StreamSubresource<KubeObject>): Promise<ApiResponse> {
  const { request, info, endpoint, key, subresource, connect } = asked;
  const call = asked.call(false);
  if (stream.type !== 'log') {
    const admission = { operation: 'CONNECT' as const, endpoint, subresource, key };
    await mutate(core, admission, call);
    await validate(core, admission, call);
  }
  if (connect === undefined) throw new StatusError(501, '', 'this server does not connect to nodes');
  return await connect({ request, info, endpoint, key, stream, call });
}
