/** Rules of what a claim asks for, of claims themselves and of templates of them. */
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isDNS1123Subdomain } from '#api/meta/names.ts';
import { mustNotBeNegative, validateAnnotations, validateLabels } from '#api/meta/object-meta.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { parseQuantity, quantityText } from '#lang/quantity/quantity.ts';

type Spec = DeepReadonly<PersistentVolumeClaimSpec>;
type Reference = DeepReadonly<Omit<TypedObjectReference, 'namespace'> & { namespace?: string }>;

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] as const;
export const volumeModes = ['Block', 'Filesystem'] as const;
const allowedMeta: ReadonlySet<string> = new Set(['annotations', 'labels']);
/** In the order of upstream's struct. */
const metaFields = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** A claim as a part of another object. */
export function checkClaimTemplate(
  errors: FieldError[],
  { metadata = {}, spec = {} }: DeepReadonly<PersistentVolumeClaimTemplate>,
  path: string,
): void {
  errors.push(...validateAnnotations(metadata.annotations, `${path}.metadata.annotations`));
  errors.push(...validateLabels(metadata.labels, `${path}.metadata.labels`));
  for (const field of metaFields) {
    const value = (metadata as Readonly<Record<string, unknown>>)[field];
    if (value !== undefined && value !== null && value !== '' && !allowedMeta.has(field))
      errors.push(fieldError.forbidden(`${path}.metadata.${field}`, 'cannot be set'));
  }
  checkClaimSpec(errors, spec, `${path}.spec`);
}

export function checkClaimSpec(errors: FieldError[], spec: Spec, path: string): void {
  if ((spec.accessModes ?? []).length === 0)
    errors.push(fieldError.required(`${path}.accessModes`, 'at least 1 access mode is required'));
  if (spec.selector !== undefined) errors.push(...validateLabelSelector(spec.selector, `${path}.selector`));
  checkAccessModes(errors, spec.accessModes ?? [], `${path}.accessModes`);
  checkStorage(errors, spec.resources?.requests?.['storage'], `${path}.resources[storage]`);
  checkClassName(errors, spec.storageClassName, `${path}.storageClassName`);
  if (spec.volumeMode !== undefined && !(volumeModes as readonly string[]).includes(spec.volumeMode))
    errors.push(fieldError.notSupported(`${path}.volumeMode`, spec.volumeMode, volumeModes));
  if (spec.dataSource !== undefined) checkReference(errors, spec.dataSource, `${path}.dataSource`);
  if (spec.dataSourceRef !== undefined) checkReference(errors, spec.dataSourceRef, `${path}.dataSourceRef`);
  checkSources(errors, spec, path);
  checkClassName(errors, spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`);
}

export function checkAccessModes(errors: FieldError[], modes: readonly string[], path: string): void {
  for (const mode of modes)
    if (!(accessModes as readonly string[]).includes(mode))
      errors.push(fieldError.notSupported(path, mode, accessModes));
  const known = modes.filter((mode) => (accessModes as readonly string[]).includes(mode));
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(fieldError.forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
}

export function checkStorage(errors: FieldError[], amount: string | number | undefined, path: string): void {
  if (amount === undefined) {
    errors.push(fieldError.required(path));
    return;
  }
  const quantity = parseQuantity(amount);
  if (quantity.nanos <= 0n) errors.push(fieldError.invalid(path, quantityText(quantity), 'must be greater than zero'));
  else if (quantity.nanos < 0n) errors.push(fieldError.invalid(path, quantityText(quantity), mustNotBeNegative));
}

function checkClassName(errors: FieldError[], name: string | undefined, path: string): void {
  if (name === undefined || name === '') return;
  for (const message of isDNS1123Subdomain(name)) errors.push(fieldError.invalid(path, name, message));
}

function checkReference(errors: FieldError[], source: Reference, path: string): void {
  const { name, kind, namespace } = source;
  const apiGroup = source.apiGroup ?? '';
  if (!name) errors.push(fieldError.required(`${path}.name`));
  if (!kind) errors.push(fieldError.required(`${path}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(fieldError.invalid(path, kind ?? '', text));
  }
  if (apiGroup !== '')
    for (const message of isDNS1123Subdomain(apiGroup))
      errors.push(fieldError.invalid(`${path}.apiGroup`, apiGroup, message));
  if (namespace !== undefined && namespace !== '')
    for (const message of isDNS1123Label(namespace))
      errors.push(fieldError.invalid(`${path}.namespace`, namespace, message));
}

/** Old and new field of the source must say the same, unless the new one says what the old one cannot. */
function checkSources(errors: FieldError[], { dataSource: old, dataSourceRef: reference }: Spec, path: string): void {
  if (old === undefined || reference === undefined) return;
  const hasNamespace = reference.namespace !== undefined && reference.namespace !== '';
  const isSame = old.apiGroup === reference.apiGroup && old.kind === reference.kind && old.name === reference.name;
  if (!hasNamespace && isSame) return;
  const text = hasNamespace
    ? 'may not be specified when dataSourceRef.namespace is specified'
    : 'must match dataSourceRef';
  errors.push(fieldError.invalid(path, `${path}.dataSource`, text));
}
