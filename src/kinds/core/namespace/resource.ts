/** Namespaces. @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/ */
import { namespaces } from '#api/generated/resources.ts';
import type { Namespace } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isQualifiedName, nameIsDNSLabel } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';

const nameLabel = 'kubernetes.io/metadata.name';
const kubernetesFinalizer = 'kubernetes';
/** Finalizers that need no domain. */
const standardFinalizers: ReadonlySet<string> = new Set([kubernetesFinalizer, 'orphan', 'foregroundDeletion']);

export const namespace: Resource<Namespace> = {
  ...namespaces,
  singular: 'namespace',
  shortNames: ['ns'],
  schema: 'io.k8s.api.core.v1.Namespace',
  metadataOnUpdate: 'object-change',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  generation: false,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  validateName: nameIsDNSLabel,
  defaults(object) {
    if ((object.metadata.name ?? '') !== '') setNameLabel(object);
    object.status ??= {};
    object.status.phase ??= 'Active';
  },
  prepareForCreate(object) {
    setNameLabel(object);
    object.status = { phase: 'Active' };
    object.spec ??= {};
    const finalizers = object.spec.finalizers ?? [];
    if (!finalizers.includes(kubernetesFinalizer)) object.spec.finalizers = [...finalizers, kubernetesFinalizer];
  },
  prepareForUpdate(object, old) {
    object.spec = (old.spec ?? {}) as Namespace['spec'];
    object.status = (old.status ?? {}) as Namespace['status'];
  },
  validate: (object) => validateFinalizers(object, () => 'spec.finalizers'),
  holdsDeletion: (object) => (object.spec?.finalizers?.length ?? 0) > 0,
  beginDeletion(object) {
    object.status = { ...object.status, phase: 'Terminating' };
  },
  selectableFieldNames: ['name', 'status.phase'],
  selectableFields: (object) => ({ name: object.metadata.name ?? '', 'status.phase': object.status?.phase ?? '' }),
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = (old.spec ?? {}) as Namespace['spec'];
      },
      validateUpdate: validatePhase,
    },
    finalize: {
      kind: 'Namespace',
      verbs: ['update'],
      update: {
        prepareForUpdate(object, old) {
          object.status = (old.status ?? {}) as Namespace['status'];
        },
        validateUpdate: (object) => validateFinalizers(object, (i) => `spec.finalizers[${i}]`),
      },
    },
  },
  columns: [{ name: 'Status', type: 'string', value: (object) => object.status?.phase ?? '' }, ageColumn],
};

function setNameLabel(object: Namespace): void {
  object.metadata.labels ??= {};
  object.metadata.labels[nameLabel] = object.metadata.name ?? '';
}

function validateFinalizers(object: DeepReadonly<Namespace>, path: (i: number) => string): FieldError[] {
  const errors: FieldError[] = [];
  object.spec?.finalizers?.forEach((finalizer, i) => {
    for (const message of isQualifiedName(finalizer)) errors.push(fieldError.invalid(path(i), finalizer, message));
    if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return;
    const text = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(fieldError.invalid(path(i), finalizer, text));
  });
  return errors;
}

function validatePhase(object: DeepReadonly<Namespace>): FieldError[] {
  const phase = object.status?.phase ?? '';
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  if (phase === (isDeleted ? 'Terminating' : 'Active')) return [];
  const text = isDeleted
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [fieldError.invalid('status.Phase', phase, text)];
}
