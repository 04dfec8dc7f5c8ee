/** Roles: rules within a namespace. @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/ */
import { roles } from '#api/generated/resources.ts';
import type { Role } from '#api/generated/rbac/v1.ts';
import type { Resource } from '#api/resource.ts';
import { checkRole } from '#kinds/rbac/escalation.ts';
import { validateRbacName, validateRules } from '#kinds/rbac/validation.ts';

export const role: Resource<Role> = {
  ...roles,
  singular: 'role',
  schema: 'io.k8s.api.rbac.v1.Role',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validateName: validateRbacName,
  beforeCreate: async (object, call) => void checkRole(object, undefined, roles, call),
  beforeUpdate: async (object, old, call) => void checkRole(object, old, roles, call),
  validate: (object) => validateRules(object.rules, true),
};
