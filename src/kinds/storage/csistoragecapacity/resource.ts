/** CSIStorageCapacities: what a driver could still provide where. */
import { csistoragecapacities } from '#api/generated/resources.ts';
import type { CSIStorageCapacity } from '#api/generated/storage/v1.ts';
import type { Resource } from '#api/resource.ts';

export const csiStorageCapacity: Resource<CSIStorageCapacity> = {
  ...csistoragecapacities,
  singular: 'csistoragecapacity',
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowUnconditionalUpdate: false,
  columns: [
    { name: 'StorageClassName', type: 'string', value: ({ storageClassName }) => storageClassName ?? '' },
    { name: 'Capacity', type: 'string', value: ({ capacity }) => String(capacity ?? '') },
  ],
};
