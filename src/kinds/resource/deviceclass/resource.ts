/** DeviceClasses. @see https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ */
import type { DeviceClass } from '#api/generated/resource/v1.ts';
import { deviceclasses } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const deviceClass: Resource<DeviceClass> = {
  ...deviceclasses,
  singular: 'deviceclass',
  schema: 'io.k8s.api.resource.v1.DeviceClass',
  allowUnconditionalUpdate: true,
  columns: [ageColumn],
};
