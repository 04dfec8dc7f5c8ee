/** CSIDrivers. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-driver-v1/ */
import { csidrivers } from '#api/generated/resources.ts';
import type { CSIDriver } from '#api/generated/storage/v1.ts';
import type { Resource } from '#api/resource.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';

const tokenWarning =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

export const csiDriver: Resource<CSIDriver> = {
  ...csidrivers,
  singular: 'csidriver',
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  generation: false,
  allowUnconditionalUpdate: false,
  returnsDeletedObject: true,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType' as never;
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'] as never;
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForCreate(object) {
    delete object.spec.preventPodSchedulingIfMissing;
  },
  prepareForUpdate(object, old) {
    delete object.spec.preventPodSchedulingIfMissing;
    if (!semanticEqual(object.spec, old.spec)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  warnings: ({ spec }) =>
    (spec.tokenRequests ?? []).length > 0 && spec.serviceAccountTokenInSecrets === undefined ? [tokenWarning] : [],
  columns: [
    { name: 'AttachRequired', type: 'boolean', value: ({ spec }) => spec.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', value: ({ spec }) => spec.podInfoOnMount ?? false },
    { name: 'StorageCapacity', type: 'boolean', value: ({ spec }) => spec.storageCapacity ?? false },
    {
      name: 'TokenRequests',
      type: 'string',
      value: ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join() ?? '<unset>',
    },
    { name: 'RequiresRepublish', type: 'boolean', value: ({ spec }) => spec.requiresRepublish ?? false },
    { name: 'Modes', type: 'string', value: ({ spec }) => (spec.volumeLifecycleModes ?? []).join() || '<none>' },
    ageColumn,
  ],
};
