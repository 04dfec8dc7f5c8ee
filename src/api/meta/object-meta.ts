/**
 * The rules of metadata, common to every kind.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { ObjectMeta, OwnerReference } from '#api/object.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { isLabelValue, isQualifiedName, nameIsDNSLabel, nameIsDNSSubdomain, utf8Length } from '#api/meta/names.ts';

export const fieldIsImmutable = 'field is immutable';
export const mustNotBeNegative = 'must be greater than or equal to 0';
const maxAnnotationBytes = 256 * 1024;

export type NameCheck = (name: string, prefix: boolean) => string[];
type Meta = DeepReadonly<ObjectMeta>;

/**
 * What a new object's metadata breaks, after names have been generated. Built-in kinds allow finalizers without a domain
 * only if Kubernetes knows them; custom ones allow any (`anyFinalizers`).
 */
export function validateObjectMeta(
  meta: Meta,
  isNamespaced: boolean,
  checkName: NameCheck = nameIsDNSSubdomain,
  path = 'metadata',
  options: { readonly anyFinalizers?: boolean } = {},
): FieldError[] {
  const errors: FieldError[] = [];
  const { generateName, name } = meta;
  if (generateName !== undefined && generateName !== '') {
    for (const message of checkName(generateName, true))
      errors.push(fieldError.invalid(`${path}.generateName`, generateName, message));
  }
  if (name === undefined || name === '')
    errors.push(fieldError.required(`${path}.name`, 'name or generateName is required'));
  else for (const message of checkName(name, false)) errors.push(fieldError.invalid(`${path}.name`, name, message));
  checkNamespace(errors, meta, isNamespaced, path);
  if (meta.generation !== undefined && meta.generation < 0)
    errors.push(fieldError.invalid(`${path}.generation`, meta.generation, mustNotBeNegative));
  checkLabels(errors, meta.labels, `${path}.labels`);
  checkAnnotations(errors, meta.annotations, `${path}.annotations`);
  checkOwners(errors, meta.ownerReferences, `${path}.ownerReferences`);
  checkFinalizers(errors, meta.finalizers, `${path}.finalizers`);
  checkManagedFields(errors, meta, `${path}.managedFields`);
  if (options.anyFinalizers !== true) checkStandardFinalizers(errors, meta.finalizers, `${path}.finalizers`);
  return errors;
}

/** What an update's metadata breaks. The registry has filled in what a client may leave out. */
export function validateObjectMetaUpdate(meta: Meta, old: Meta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) checkNoNewFinalizers(errors, meta, old, `${path}.finalizers`);
  if (meta.resourceVersion === undefined || meta.resourceVersion === '')
    errors.push(fieldError.invalid(`${path}.resourceVersion`, '', 'must be specified for an update'));
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    errors.push(fieldError.invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'));
  checkImmutable(errors, meta, old, path);
  if (meta.labels !== old.labels) checkLabels(errors, meta.labels, `${path}.labels`);
  if (meta.annotations !== old.annotations) checkAnnotations(errors, meta.annotations, `${path}.annotations`);
  checkOwners(errors, meta.ownerReferences, `${path}.ownerReferences`);
  checkManagedFields(errors, meta, `${path}.managedFields`);
  return errors;
}

const immutableFields = [
  ['name', ''],
  ['namespace', ''],
  ['uid', ''],
  ['creationTimestamp', null],
  ['deletionTimestamp', null],
  ['deletionGracePeriodSeconds', null],
] as const;

function checkImmutable(errors: FieldError[], meta: Meta, old: Meta, path: string): void {
  for (const [field, absent] of immutableFields) {
    const value = meta[field] ?? absent;
    if (value !== (old[field] ?? absent)) errors.push(fieldError.invalid(`${path}.${field}`, value, fieldIsImmutable));
  }
}

function checkNamespace(errors: FieldError[], meta: Meta, isNamespaced: boolean, path: string): void {
  const namespace = meta.namespace ?? '';
  if (!isNamespaced) {
    if (namespace !== '') errors.push(fieldError.forbidden(`${path}.namespace`, 'not allowed on this type'));
  } else if (namespace === '') errors.push(fieldError.required(`${path}.namespace`));
  else {
    for (const message of nameIsDNSLabel(namespace, false))
      errors.push(fieldError.invalid(`${path}.namespace`, namespace, message));
  }
}

type StringMap = Readonly<Record<string, string>> | undefined;

function checkLabels(errors: FieldError[], labels: StringMap, path: string): void {
  for (const key in labels) {
    for (const message of isQualifiedName(key)) errors.push(fieldError.invalid(path, key, message));
    const value = labels[key] ?? '';
    for (const message of isLabelValue(value)) errors.push(fieldError.invalid(path, value, message));
  }
}

/** Label maps: metadata.labels, matchLabels, nodeSelector. */
export function validateLabels(labels: StringMap, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkLabels(errors, labels, path);
  return errors;
}

export function validateAnnotations(annotations: StringMap, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkAnnotations(errors, annotations, path);
  return errors;
}

function checkAnnotations(errors: FieldError[], annotations: StringMap, path: string): void {
  let size = 0;
  for (const key in annotations) {
    for (const message of isQualifiedName(key.toLowerCase())) errors.push(fieldError.invalid(path, key, message));
    size += utf8Length(key) + utf8Length(annotations[key] ?? '');
  }
  if (size > maxAnnotationBytes) errors.push(fieldError.tooLong(path, maxAnnotationBytes));
}

function checkOwners(
  errors: FieldError[],
  owners: readonly DeepReadonly<OwnerReference>[] | undefined,
  path: string,
): void {
  let controller = '';
  for (const owner of owners ?? []) {
    checkOwner(errors, owner, path);
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === '') controller = name;
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(fieldError.invalid(path, owners, text));
    }
  }
}

function checkOwner(errors: FieldError[], owner: DeepReadonly<OwnerReference>, path: string): void {
  const apiVersion = owner.apiVersion ?? '';
  const parts = apiVersion.split('/');
  const version = parts.length > 2 ? '' : (parts.at(-1) ?? '');
  if (version === '') errors.push(fieldError.invalid(`${path}.apiVersion`, apiVersion, 'version must not be empty'));
  for (const field of ['kind', 'name', 'uid'] as const) {
    if ((owner[field] ?? '') === '') errors.push(fieldError.invalid(`${path}.${field}`, '', 'must not be empty'));
  }
  if (apiVersion === 'v1' && owner.kind === 'Event')
    errors.push(fieldError.invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
}

function checkFinalizers(errors: FieldError[], finalizers: readonly string[] | undefined, path: string): void {
  if (finalizers === undefined) return;
  for (const finalizer of finalizers)
    for (const message of isQualifiedName(finalizer)) errors.push(fieldError.invalid(path, finalizer, message));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const text = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(fieldError.invalid(path, finalizers, text));
  }
}

const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function checkStandardFinalizers(errors: FieldError[], finalizers: readonly string[] | undefined, path: string): void {
  finalizers?.forEach((finalizer, i) => {
    if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return;
    const text = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(fieldError.invalid(`${path}[${i}]`, finalizer, text));
  });
}

/** Finalizers of built-in kinds: with a domain, or known to Kubernetes. */
export function validateFinalizers(
  finalizers: readonly string[] | undefined,
  path = 'metadata.finalizers',
): FieldError[] {
  const errors: FieldError[] = [];
  checkStandardFinalizers(errors, finalizers, path);
  return errors;
}

function checkNoNewFinalizers(errors: FieldError[], meta: Meta, old: Meta, path: string): void {
  const extra = (meta.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer));
  if (extra.length === 0) return;
  const list = [...new Set(extra)].sort().map((finalizer) => JSON.stringify(finalizer));
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(', ')}}`;
  errors.push(fieldError.forbidden(path, text));
}

function checkManagedFields(errors: FieldError[], meta: Meta, path: string): void {
  meta.managedFields?.forEach((entry, i) => {
    const at = `${path}[${i}]`;
    const operation = entry.operation ?? '';
    if (operation !== 'Apply' && operation !== 'Update')
      errors.push(fieldError.invalid(`${at}.operation`, operation, 'must be `Apply` or `Update`'));
    const fieldsType = entry.fieldsType ?? '';
    if (fieldsType !== '' && fieldsType !== 'FieldsV1')
      errors.push(fieldError.invalid(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`'));
    errors.push(...validateFieldManager(entry.manager ?? '', `${at}.manager`));
    if (utf8Length(entry.subresource ?? '') > 256) errors.push(fieldError.tooLong(`${at}.subresource`, 256));
  });
}

/** The fieldManager option: 128 printable characters at most. */
export function validateFieldManager(manager: string, path = 'fieldManager'): FieldError[] {
  const errors: FieldError[] = [];
  if (utf8Length(manager) > 128) errors.push(fieldError.tooLong(path, 128));
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(fieldError.invalid(path, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += utf8Length(character);
  }
  return errors;
}

function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

/** [] if both are semantically equal, else the usual error. */
export function validateImmutable(value: unknown, old: unknown, path: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [fieldError.invalid(path, value, fieldIsImmutable)];
}

export function validateNonNegative(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && value < 0 ? [fieldError.invalid(path, value, mustNotBeNegative)] : [];
}
