/** PersistentVolumes. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-v1/ */
import type { PersistentVolume, PersistentVolumeSpec } from '#api/generated/core/v1.ts';
import { persistentvolumes } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { accessModesText } from '#kinds/core/access-modes.ts';
import { checkAccessModes, checkStorage } from '#kinds/core/persistentvolumeclaim/spec-validation.ts';
import { roundResourceList } from '#kinds/core/pod/resource-defaults.ts';

type AnyVolume = DeepReadonly<PersistentVolume>;

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'] as const;

export const persistentVolume: Resource<PersistentVolume> = {
  ...persistentvolumes,
  singular: 'persistentvolume',
  shortNames: ['pv'],
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  metadataOnUpdate: 'object',
  generation: false,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    roundResourceList(spec.capacity);
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
    const status = (object.status ??= {});
    status.phase ||= 'Pending';
  },
  prepareForCreate(object, { nowMs }) {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: new Date(nowMs).toISOString().replace(/\.\d+/, '') };
  },
  prepareForUpdate(object, old) {
    object.status = old.status as Mutable<NonNullable<PersistentVolume['status']>>;
  },
  validate,
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<PersistentVolumeSpec>;
      },
    },
  },
  columns: [
    { name: 'Capacity', type: 'string', value: ({ spec }) => String(spec?.capacity?.['storage'] ?? '0') },
    { name: 'Access Modes', type: 'string', value: ({ spec }) => accessModesText(spec?.accessModes) },
    { name: 'Reclaim Policy', type: 'string', value: ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '' },
    {
      name: 'Status',
      type: 'string',
      value: ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    },
    { name: 'Claim', type: 'string', value: claimText },
    { name: 'StorageClass', type: 'string', value: ({ spec }) => spec?.storageClassName ?? '' },
    {
      name: 'VolumeAttributesClass',
      type: 'string',
      value: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    },
    { name: 'Reason', type: 'string', value: ({ status }) => status?.reason ?? '' },
    ageColumn,
    { name: 'VolumeMode', type: 'string', priority: 1, value: ({ spec }) => spec?.volumeMode ?? '<unset>' },
  ],
};

function claimText({ spec }: AnyVolume): string {
  const claim = spec?.claimRef;
  return claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`;
}

function validate({ spec }: AnyVolume): FieldError[] {
  const errors: FieldError[] = [];
  const { accessModes: modes = [], capacity = {}, persistentVolumeReclaimPolicy: policy } = spec ?? {};
  if (modes.length === 0) errors.push(fieldError.required('spec.accessModes'));
  checkAccessModes(errors, modes, 'spec.accessModes');
  if (Object.keys(capacity).length === 0) errors.push(fieldError.required('spec.capacity'));
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.push(fieldError.notSupported('spec.capacity', capacity, ['storage']));
  if (capacity['storage'] !== undefined) checkStorage(errors, capacity['storage'], 'spec.capacity[storage]');
  if (policy !== undefined && !(reclaimPolicies as readonly string[]).includes(policy))
    errors.push(fieldError.notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies));
  return errors;
}
