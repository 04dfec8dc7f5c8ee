/** StorageClasses. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/storage-class-v1/ */
import { storageclasses } from '#api/generated/resources.ts';
import type { StorageClass } from '#api/generated/storage/v1.ts';
import type { Resource } from '#api/resource.ts';
import { validateImmutable } from '#api/meta/object-meta.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const storageClass: Resource<StorageClass> = {
  ...storageclasses,
  singular: 'storageclass',
  shortNames: ['sc'],
  schema: 'io.k8s.api.storage.v1.StorageClass',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  defaults(object) {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validateUpdate: (object, old) => [
    ...validateImmutable(object.parameters, old.parameters, 'parameters'),
    ...validateImmutable(object.provisioner, old.provisioner, 'provisioner'),
    ...validateImmutable(object.reclaimPolicy, old.reclaimPolicy, 'reclaimPolicy'),
    ...validateImmutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode'),
  ],
  columns: [
    { name: 'Provisioner', type: 'string', value: ({ provisioner }) => provisioner ?? '' },
    { name: 'ReclaimPolicy', type: 'string', value: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete' },
    { name: 'VolumeBindingMode', type: 'string', value: (object) => object.volumeBindingMode ?? 'Immediate' },
    { name: 'AllowVolumeExpansion', type: 'string', value: (object) => object.allowVolumeExpansion ?? false },
    ageColumn,
  ],
};
