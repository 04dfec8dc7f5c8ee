/** CSINodes: which drivers a node has. */
import { csinodes } from '#api/generated/resources.ts';
import type { CSINode } from '#api/generated/storage/v1.ts';
import type { Resource } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const csiNode: Resource<CSINode> = {
  ...csinodes,
  singular: 'csinode',
  schema: 'io.k8s.api.storage.v1.CSINode',
  metadataOnUpdate: 'object',
  generation: false,
  allowUnconditionalUpdate: false,
  returnsDeletedObject: true,
  columns: [{ name: 'Drivers', type: 'integer', value: ({ spec }) => spec?.drivers?.length ?? 0 }, ageColumn],
};
