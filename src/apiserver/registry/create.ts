/**
 * Creating an object: the order of api/resource.ts, from a decoded and defaulted object to a stored version.
 * A generated name that is taken is tried again with another suffix, up to eight times.
 */
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import { nameSuffix } from '#base/random.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import type { Rollback } from '#api/resource.ts';
import { alreadyExists, type FieldError, invalid, isAlreadyExists, isStatusError, StatusError } from '#api/status.ts';
import { nameIsDNSSubdomain } from '#api/meta/names.ts';
import { validateObjectMeta } from '#api/meta/object-meta.ts';
import { mutate, validate } from '#apiserver/registry/admission.ts';
import type { Core } from '#apiserver/registry/core.ts';
import { collectionOf, internalKind, servedObject, storedValue } from '#apiserver/registry/endpoint.ts';
import { writeError } from '#apiserver/registry/errors.ts';
import { recordManager } from '#apiserver/registry/managed.ts';
import { dedupOwners, fillSystemFields, setNamespace, wipeSystemFields } from '#apiserver/registry/metadata.ts';
import { settle } from '#apiserver/registry/schema.ts';
import type { WriteContext, Written } from '#apiserver/registry/write-context.ts';

const maxNameAttempts = 8;
/** A generated name keeps this much of its prefix, so that it never exceeds 63 characters. */
const maxPrefixLength = 58;
const suffixLength = 5;

/** Takes ownership of `object`, which is decoded and defaulted. Throws StatusError. */
export async function createObject(core: Core, context: WriteContext, object: KubeObject): Promise<Written> {
  wipeSystemFields(object);
  setNamespace(object, context.endpoint.resource.namespaced ? context.key.namespace : '');
  dedupOwners(object, context.call, 'before');
  recordManager(context, object, undefined);
  return await admitAndCreate(core, context, object);
}

/** The part of a create that an update to an absent name shares. */
export async function admitAndCreate(core: Core, context: WriteContext, object: KubeObject): Promise<Written> {
  const pending = mutate(core, admissionRequest(context, object), context.call);
  if (pending !== undefined) await pending;
  dedupOwners(object, context.call, 'after');
  const { generateName = '', name = '' } = object.metadata;
  if (generateName === '' || name !== '') return await insert(core, context, object);
  for (let attempt = 1; ; attempt++) {
    const candidate = attempt === maxNameAttempts ? object : cloneJson(object);
    candidate.metadata.name = generatedName(core, context, generateName);
    try {
      return await insert(core, context, candidate);
    } catch (error) {
      if (!isAlreadyExists(error) || attempt === maxNameAttempts) throw error;
    }
  }
}

function generatedName(core: Core, { endpoint }: WriteContext, prefix: string): string {
  if (endpoint.resource.generatesBareNames === true) return prefix;
  return prefix.slice(0, maxPrefixLength) + nameSuffix(core.random, suffixLength);
}

function admissionRequest(context: WriteContext, object: KubeObject) {
  const { endpoint, subresource } = context;
  return { operation: 'CREATE' as const, endpoint, subresource, key: keyOf(context, object), object };
}

function keyOf({ key }: WriteContext, object: DeepReadonly<KubeObject>): ObjectKey {
  return {
    namespace: object.metadata.namespace ?? '',
    name: key.name === '' ? (object.metadata.name ?? '') : key.name,
  };
}

async function insert(core: Core, context: WriteContext, object: KubeObject): Promise<Written> {
  const { resource } = context.endpoint;
  fillSystemFields(object, context.call);
  const hook = resource.beforeCreate?.(object, context.call);
  // Awaiting what is there already would cost every create a turn.
  const rollback = hook === undefined ? undefined : await hook;
  try {
    prepare(context, object);
    checkNew(context, object);
    const pending = validate(core, admissionRequest(context, object), context.call);
    if (pending !== undefined) await pending;
    const written = await store(context, object);
    if (written.version === undefined) await undo(core, rollback);
    else if (resource.afterCreate !== undefined) await finish(core, context, written);
    return written;
  } catch (error) {
    await undo(core, rollback);
    throw error;
  }
}

function prepare({ endpoint, call }: WriteContext, object: KubeObject): void {
  if (endpoint.hasStatus && endpoint.resource.keepsStatusOnCreate !== true) delete object['status'];
  if (endpoint.hasGeneration) object.metadata.generation = 1;
  endpoint.resource.prepareForCreate?.(object, call);
  settle(endpoint, object);
}

/** Metadata and the rules of the whole object. Throws 422. */
function checkNew({ endpoint, call }: WriteContext, object: KubeObject): void {
  const { resource } = endpoint;
  const own = [...(resource.validate?.(object, call) ?? []), ...(resource.validateCreate?.(object, call) ?? [])];
  const { namespaced, validateName = nameIsDNSSubdomain, anyFinalizers = false } = resource;
  const meta = validateObjectMeta(object.metadata, namespaced, validateName, 'metadata', { anyFinalizers });
  const errors: FieldError[] = resource.metadataApart === true && own.length > 0 ? own : [...meta, ...own];
  if (errors.length > 0) throw invalid(internalKind(endpoint), object.metadata.name ?? '', errors);
  const warnings = resource.warnings?.(object, undefined);
  if (warnings !== undefined) for (const warning of warnings) call.warn(warning);
}

async function store(context: WriteContext, object: KubeObject): Promise<Written> {
  const { endpoint, call } = context;
  const { resource } = endpoint;
  const collection = collectionOf(endpoint);
  const { namespace = '', name = '', resourceVersion = '' } = object.metadata;
  if (call.dryRun) {
    if (collection.pending(namespace, name) !== undefined) throw taken(context, object);
    return { object, version: undefined, isNew: true };
  }
  if (resourceVersion !== '' && resourceVersion !== '0')
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
  const volatile = resource.isVolatile?.(object, undefined) === true;
  const value = storedValue(endpoint, object);
  try {
    const version = await collection.write({ namespace, name }, 'absent', value, volatile ? { volatile } : undefined);
    return { object: servedObject(endpoint, version), version, isNew: true };
  } catch (error) {
    const mapped = writeError(error, resource, name);
    throw isAlreadyExists(mapped) ? taken(context, object) : mapped;
  }
}

/** The name is taken: upstream's text tells apart generated names and objects on their way out. */
function taken({ endpoint }: WriteContext, object: KubeObject): StatusError {
  const { namespace = '', name = '', generateName = '' } = object.metadata;
  const { resource } = endpoint;
  const plain = alreadyExists(resource, name);
  const existing = collectionOf(endpoint).get(namespace, name);
  const isDeleting = existing?.object.metadata['deletionTimestamp'] !== undefined;
  const prefix = isDeleting ? 'object is being deleted: ' : '';
  if (generateName === '') return withMessage(plain, prefix + plain.message, {});
  const message = `${prefix}${plain.message}, the server was not able to generate a unique name for the object`;
  return withMessage(plain, message, { retryAfterSeconds: 1 });
}

function withMessage(error: StatusError, message: string, details: { retryAfterSeconds?: number }): StatusError {
  return new StatusError(error.code, error.reason, message, { ...error.details, ...details });
}

async function finish(core: Core, { endpoint, call }: WriteContext, written: Written): Promise<void> {
  try {
    await endpoint.resource.afterCreate?.(written.object, call);
  } catch (error) {
    core.log.error('a create was stored, but what follows it failed', {
      resource: endpoint.resource.plural,
      error: errorMessage(error),
    });
  }
}

/** Gives back what a hook acquired for a write that was not done. */
export async function undo(core: Core, rollback: Rollback | undefined): Promise<void> {
  try {
    await rollback?.();
  } catch (error) {
    core.log.error('what a failed write had acquired could not be given back', {
      error: isStatusError(error) ? error.message : errorMessage(error),
    });
  }
}
