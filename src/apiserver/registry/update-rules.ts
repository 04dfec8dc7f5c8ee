/**
 * The rules an update is judged by. Upstream looks at metadata once for every kind and again in each kind's own rules, which
 * differ in what they look at and when; causes are told once for each look (see MetadataOnUpdate).
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject } from '#api/object.ts';
import type { MetadataOnUpdate, Resource, StatusSubresource, ValidationCall } from '#api/resource.ts';
import type { FieldError } from '#api/status.ts';
import { isPathSegmentName, nameIsDNSSubdomain } from '#api/meta/names.ts';
import { validateFinalizers, validateObjectMeta, validateObjectMetaUpdate } from '#api/meta/object-meta.ts';

type Stored = DeepReadonly<KubeObject>;

/** What the new object breaks; `part`: the hooks of the subresource, undefined for the object itself. */
export function updateErrors(
  resource: Resource,
  part: StatusSubresource<KubeObject> | undefined,
  { object, old, call }: { readonly object: Stored; readonly old: Stored; readonly call: ValidationCall },
): FieldError[] {
  const { metadata } = object;
  const change = validateObjectMetaUpdate(metadata, old.metadata);
  const ownChange = resource.anyFinalizers === true ? change : [...change, ...validateFinalizers(metadata.finalizers)];
  const own = part === undefined ? resource.metadataOnUpdate : part.metadataOnUpdate;
  const whole = metadataErrors(resource, object, own ?? 'change');
  const errors = [...whole.general, ...change];
  if (own === 'object-change' || own === 'object') errors.push(...whole.own);
  if (own === undefined || own === 'change' || own === 'change-object') errors.push(...ownChange);
  if (own === 'change-object') errors.push(...whole.own);
  if (part !== undefined) {
    errors.push(...(part.validateUpdate?.(object, old, call) ?? []));
    return errors;
  }
  errors.push(...(resource.validate?.(object, call) ?? []));
  if (own === 'object-change') errors.push(...ownChange);
  errors.push(...(resource.validateUpdate?.(object, old, call) ?? []));
  return errors;
}

interface MetadataErrors {
  /** By the rules for all kinds, custom ones too: any name that fits into a path, any finalizer. */
  readonly general: readonly FieldError[];
  /** By the kind's own, stricter rules. */
  readonly own: readonly FieldError[];
}

const none: MetadataErrors = { general: [], own: [] };

function metadataErrors(resource: Resource, { metadata }: Stored, look: MetadataOnUpdate): MetadataErrors {
  const { namespaced, validateName = nameIsDNSSubdomain, anyFinalizers = false } = resource;
  const isOwn = look !== 'change' && look !== 'none';
  const own = isOwn ? validateObjectMeta(metadata, namespaced, validateName, 'metadata', { anyFinalizers }) : none.own;
  // What meets the stricter rules meets the others.
  if (isOwn && own.length === 0) return none;
  const general = validateObjectMeta(metadata, namespaced, isPathSegmentName, 'metadata', { anyFinalizers: true });
  return { general, own };
}
