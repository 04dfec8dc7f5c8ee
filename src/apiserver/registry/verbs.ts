/** The verbs on stored objects: from request to answer. */
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import { badRequest, notFound, type Status, StatusError } from '#api/status.ts';
import { objectResponse } from '#apiserver/negotiate.ts';
import { objectAnswer, versionAnswer, type View } from '#apiserver/registry/answer.ts';
import type { Call, Core } from '#apiserver/registry/core.ts';
import { createObject } from '#apiserver/registry/create.ts';
import { bodyKindOf, decodeRequest } from '#apiserver/registry/decode.ts';
import { deleteObject, type Deleted } from '#apiserver/registry/delete.ts';
import type { DeleteOptions } from '#apiserver/registry/delete-options.ts';
import { collectionOf, type Endpoint } from '#apiserver/registry/endpoint.ts';
import { tooLarge } from '#apiserver/registry/errors.ts';
import { parseRevision } from '#apiserver/registry/list-options.ts';
import { recordManager } from '#apiserver/registry/managed.ts';
import { checkName, dedupOwners, fillSystemFields, managerOf, setNamespace } from '#apiserver/registry/metadata.ts';
import { applyPatch, patchKind, readPatch } from '#apiserver/registry/patch.ts';
import { type Query, writeQuery } from '#apiserver/registry/query.ts';
import { updateObject, type UpdatePlan } from '#apiserver/registry/update.ts';
import type { WriteContext, Written } from '#apiserver/registry/write-context.ts';

/** What every verb gets. */
export interface Asked {
  readonly request: ApiRequest;
  readonly endpoint: Endpoint;
  readonly key: ObjectKey;
  readonly subresource: string;
  readonly query: Query;
  readonly view: View;
  /** Makes the call for hooks; the first call decides of dry run. */
  readonly call: (dryRun: boolean) => Call;
}

/** How often a patch is tried again on a newer version before the client has to. */
const patchAttempts = 6;
const updateAttempts = 100;

export function get({ endpoint, key, query, view }: Asked): ApiResponse {
  const collection = collectionOf(endpoint);
  if (query.size > 0) {
    const asked = parseRevision(query.get('resourceVersion') ?? '', (message) => new StatusError(500, '', message));
    if (asked > 0) {
      const { revision } = collection.root();
      if (asked > revision) throw tooLarge(asked, revision);
    }
  }
  const version = collection.get(key.namespace, key.name);
  if (version === undefined) throw notFound(endpoint.resource, key.name);
  return versionAnswer(view, 200, version);
}

export async function create(core: Core, asked: Asked): Promise<ApiResponse> {
  const { request, endpoint, query, view } = asked;
  const options = writeQuery(query, 'CreateOptions');
  const call = asked.call(options.dryRun);
  const { fieldValidation } = options;
  const object = decodeRequest(request, bodyKindOf(endpoint), { warn: call.warn, fieldValidation });
  endpoint.resource.defaults?.(object);
  const context = contextOf(asked, call, { ...options, name: '' });
  const written = await createObject(core, context, object);
  return writtenAnswer(view, written);
}

interface ContextOptions {
  readonly fieldManager: string;
  readonly fieldValidation: WriteContext['fieldValidation'];
  readonly name: string;
}

export function contextOf(asked: Asked, call: Call, options: ContextOptions): WriteContext {
  const { endpoint, key, request, subresource } = asked;
  return {
    endpoint,
    call,
    key: { namespace: key.namespace, name: options.name },
    subresource,
    manager: managerOf(options.fieldManager, request.headers['user-agent']),
    fieldValidation: options.fieldValidation,
  };
}

export function writtenAnswer(view: View, written: Written): ApiResponse {
  const status = written.isNew ? 201 : 200;
  if (written.version !== undefined) return versionAnswer(view, status, written.version);
  return objectAnswer(view, status, written);
}

export async function update(core: Core, asked: Asked): Promise<ApiResponse> {
  const { endpoint, key, query, view, subresource } = asked;
  const options = writeQuery(query, 'UpdateOptions');
  const call = asked.call(options.dryRun);
  const read = (): KubeObject => readPut(asked, call, options.fieldValidation);
  const context = contextOf(asked, call, { ...options, name: key.name });
  const mayCreate = subresource === '' && endpoint.resource.allowCreateOnUpdate === true;
  const written = await updateObject(core, context, putPlan(context, read, mayCreate));
  return writtenAnswer(view, written);
}

function readPut(asked: Asked, call: Call, fieldValidation: WriteContext['fieldValidation']): KubeObject {
  const { request, endpoint, key } = asked;
  const object = decodeRequest(request, bodyKindOf(endpoint), { warn: call.warn, fieldValidation });
  setNamespace(object, endpoint.resource.namespaced ? key.namespace : '');
  checkName(object, key.name);
  endpoint.resource.defaults?.(object);
  dedupOwners(object, call, 'before');
  return object;
}

/** Hooks change the object they are given: another attempt reads the body again. */
function putPlan(context: WriteContext, read: () => KubeObject, mayCreate: boolean): UpdatePlan {
  let object: KubeObject | undefined = read();
  const { uid = '', resourceVersion = '' } = object.metadata;
  const next = (): KubeObject => {
    const result = object ?? read();
    object = undefined;
    return result;
  };
  return {
    build(old) {
      const result = next();
      recordManager(context, result, old);
      return result;
    },
    ...(mayCreate ? { create: () => newObject(context, next()) } : {}),
    uid,
    maxAttempts: resourceVersion === '' ? updateAttempts : 1,
  };
}

function newObject(context: WriteContext, object: KubeObject): KubeObject {
  fillSystemFields(object, context.call);
  recordManager(context, object, undefined);
  return object;
}

export async function patch(core: Core, asked: Asked): Promise<ApiResponse> {
  const { request, endpoint, key, query, view } = asked;
  const kind = patchKind(request.headers['content-type']);
  const options = writeQuery(query, 'PatchOptions', kind === 'apply' ? 'apply' : 'other');
  const call = asked.call(options.dryRun);
  if (kind === 'apply') throw new StatusError(415, 'UnsupportedMediaType', 'server-side apply is not supported yet');
  checkUrlName(key.name);
  const { fieldValidation } = options;
  const read = readPatch({
    kind,
    body: request.body ?? new Uint8Array(),
    expected: bodyKindOf(endpoint),
    fieldValidation,
    call,
  });
  const context = contextOf(asked, call, { ...options, name: key.name });
  const written = await updateObject(core, context, {
    build(old) {
      const object = applyPatch(read, old);
      endpoint.resource.defaults?.(object);
      recordManager(context, object, old);
      setNamespace(object, endpoint.resource.namespaced ? key.namespace : '');
      checkName(object, key.name);
      return object;
    },
    uid: '',
    maxAttempts: patchAttempts,
  });
  return writtenAnswer(view, written);
}

/** Names that are no path segments. Throws 400. */
export function checkUrlName(name: string): void {
  if (name === '.' || name === '..') throw badRequest(`Name parameter invalid: "${name}": may not be '${name}'`);
  const bad = name.includes('%') ? '%' : name.includes('/') ? '/' : undefined;
  if (bad !== undefined) throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: may not contain '${bad}'`);
}

export async function remove(core: Core, asked: Asked, options: DeleteOptions): Promise<ApiResponse> {
  const { endpoint, key, view } = asked;
  checkUrlName(key.name);
  const call = asked.call(options.dryRun);
  const deleted = await deleteObject(core, { endpoint, call, key, options });
  const isAccepted = !deleted.isGone && options.orphanDependents === false;
  return deletedAnswer(view, isAccepted ? 202 : 200, deleted);
}

function deletedAnswer(view: View, status: number, deleted: Deleted): ApiResponse {
  const { resource } = view.endpoint;
  if (deleted.answersObject || resource.returnsDeletedObject === true) {
    if (deleted.version !== undefined) return versionAnswer(view, status, deleted.version);
    return objectAnswer(view, status, deleted);
  }
  const { name, uid } = deleted.object.metadata;
  const success: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: name as string,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: uid as string,
    },
  };
  return objectResponse(status, success, view.accepted);
}
