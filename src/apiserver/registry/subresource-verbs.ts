/** Subresources: status, scale, updates of a part, and creates with a body of their own kind. */
import { timestamp } from '#base/clock.ts';
import type { ManagedFieldsEntry } from '#api/generated/meta/v1.ts';
import { updateManagedFields } from '#api/managed-fields/update.ts';
import { managerOf, setNamespace } from '#apiserver/registry/metadata.ts';
import type { ApiResponse } from '#api/handler.ts';
import type { Scale } from '#api/generated/autoscaling/v1.ts';
import type { KubeObject } from '#api/object.ts';
import type { CustomSubresource, ScaleSubresource } from '#api/resource.ts';
import { notFound } from '#api/status.ts';
import { objectResponse } from '#apiserver/negotiate.ts';
import type { Core } from '#apiserver/registry/core.ts';
import { decodeRequest } from '#apiserver/registry/decode.ts';
import { collectionOf, servedObject } from '#apiserver/registry/endpoint.ts';
import { recordManager } from '#apiserver/registry/managed.ts';
import { applyPatch, patchKind, readPatch } from '#apiserver/registry/patch.ts';
import { writeQuery } from '#apiserver/registry/query.ts';
import { scaleBodyKind, scaleOf, withScale } from '#apiserver/registry/scale.ts';
import { checkUid, updateObject } from '#apiserver/registry/update.ts';
import { type Asked, contextOf } from '#apiserver/registry/verbs.ts';
import { mutate, validate } from '#apiserver/registry/admission.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import type { DeepReadonly } from '#base/immutable.ts';

type ScaleHooks = ScaleSubresource<KubeObject>;

export function getScale(asked: Asked, hooks: ScaleHooks): ApiResponse {
  const { endpoint, key, view } = asked;
  const version = collectionOf(endpoint).get(key.namespace, key.name);
  if (version === undefined) throw notFound(endpoint.resource, key.name);
  return objectResponse(200, scaleOf(servedObject(endpoint, version), hooks), view.accepted);
}

/** PUT and PATCH of a Scale: an update of the object whose only change is the number of replicas. */
export async function writeScale(
  core: Core,
  asked: Asked,
  hooks: ScaleHooks,
  verb: 'update' | 'patch',
): Promise<ApiResponse> {
  const { query, key, view } = asked;
  const options = writeQuery(query, verb === 'update' ? 'UpdateOptions' : 'PatchOptions');
  const call = asked.call(options.dryRun);
  const context = contextOf(asked, call, { ...options, name: key.name });
  const change = verb === 'update' ? putScale(asked, options, call) : patchScale(asked, options, call, hooks);
  const written = await updateObject(core, context, {
    build(old) {
      const scale = change(old);
      checkUid(context, scale.metadata?.uid ?? '', old.metadata.uid ?? '');
      const object = withScale(old, scale, hooks);
      recordManager(context, object, old);
      return object;
    },
    uid: '',
    maxAttempts: 6,
  });
  return objectResponse(200, scaleOf(written.object, hooks), view.accepted);
}

type Options = ReturnType<typeof writeQuery>;
type Warn = { warn(message: string): void };
type Change = (old: DeepReadonly<KubeObject>) => Scale;

function putScale({ request }: Asked, { fieldValidation }: Options, { warn }: Warn): Change {
  const body = decodeRequest(request, scaleBodyKind(), { warn, fieldValidation }) as unknown as Scale;
  return () => body;
}

function patchScale(asked: Asked, { fieldValidation }: Options, call: Warn, hooks: ScaleHooks): Change {
  const { request } = asked;
  const kind = patchKind(request.headers['content-type']);
  const patch = readPatch({
    kind: kind === 'apply' ? 'merge' : kind,
    body: request.body ?? new Uint8Array(),
    expected: scaleBodyKind(),
    fieldValidation,
    call,
  });
  return (old) => applyPatch(patch, scaleOf(old, hooks)) as unknown as Scale;
}

/** POST to a subresource whose body is of its own kind (binding, eviction, token). */
export async function createSubresource(
  core: Core,
  asked: Asked,
  hooks: CustomSubresource<KubeObject>,
): Promise<ApiResponse> {
  const { request, endpoint, key, query, view, subresource } = asked;
  const options = writeQuery(query, 'CreateOptions');
  const call = asked.call(options.dryRun);
  const { fieldValidation } = options;
  const type = hooks.schema === undefined ? endpoint.schema : builtinSchemas.type(hooks.schema);
  const expected = {
    group: hooks.group ?? endpoint.resource.group,
    version: hooks.version ?? endpoint.resource.version,
    kind: hooks.kind,
    type,
  };
  const body = decodeRequest(request, expected, { warn: call.warn, fieldValidation });
  setNamespace(body, endpoint.resource.namespaced ? key.namespace : '');
  hooks.defaults?.(body);
  body.metadata.managedFields = updateManagedFields({
    live: undefined,
    result: body,
    schema: type,
    manager: managerOf(options.fieldManager, request.headers['user-agent']),
    subresource,
    apiVersion: body.apiVersion as string,
    time: timestamp(call.nowMs),
  }) as ManagedFieldsEntry[];
  const admission = { operation: 'CREATE' as const, endpoint, subresource, key, object: body };
  await mutate(core, admission, call);
  await validate(core, admission, call);
  const result = await hooks.create?.(key, body, call);
  return objectResponse(201, result ?? body, view.accepted);
}
