/**
 * Updating an object: builds the new one from what is stored, checks it, and writes it if anything changed. A write that
 * lost a race is built again from the newer version, unless the client named the version it changed.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject } from '#api/object.ts';
import type { CustomSubresource, StatusSubresource } from '#api/resource.ts';
import { conflict, fieldError, invalid, notFound, objectModified, StatusError } from '#api/status.ts';
import { RevisionMismatch } from '#storage/errors.ts';
import type { Version } from '#storage/version.ts';
import { checkAuthorized } from '#apiserver/chain/authorize.ts';
import { mutate, validate } from '#apiserver/registry/admission.ts';
import type { Core } from '#apiserver/registry/core.ts';
import { admitAndCreate, undo } from '#apiserver/registry/create.ts';
import { removeAfterUpdate, isReadyToGo } from '#apiserver/registry/delete.ts';
import {
  bypassesRules,
  collectionOf,
  internalKind,
  servedObject,
  storedValue,
  writableObject,
} from '#apiserver/registry/endpoint.ts';
import { writeError } from '#apiserver/registry/errors.ts';
import { isUnchanged, keepSystemFields, setGeneration } from '#apiserver/registry/transition.ts';
import { dedupOwners, setNamespace } from '#apiserver/registry/metadata.ts';
import { settle } from '#apiserver/registry/schema.ts';
import { updateErrors } from '#apiserver/registry/update-rules.ts';
import type { WriteContext, Written } from '#apiserver/registry/write-context.ts';

export interface UpdatePlan {
  /** The new object, which it owns, its managedFields recorded. Called again after a lost race. */
  build(old: DeepReadonly<KubeObject>): KubeObject;
  /** The object to create when there is none; undefined: 404. */
  create?(): KubeObject;
  /** '' if the client named none. */
  readonly uid: string;
  /** How often a lost race is repeated. */
  readonly maxAttempts: number;
}

/** Throws StatusError. */
export async function updateObject(core: Core, context: WriteContext, plan: UpdatePlan): Promise<Written> {
  const { endpoint, key } = context;
  const collection = collectionOf(endpoint);
  for (let attempt = 1; ; attempt++) {
    const existing = collection.pending(key.namespace, key.name);
    if (existing === undefined) return await createInstead(core, context, plan);
    checkUid(context, plan.uid, existing.head.uid);
    try {
      return await updateExisting(core, context, { plan, existing });
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
      if (attempt >= plan.maxAttempts) throw conflict(endpoint.resource, key.name, objectModified);
    }
  }
}

async function createInstead(core: Core, context: WriteContext, plan: UpdatePlan): Promise<Written> {
  const { endpoint, key, call } = context;
  const { resource } = endpoint;
  if (plan.create === undefined) throw notFound(resource, key.name);
  checkUid(context, plan.uid, '');
  const { group, version, plural } = resource;
  checkAuthorized(core.authorizer, {
    user: call.user,
    verb: 'create',
    resource: { group, version, plural, subresource: '', namespace: key.namespace, name: key.name },
  });
  return await admitAndCreate(core, context, plan.create());
}

/** The object must be the one the client knows, if it says which. Throws 409. */
export function checkUid({ endpoint, key, call }: WriteContext, wanted: string, actual: string): void {
  if (wanted === '' || wanted === actual) return;
  const { resource } = endpoint;
  // A dry run asks below the prefix that etcd's keys have.
  const path = `${call.dryRun ? '' : '/registry'}/${resource.registryPath ?? resource.plural}${key.namespace === '' ? '' : `/${key.namespace}`}/${key.name}`;
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`;
  const text = `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
  throw conflict(resource, key.name, text);
}

interface Attempt {
  readonly plan: UpdatePlan;
  readonly existing: Version;
}

/** Throws RevisionMismatch if another write came first and the client does not mind. */
async function updateExisting(core: Core, context: WriteContext, { plan, existing }: Attempt): Promise<Written> {
  const { endpoint, call } = context;
  const old = writableObject(endpoint, existing);
  const object = plan.build(old);
  const request = {
    operation: 'UPDATE' as const,
    endpoint,
    subresource: context.subresource,
    key: context.key,
    object,
    old,
  };
  const mutating = mutate(core, request, call);
  if (mutating !== undefined) await mutating;
  dedupOwners(object, call, 'after');
  checkRevision(context, object, existing);
  const hook = context.subresource === '' ? endpoint.resource.beforeUpdate?.(object, old, call) : undefined;
  const rollback = hook === undefined ? undefined : await hook;
  let isStored = false;
  try {
    prepare(context, object, old);
    checkChange(context, object, old);
    const validating = validate(core, request, call);
    if (validating !== undefined) await validating;
    const written = await store(core, context, { existing, object, old });
    isStored = written.version !== undefined && written.version !== existing;
    return written;
  } finally {
    if (!isStored && rollback !== undefined) await undo(core, rollback);
  }
}

/** The version the client changed must be the newest. Sets it where the client named none. */
function checkRevision({ endpoint, key }: WriteContext, object: KubeObject, existing: Version): void {
  const { resource } = endpoint;
  const text = object.metadata.resourceVersion ?? '';
  if (text !== '' && !/^\d+$/.test(text))
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  const isGiven = text !== '' && !/^0+$/.test(text);
  if (!isGiven && resource.allowUnconditionalUpdate === false) {
    const error = fieldError.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalid({ group: resource.group, kind: resource.plural }, key.name, [error]);
  }
  if (isGiven && Number(text) !== existing.revision) throw conflict(resource, key.name, objectModified);
  object.metadata.resourceVersion = String(existing.revision);
}

type Part = StatusSubresource<KubeObject> | undefined;

/** The hooks of the subresource; undefined: the object itself. */
function partOf({ endpoint, subresource }: WriteContext): Part {
  if (subresource === '' || subresource === 'scale') return undefined;
  const hooks = endpoint.resource.subresources?.[subresource];
  if (hooks === undefined || hooks === true) return {};
  if ('update' in hooks) return (hooks as CustomSubresource<KubeObject>).update;
  return hooks as StatusSubresource<KubeObject>;
}

function prepare(context: WriteContext, object: KubeObject, old: DeepReadonly<KubeObject>): void {
  const { endpoint, call, subresource } = context;
  setNamespace(object, endpoint.resource.namespaced ? context.key.namespace : '');
  const part = partOf(context);
  object.metadata.generation = old.metadata.generation as number;
  if (subresource === 'status') keepAllButStatus(object, old);
  // Other subresources carry over themselves what they may not change: approval changes conditions, resize the spec.
  else if (endpoint.hasStatus && part === undefined) keepStatus(object, old);
  if (part === undefined) endpoint.resource.prepareForUpdate?.(object, old, call);
  else part.prepareForUpdate?.(object, old, call);
  keepSystemFields(object, old);
  settle(endpoint, object);
  if (endpoint.hasGeneration && subresource !== 'status' && !bypassesRules(endpoint, subresource))
    setGeneration(object, old);
}

function keepStatus(object: KubeObject, old: DeepReadonly<KubeObject>): void {
  if (old['status'] === undefined) delete object['status'];
  else object['status'] = old['status'];
}

function keepAllButStatus(object: KubeObject, old: DeepReadonly<KubeObject>): void {
  for (const field of Object.keys(object)) if (!isFree(field) && old[field] === undefined) delete object[field];
  for (const field of Object.keys(old)) if (!isFree(field)) object[field] = old[field];
}

function isFree(field: string): boolean {
  return field === 'status' || field === 'metadata' || field === 'apiVersion' || field === 'kind';
}

function checkChange(context: WriteContext, object: KubeObject, old: DeepReadonly<KubeObject>): void {
  const { endpoint, call } = context;
  const { resource } = endpoint;
  const errors = updateErrors(resource, partOf(context), { object, old, call });
  if (errors.length > 0) throw invalid(internalKind(endpoint), object.metadata.name ?? '', errors);
  for (const warning of resource.warnings?.(object, old) ?? []) call.warn(warning);
}

interface Change {
  readonly existing: Version;
  readonly object: KubeObject;
  readonly old: DeepReadonly<KubeObject>;
}

async function store(core: Core, context: WriteContext, change: Change): Promise<Written> {
  const { endpoint, call, key } = context;
  const { existing, object, old } = change;
  if (isReadyToGo(endpoint, object, old)) {
    if (!call.dryRun) await removeAfterUpdate(core, context, existing);
    return { object, version: undefined, isNew: false };
  }
  if (isUnchanged(object, old)) return { object: old, version: existing, isNew: false };
  if (call.dryRun) return { object, version: undefined, isNew: false };
  const volatile = endpoint.resource.isVolatile?.(object, old) === true;
  const value = storedValue(endpoint, object);
  try {
    const options = volatile ? { volatile } : undefined;
    const version = await collectionOf(endpoint).write(key, existing.revision, value, options);
    return { object: servedObject(endpoint, version), version, isNew: false };
  } catch (error) {
    if (error instanceof RevisionMismatch) throw error;
    throw writeError(error, endpoint.resource, key.name);
  }
}
