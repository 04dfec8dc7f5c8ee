/** Writes of other kinds for hooks: through their endpoints, with hooks, validation and admission, without authorization. */
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import { systemMasters } from '#api/handler.ts';
import type { HasMetadata, KubeObject, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { WriteOptions, Writer } from '#api/resource.ts';
import { type Core, makeCall } from '#apiserver/registry/core.ts';
import { createObject } from '#apiserver/registry/create.ts';
import { deleteObject } from '#apiserver/registry/delete.ts';
import { plainDelete } from '#apiserver/registry/delete-options.ts';
import { bypassesRules, collectionOf, servedObject } from '#apiserver/registry/endpoint.ts';
import { recordManager } from '#apiserver/registry/managed.ts';
import { settle } from '#apiserver/registry/schema.ts';
import { updateObject } from '#apiserver/registry/update.ts';
import type { WriteContext } from '#apiserver/registry/write-context.ts';
import { notFound } from '#api/status.ts';

const defaultManager = 'kube-apiserver';
const neverAborted = new AbortController();

/** `core` is asked for at each write: the writer is part of it. */
export function makeWriter(core: () => Core): Writer {
  return {
    create: (resource, object, options) => create(core(), resource, { object, options }),
    update: (resource, key, change, options) => update(core(), resource, { key, change, options }),
    delete: (resource, key, options) => remove(core(), resource, key, options),
  };
}

type Options = (WriteOptions & { readonly subresource?: string }) | undefined;

function contextOf(core: Core, resource: ResourceRef, key: ObjectKey, options: Options): WriteContext {
  const call = makeCall(core, { user: systemMasters, dryRun: options?.dryRun === true, request: neverAborted });
  return {
    endpoint: core.endpointOf(resource),
    call,
    key,
    subresource: options?.subresource ?? '',
    manager: options?.fieldManager ?? defaultManager,
    fieldValidation: 'Ignore',
  };
}

interface Creation<T> {
  readonly object: T;
  readonly options: Options;
}

async function create<T extends HasMetadata>(
  core: Core,
  resource: ResourceRef<T>,
  { object, options }: Creation<T>,
): Promise<DeepReadonly<T>> {
  const { namespace = '' } = object.metadata;
  const context = contextOf(core, resource, { namespace, name: '' }, options);
  const { endpoint } = context;
  const copy = cloneJson(object) as unknown as KubeObject;
  copy.apiVersion = endpoint.apiVersion;
  copy.kind = endpoint.resource.kind;
  settle(endpoint, copy);
  endpoint.resource.defaults?.(copy);
  const written = await createObject(core, context, copy);
  return written.object as unknown as DeepReadonly<T>;
}

interface Change<T> {
  readonly key: ObjectKey;
  readonly change: (object: T) => T | undefined;
  readonly options: Options;
}

/** Thrown by a change that wants nothing changed. */
class NothingToChange extends Error {}

async function update<T extends HasMetadata>(
  core: Core,
  resource: ResourceRef<T>,
  { key, change, options }: Change<T>,
): Promise<DeepReadonly<T>> {
  const context = contextOf(core, resource, key, options);
  const { endpoint } = context;
  try {
    const written = await updateObject(core, context, {
      build(old) {
        const changed = change(cloneJson(old) as unknown as T) as unknown as KubeObject | undefined;
        if (changed === undefined) throw new NothingToChange();
        settle(endpoint, changed);
        if (!bypassesRules(endpoint, context.subresource)) recordManager(context, changed, old);
        return changed;
      },
      uid: '',
      maxAttempts: 100,
    });
    return written.object as unknown as DeepReadonly<T>;
  } catch (error) {
    if (!(error instanceof NothingToChange)) throw error;
    const version = collectionOf(endpoint).pending(key.namespace, key.name);
    if (version === undefined) throw notFound(endpoint.resource, key.name);
    return servedObject(endpoint, version) as unknown as DeepReadonly<T>;
  }
}

async function remove(
  core: Core,
  resource: ResourceRef,
  key: ObjectKey,
  options: (WriteOptions & { readonly uid?: string; readonly gracePeriodSeconds?: number }) | undefined,
): Promise<void> {
  const { endpoint, call } = contextOf(core, resource, key, options);
  const preconditions = options?.uid === undefined ? {} : { uid: options.uid };
  const gracePeriodSeconds = options?.gracePeriodSeconds;
  await deleteObject(core, { endpoint, call, key, options: { ...plainDelete, preconditions, gracePeriodSeconds } });
}
