/** RoleBindings: who has a role within a namespace. @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-binding-v1/ */
import { rolebindings } from '#api/generated/resources.ts';
import type { RoleBinding } from '#api/generated/rbac/v1.ts';
import type { Resource } from '#api/resource.ts';
import { bindingColumns } from '#kinds/rbac/binding-columns.ts';
import { checkBinding } from '#kinds/rbac/escalation.ts';
import { defaultBinding, validateBinding, validateBindingUpdate, validateRbacName } from '#kinds/rbac/validation.ts';

export const roleBinding: Resource<RoleBinding> = {
  ...rolebindings,
  singular: 'rolebinding',
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validateName: validateRbacName,
  defaults: defaultBinding,
  beforeCreate: async (object, call) => void checkBinding(object, undefined, rolebindings, call),
  beforeUpdate: async (object, old, call) => void checkBinding(object, old, rolebindings, call),
  validate: (object) => validateBinding(object, true),
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns,
};
