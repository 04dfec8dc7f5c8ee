/** VolumeAttributesClasses. */
import { volumeattributesclasses } from '#api/generated/resources.ts';
import type { VolumeAttributesClass } from '#api/generated/storage/v1.ts';
import type { Resource } from '#api/resource.ts';
import { validateImmutable } from '#api/meta/object-meta.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const volumeAttributesClass: Resource<VolumeAttributesClass> = {
  ...volumeattributesclasses,
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  metadataOnUpdate: 'change-object',
  generation: false,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  validateUpdate: (object, old) => [
    ...validateImmutable(object.driverName, old.driverName, 'driverName'),
    ...validateImmutable(object.parameters, old.parameters, 'parameters'),
  ],
  columns: [{ name: 'DriverName', type: 'string', value: ({ driverName }) => driverName ?? '' }, ageColumn],
};
