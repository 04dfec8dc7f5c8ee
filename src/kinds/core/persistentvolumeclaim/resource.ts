/** PersistentVolumeClaims. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/ */
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '#api/generated/core/v1.ts';
import { persistentvolumeclaims } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { accessModesText } from '#kinds/core/access-modes.ts';
import { checkClaimSpec } from '#kinds/core/persistentvolumeclaim/spec-validation.ts';
import { roundRequirements } from '#kinds/core/pod/resource-defaults.ts';

type AnyClaim = DeepReadonly<PersistentVolumeClaim>;
type Spec = PersistentVolumeClaimSpec;

const refused =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export const persistentVolumeClaim: Resource<PersistentVolumeClaim> = {
  ...persistentvolumeclaims,
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  metadataOnUpdate: 'change-object',
  generation: false,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.volumeMode ??= 'Filesystem';
    roundRequirements(spec.resources);
    const status = (object.status ??= {});
    status.phase ||= 'Pending';
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
    if (object.spec !== undefined) carrySource(object.spec);
  },
  prepareForUpdate(object, old) {
    object.status = old.status as Mutable<NonNullable<PersistentVolumeClaim['status']>>;
    if (object.spec !== undefined) carrySource(object.spec);
  },
  validate: ({ spec }) => {
    const errors: FieldError[] = [];
    checkClaimSpec(errors, spec ?? {}, 'spec');
    return errors;
  },
  validateUpdate,
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Spec>;
      },
    },
  },
  columns: [
    {
      name: 'Status',
      type: 'string',
      value: ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    },
    { name: 'Volume', type: 'string', value: ({ spec }) => spec?.volumeName ?? '' },
    {
      name: 'Capacity',
      type: 'string',
      value: ({ spec, status }) => (spec?.volumeName ? String(status?.capacity?.['storage'] ?? '0') : ''),
    },
    {
      name: 'Access Modes',
      type: 'string',
      value: ({ spec, status }) => (spec?.volumeName ? accessModesText(status?.accessModes) : ''),
    },
    { name: 'StorageClass', type: 'string', value: ({ spec }) => spec?.storageClassName ?? '' },
    {
      name: 'VolumeAttributesClass',
      type: 'string',
      value: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    },
    ageColumn,
    { name: 'VolumeMode', type: 'string', priority: 1, value: ({ spec }) => spec?.volumeMode ?? '<unset>' },
  ],
};

/** The source has an older and a newer field; what only one of them says, both say. */
function carrySource(spec: Spec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  if (dataSource !== undefined || dataSourceRef === undefined || dataSourceRef.namespace) return;
  const { namespace: _, ...local } = dataSourceRef;
  spec.dataSource = local;
}

/** A bound claim may grow, and change its class of attributes. */
function validateUpdate({ spec = {} }: AnyClaim, { spec: old = {}, status }: AnyClaim): FieldError[] {
  const isBound = status?.phase === 'Bound';
  const before: Record<string, unknown> = { ...spec };
  if (isBound) before['resources'] = { ...spec.resources, requests: old.resources?.requests };
  if (old.volumeName === undefined || old.volumeName === '') before['volumeName'] = old.volumeName;
  before['volumeAttributesClassName'] = old.volumeAttributesClassName;
  return semanticEqual(before, old) ? [] : [fieldError.forbidden('spec', refused)];
}
