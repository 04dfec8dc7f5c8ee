/** VolumeAttachments. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/ */
import { volumeattachments } from '#api/generated/resources.ts';
import type { VolumeAttachment } from '#api/generated/storage/v1.ts';
import type { Resource } from '#api/resource.ts';
import { validateImmutable } from '#api/meta/object-meta.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

export const volumeAttachment: Resource<VolumeAttachment> = {
  ...volumeattachments,
  singular: 'volumeattachment',
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  metadataOnUpdate: 'object',
  generation: false,
  allowUnconditionalUpdate: false,
  returnsDeletedObject: true,
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  prepareForUpdate: keepStatus,
  validateUpdate: ({ spec }, old) => validateImmutable(spec, old.spec, 'spec'),
  subresources: { status: { ...statusSubresource(), metadataOnUpdate: 'object' } },
  columns: [
    { name: 'Attacher', type: 'string', format: 'name', value: ({ spec }) => spec?.attacher ?? '' },
    { name: 'PV', type: 'string', value: ({ spec }) => spec?.source?.persistentVolumeName ?? '' },
    { name: 'Node', type: 'string', value: ({ spec }) => spec?.nodeName ?? '' },
    { name: 'Attached', type: 'boolean', value: ({ status }) => status?.attached ?? false },
    ageColumn,
  ],
};
