/** ClusterRoles: rules for all namespaces and beyond. @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-v1/ */
import { clusterroles } from '#api/generated/resources.ts';
import type { ClusterRole } from '#api/generated/rbac/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkRole } from '#kinds/rbac/escalation.ts';
import { validateRbacName, validateRules } from '#kinds/rbac/validation.ts';

export const clusterRole: Resource<ClusterRole> = {
  ...clusterroles,
  singular: 'clusterrole',
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validateName: validateRbacName,
  beforeCreate: async (object, call) => void checkRole(object, undefined, clusterroles, call),
  beforeUpdate: async (object, old, call) => void checkRole(object, old, clusterroles, call),
  validate: (object) => [...validateRules(object.rules, false), ...validateAggregation(object)],
};

function validateAggregation({ aggregationRule }: DeepReadonly<ClusterRole>): FieldError[] {
  if (aggregationRule === undefined) return [];
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  const text = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
  if (selectors.length === 0) return [fieldError.required(path, text)];
  return selectors.flatMap((selector, i) => {
    const errors = validateLabelSelector(selector, `${path}[${i}]`);
    return errors.length === 0 ? [] : [...errors, fieldError.invalid(`${path}[${i}]`, null, 'invalid label selector.')];
  });
}
