/** PodDisruptionBudgets. @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/ */
import type { PodDisruptionBudget } from '#api/generated/policy/v1.ts';
import { poddisruptionbudgets } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { isPathSegmentName } from '#api/meta/names.ts';
import { fieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

const noStatus = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };

export const podDisruptionBudget: Resource<PodDisruptionBudget> = {
  ...poddisruptionbudgets,
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  metadataApart: true,
  metadataOnUpdate: 'none',
  anyFinalizers: true,
  validateName: isPathSegmentName,
  prepareForCreate(object) {
    object.status = { ...noStatus };
  },
  prepareForUpdate: keepStatus,
  validate: ({ spec }) =>
    spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined
      ? [fieldError.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : [],
  subresources: { status: { ...statusSubresource(), metadataOnUpdate: 'none' } },
  columns: [
    { name: 'Min Available', type: 'string', value: (object) => String(object.spec?.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', type: 'string', value: (object) => String(object.spec?.maxUnavailable ?? 'N/A') },
    { name: 'Allowed Disruptions', type: 'integer', value: (object) => object.status?.disruptionsAllowed ?? 0 },
    ageColumn,
  ],
};
