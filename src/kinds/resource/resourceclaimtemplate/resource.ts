/** ResourceClaimTemplates. @see https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ */
import type { ResourceClaimTemplate } from '#api/generated/resource/v1.ts';
import { resourceclaimtemplates } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { fieldError } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { defaultClaimSpec } from '#kinds/resource/resourceclaim/resource.ts';

export const resourceClaimTemplate: Resource<ResourceClaimTemplate> = {
  ...resourceclaimtemplates,
  singular: 'resourceclaimtemplate',
  schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults: (object) => defaultClaimSpec(object.spec?.spec),
  validateUpdate: (object, old) =>
    semanticEqual(object.spec, old.spec) ? [] : [fieldError.invalid('spec', object.spec, 'field is immutable')],
  columns: [ageColumn],
};
