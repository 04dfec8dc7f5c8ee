/** ResourceClaims. @see https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ */
import type { ResourceClaim, ResourceClaimSpec } from '#api/generated/resource/v1.ts';
import { resourceclaims } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

export const resourceClaim: Resource<ResourceClaim> = {
  ...resourceclaims,
  singular: 'resourceclaim',
  schema: 'io.k8s.api.resource.v1.ResourceClaim',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults: (object) => defaultClaimSpec(object.spec),
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  validateUpdate: (object, old) =>
    semanticEqual(object.spec, old.spec) ? [] : [fieldError.invalid('spec', object.spec, 'field is immutable')],
  subresources: { status: statusSubresource() },
  columns: [{ name: 'State', type: 'string', value: stateText }, ageColumn],
};

/** Also of the claims that templates stand for. */
export function defaultClaimSpec(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? []) {
    for (const request of [...(exactly === undefined ? [] : [exactly]), ...(firstAvailable ?? [])]) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
      for (const toleration of request.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}

function stateText({ metadata, status }: DeepReadonly<ResourceClaim>): string {
  const states = [
    ...(metadata.deletionTimestamp === undefined ? [] : ['deleted']),
    ...(status?.allocation === undefined ? [] : ['allocated']),
    ...((status?.reservedFor ?? []).length === 0 ? [] : ['reserved']),
  ];
  return status?.allocation === undefined ? [...states, 'pending'].join() : states.join();
}
