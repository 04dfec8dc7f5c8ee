/** ResourceSlices. @see https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ */
import type { ResourceSlice } from '#api/generated/resource/v1.ts';
import { resourceslices } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { fieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const resourceSlice: Resource<ResourceSlice> = {
  ...resourceslices,
  singular: 'resourceslice',
  schema: 'io.k8s.api.resource.v1.ResourceSlice',
  allowUnconditionalUpdate: true,
  validateUpdate(object, old) {
    const fixed = ['nodeName', 'driver'] as const;
    return fixed.flatMap((name) =>
      object.spec?.[name] === old.spec?.[name]
        ? []
        : [fieldError.invalid(`spec.${name}`, object.spec?.[name], 'field is immutable')],
    );
  },
  warnings({ spec }) {
    const driver = spec?.driver ?? '';
    if (driver === driver.toLowerCase()) return [];
    return [`spec.driver: driver names should be lowercase; "${driver}" contains uppercase characters`];
  },
  selectableFieldNames: ['spec.nodeName', 'spec.driver'],
  selectableFields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  columns: [
    {
      name: 'Node',
      type: 'string',
      value: ({ spec }) => spec?.nodeName ?? (spec?.allNodes === true ? '<all>' : '<unset>'),
    },
    { name: 'Driver', type: 'string', value: ({ spec }) => spec?.driver ?? '' },
    { name: 'Pool', type: 'string', value: ({ spec }) => spec?.pool?.name ?? '' },
    ageColumn,
  ],
};
