/** ClusterRoleBindings: who has a ClusterRole everywhere. @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-binding-v1/ */
import { clusterrolebindings } from '#api/generated/resources.ts';
import type { ClusterRoleBinding } from '#api/generated/rbac/v1.ts';
import type { Resource } from '#api/resource.ts';
import { bindingColumns } from '#kinds/rbac/binding-columns.ts';
import { checkBinding } from '#kinds/rbac/escalation.ts';
import { defaultBinding, validateBinding, validateBindingUpdate, validateRbacName } from '#kinds/rbac/validation.ts';

export const clusterRoleBinding: Resource<ClusterRoleBinding> = {
  ...clusterrolebindings,
  singular: 'clusterrolebinding',
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validateName: validateRbacName,
  defaults: defaultBinding,
  beforeCreate: async (object, call) => void checkBinding(object, undefined, clusterrolebindings, call),
  beforeUpdate: async (object, old, call) => void checkBinding(object, old, clusterrolebindings, call),
  validate: (object) => validateBinding(object, false),
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns,
};
