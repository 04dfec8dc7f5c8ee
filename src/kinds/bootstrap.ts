/** Objects every cluster holds from its first start: default roles and bindings, priority classes. */
import { clusterrolebindings, clusterroles, priorityclasses, rolebindings, roles } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { clusterBindings } from '#kinds/bootstrap/cluster-bindings.ts';
import { controllerRoles } from '#kinds/bootstrap/controller-roles.ts';
import { type BindingData, metadataOf, type RoleData, roleRefOf, ruleOf, subjectOf } from '#kinds/bootstrap/data.ts';
import { namespaceBindings, namespaceRoles } from '#kinds/bootstrap/namespace-roles.ts';
import { systemRoles } from '#kinds/bootstrap/system-roles.ts';
import { userRoles } from '#kinds/bootstrap/user-roles.ts';
import { systemPriorityClasses } from '#kinds/scheduling/priorityclass/resource.ts';

/** An object and the resource it belongs to. */
export interface BootstrapObject {
  readonly resource: ResourceRef;
  readonly object: HasMetadata;
}

/** A controller's role is bound to its service account in kube-system, which has the last part of the role's name. */
const controllerBindings: readonly BindingData[] = controllerRoles.map(({ name }) => ({
  name,
  subjects: [`ServiceAccount kube-system/${name.slice(name.lastIndexOf(':') + 1)}`],
}));

export const bootstrapObjects: readonly BootstrapObject[] = [
  ...systemPriorityClasses.map((object) => ({ resource: priorityclasses, object })),
  ...[...userRoles, ...systemRoles, ...controllerRoles].map(roleObject),
  ...[...clusterBindings, ...controllerBindings].map(bindingObject),
  ...namespaceRoles.map(roleObject),
  ...namespaceBindings.map(bindingObject),
];

function roleObject(data: RoleData): BootstrapObject {
  const aggregationRule =
    data.aggregates === undefined
      ? {}
      : {
          aggregationRule: {
            clusterRoleSelectors: data.aggregates.map((label) => ({ matchLabels: { [label]: 'true' } })),
          },
        };
  const rules = data.rules.length === 0 ? {} : { rules: data.rules.map(ruleOf) };
  const object = { metadata: metadataOf(data, data.labels), ...aggregationRule, ...rules };
  return { resource: data.namespace === undefined ? clusterroles : roles, object };
}

function bindingObject(data: BindingData): BootstrapObject {
  const object = {
    metadata: metadataOf(data),
    roleRef: roleRefOf(data),
    subjects: data.subjects.map(subjectOf),
  };
  return { resource: data.namespace === undefined ? clusterrolebindings : rolebindings, object };
}
