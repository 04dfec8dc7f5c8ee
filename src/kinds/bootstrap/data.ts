/** The compact form in which the default roles and bindings are written down, and what it stands for. */
import type { PolicyRule, RoleRef, Subject } from '#api/generated/rbac/v1.ts';
import type { ObjectMeta } from '#api/object.ts';

export interface RoleData {
  readonly namespace?: string;
  readonly name: string;
  /** Labels with the value 'true'. */
  readonly labels?: readonly string[];
  /** Labels of the roles whose rules are gathered. */
  readonly aggregates?: readonly string[];
  /** `verbs; groups; resources` with an optional `; names`, or `verbs; /urls`. The core group is written `core`. */
  readonly rules: readonly string[];
}
export interface BindingData {
  readonly namespace?: string;
  readonly name: string;
  /** `Kind name`; the ClusterRole of the binding's name unless said. */
  readonly role?: string;
  /** `User name`, `Group name`, `ServiceAccount namespace/name`. */
  readonly subjects: readonly string[];
}

const rbacGroup = 'rbac.authorization.k8s.io';

export function metadataOf(
  { namespace, name }: { namespace?: string; name: string },
  labels: readonly string[] = [],
): ObjectMeta {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    name,
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    labels: {
      'kubernetes.io/bootstrapping': 'rbac-defaults',
      ...Object.fromEntries(labels.map((label) => [label, 'true'])),
    },
  };
}

export function ruleOf(text: string): PolicyRule {
  const [verbs = [], second = [], resources, resourceNames] = text.split('; ').map((part) => part.split(','));
  if (resources === undefined) return { nonResourceURLs: second, verbs };
  const apiGroups = second.map((group) => (group === 'core' ? '' : group));
  return { apiGroups, ...(resourceNames === undefined ? {} : { resourceNames }), resources, verbs };
}

export function roleRefOf({ role, name: binding }: BindingData): RoleRef {
  const [kind = '', name = ''] = (role ?? `ClusterRole ${binding}`).split(' ');
  return { apiGroup: rbacGroup, kind, name };
}

export function subjectOf(text: string): Subject {
  const [kind = '', name = ''] = text.split(' ');
  if (kind !== 'ServiceAccount') return { apiGroup: rbacGroup, kind, name };
  const [namespace = '', account = ''] = name.split('/');
  return { kind, name: account, namespace };
}
