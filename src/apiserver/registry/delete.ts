/**
 * Deleting an object: at once, or by marking it when finalizers, a grace period or dependents have to be waited for.
 * The last step of a marked one is an update that empties its finalizers, or a second DELETE.
 */
import { timestamp } from '#base/clock.ts';
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import { conflict, notFound, objectModified } from '#api/status.ts';
import { RevisionMismatch } from '#storage/errors.ts';
import type { Version } from '#storage/version.ts';
import { mutate, validate } from '#apiserver/registry/admission.ts';
import type { Call, Core } from '#apiserver/registry/core.ts';
import type { DeleteOptions } from '#apiserver/registry/delete-options.ts';
import { collectionOf, type Endpoint, internalKind, servedObject, storedValue } from '#apiserver/registry/endpoint.ts';
import { writeError } from '#apiserver/registry/errors.ts';
import { deletionFinalizers } from '#apiserver/registry/finalizers.ts';
import type { WriteContext } from '#apiserver/registry/write-context.ts';

/** What a DELETE left behind. */
export interface Deleted {
  /** As it is, or last was. */
  readonly object: DeepReadonly<KubeObject>;
  readonly version: Version | undefined;
  /** False: it still waits for something. */
  readonly isGone: boolean;
  /** The object is the answer even where a Status would be (it was marked only). */
  readonly answersObject: boolean;
}

export interface DeleteRequest {
  readonly endpoint: Endpoint;
  readonly call: Call;
  readonly key: ObjectKey;
  readonly options: DeleteOptions;
}

const maxAttempts = 100;

/** Throws StatusError. */
export async function deleteObject(core: Core, request: DeleteRequest): Promise<Deleted> {
  const { endpoint, key } = request;
  const collection = collectionOf(endpoint);
  for (let attempt = 1; ; attempt++) {
    const existing = collection.pending(key.namespace, key.name);
    if (existing === undefined) throw notFound(endpoint.resource, key.name);
    try {
      return await deleteExisting(core, request, existing);
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw writeError(error, endpoint.resource, key.name);
      if (attempt >= maxAttempts) throw conflict(endpoint.resource, key.name, objectModified);
    }
  }
}

async function deleteExisting(core: Core, request: DeleteRequest, existing: Version): Promise<Deleted> {
  const { endpoint, call, key } = request;
  const old = servedObject(endpoint, existing);
  checkPreconditions(request, old);
  const plan = planDeletion(request, old);
  if (plan.kind === 'pending') return { object: old, version: existing, isGone: false, answersObject: false };
  const attributes = { operation: 'DELETE' as const, endpoint, subresource: '', key, old };
  await mutate(core, attributes, call);
  await validate(core, attributes, call);
  if (plan.kind === 'now') {
    if (call.dryRun) return { object: old, version: undefined, isGone: true, answersObject: false };
    return await remove(core, request, existing);
  }
  return await mark(core, request, { existing, object: plan.object, removesAfter: plan.removesAfter });
}

function checkPreconditions({ endpoint, key, options }: DeleteRequest, object: DeepReadonly<KubeObject>): void {
  const { uid, resourceVersion } = options.preconditions;
  const { group, kind } = internalKind(endpoint);
  const subject = { group, plural: kind };
  const { uid: actualUid, resourceVersion: actualVersion } = object.metadata;
  if (uid !== undefined && uid !== actualUid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${actualUid}). The object might have been deleted and then recreated`;
    throw conflict(subject, key.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== actualVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${actualVersion}). The object might have been modified`;
    throw conflict(subject, key.name, why);
  }
}

type Plan =
  /** It waits already, and this request changes nothing. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'now' }
  | { readonly kind: 'mark'; readonly object: KubeObject; readonly removesAfter: boolean };

function planDeletion({ endpoint, call, options }: DeleteRequest, old: DeepReadonly<KubeObject>): Plan {
  const { resource } = endpoint;
  const object = cloneJson(old) as KubeObject;
  if (resource.holdsDeletion?.(old) === true) return planHeld({ endpoint, call, options }, object);
  const graceful = planGrace(endpoint, object, { call, requested: options.gracePeriodSeconds });
  if (graceful === 'pending') return { kind: 'pending' };
  const finalizers = deletionFinalizers(resource, old.metadata, options);
  if (finalizers !== undefined) object.metadata.finalizers = finalizers;
  const isWaiting = (object.metadata.finalizers?.length ?? 0) > 0;
  if (graceful === 'none') {
    if (!isWaiting) return { kind: 'now' };
    markAsDeleting(object, call);
    return { kind: 'mark', object, removesAfter: false };
  }
  const isOver = object.metadata.deletionGracePeriodSeconds === 0;
  return { kind: 'mark', object, removesAfter: isOver && !isWaiting };
}

/** A deletion that the kind holds (Namespace): marked once, then waited for. */
function planHeld(request: Pick<DeleteRequest, 'endpoint' | 'call' | 'options'>, object: KubeObject): Plan {
  const { endpoint, call, options } = request;
  if (object.metadata.deletionTimestamp !== undefined) return { kind: 'pending' };
  object.metadata.deletionTimestamp = timestamp(call.nowMs);
  endpoint.resource.beginDeletion?.(object, call);
  const finalizers = deletionFinalizers(endpoint.resource, object.metadata, options);
  if (finalizers !== undefined) object.metadata.finalizers = finalizers;
  return { kind: 'mark', object, removesAfter: false };
}

interface GraceRequest {
  readonly call: Call;
  /** Seconds of the options; below 0 means 1. */
  readonly requested: number | undefined;
}

/** 'marked': the object now says when it ends. */
function planGrace(endpoint: Endpoint, object: KubeObject, request: GraceRequest): 'none' | 'pending' | 'marked' {
  const { resource } = endpoint;
  const { call } = request;
  if (resource.gracePeriodSeconds === undefined) return 'none';
  const requested = request.requested !== undefined && request.requested < 0 ? 1 : request.requested;
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return shortenGrace(object, call, requested);
  const seconds = resource.gracePeriodSeconds(object, requested);
  if (seconds === undefined) return 'none';
  metadata.deletionTimestamp = timestamp(call.nowMs + seconds * 1000);
  metadata.deletionGracePeriodSeconds = seconds;
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation as number) + 1;
  return 'marked';
}

/** A second DELETE may only bring the end nearer. */
function shortenGrace(
  { metadata }: KubeObject,
  call: Call,
  requested: number | undefined,
): 'none' | 'pending' | 'marked' {
  const current = metadata.deletionGracePeriodSeconds ?? 0;
  if (current === 0) return 'none';
  if (requested === undefined || requested >= current) return 'pending';
  const began = Date.parse(metadata.deletionTimestamp as string) - current * 1000;
  const end = began + requested * 1000;
  const isPast = end < call.nowMs;
  metadata.deletionTimestamp = timestamp(isPast ? call.nowMs : end);
  metadata.deletionGracePeriodSeconds = isPast && requested !== 0 ? 1 : requested;
  return 'marked';
}

function markAsDeleting({ metadata }: KubeObject, call: Call): void {
  if (metadata.deletionTimestamp === undefined && (metadata.generation ?? 0) > 0)
    metadata.generation = (metadata.generation as number) + 1;
  if (metadata.deletionTimestamp === undefined || Date.parse(metadata.deletionTimestamp) > call.nowMs)
    metadata.deletionTimestamp = timestamp(call.nowMs);
  metadata.deletionGracePeriodSeconds = 0;
}

interface Marking {
  readonly existing: Version;
  readonly object: KubeObject;
  readonly removesAfter: boolean;
}

async function mark(core: Core, request: DeleteRequest, { existing, object, removesAfter }: Marking): Promise<Deleted> {
  const { endpoint, call, key } = request;
  const collection = collectionOf(endpoint);
  if (call.dryRun) return { object, version: undefined, isGone: removesAfter, answersObject: !removesAfter };
  const version = await collection.write(key, existing.revision, storedValue(endpoint, object));
  if (removesAfter) return await remove(core, request, version);
  return { object: servedObject(endpoint, version), version, isGone: false, answersObject: true };
}

async function remove(
  core: Core,
  request: Pick<DeleteRequest, 'endpoint' | 'call' | 'key'>,
  existing: Version,
): Promise<Deleted> {
  const { endpoint, call, key } = request;
  const { resource } = endpoint;
  const last = servedObject(endpoint, existing);
  const volatile = resource.isVolatile?.(last, last) === true;
  const version = await collectionOf(endpoint).delete(key, existing.revision, volatile ? { volatile } : undefined);
  const object = servedObject(endpoint, version);
  try {
    await resource.afterDelete?.(object, call);
  } catch (error) {
    core.log.error('a delete was stored, but what follows it failed', {
      resource: resource.plural,
      error: errorMessage(error),
    });
  }
  return { object, version, isGone: true, answersObject: false };
}

/** An update has taken the last thing that held a marked object. */
export function isReadyToGo(endpoint: Endpoint, object: KubeObject, old: DeepReadonly<KubeObject>): boolean {
  if (old.metadata.deletionTimestamp === undefined) return false;
  if ((object.metadata.finalizers?.length ?? 0) > 0) return false;
  if ((old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false;
  return endpoint.resource.holdsDeletion?.(object) !== true;
}

/** Removes the object whose last finalizer an update took. Throws RevisionMismatch if another write came first. */
export async function removeAfterUpdate(core: Core, context: WriteContext, existing: Version): Promise<void> {
  await remove(core, context, existing);
}
