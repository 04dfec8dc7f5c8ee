/** Rules of roles and bindings. */
import type { RoleRef, Subject } from '#api/generated/rbac/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isPathSegmentName, nameIsDNSSubdomain } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import type { Rule } from '#kinds/rbac/rule.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** Names may hold anything that a URL's segment can. */
export const validateRbacName = (name: string): string[] => isPathSegmentName(name);

export function validateRules(rules: readonly Rule[] | null | undefined, isNamespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => validateRule(rule, isNamespaced, `rules[${i}]`));
}

function validateRule(rule: Rule, isNamespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if ((verbs ?? []).length === 0)
    errors.push(fieldError.required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const at = `${path}.nonResourceURLs`;
    if (isNamespaced)
      errors.push(fieldError.invalid(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(fieldError.invalid(at, nonResourceURLs, text));
    }
    return errors;
  }
  if (apiGroups.length === 0)
    errors.push(fieldError.required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(fieldError.required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

interface Binding {
  readonly roleRef?: DeepReadonly<RoleRef>;
  readonly subjects?: readonly DeepReadonly<Subject>[];
}

export function validateBinding({ roleRef, subjects = [] }: Binding, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {};
  const kinds = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (apiGroup !== rbacGroup) errors.push(fieldError.notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]));
  if (!kinds.includes(kind)) errors.push(fieldError.notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(fieldError.required('roleRef.name'));
  else for (const message of validateRbacName(name)) errors.push(fieldError.invalid('roleRef.name', name, message));
  (subjects ?? []).forEach((subject, i) => errors.push(...validateSubject(subject, isNamespaced, `subjects[${i}]`)));
  return errors;
}

function validateSubject(subject: DeepReadonly<Subject>, isNamespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject;
  if (name === '') errors.push(fieldError.required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '')
        for (const message of nameIsDNSSubdomain(name, false))
          errors.push(fieldError.invalid(`${path}.name`, name, message));
      if (apiGroup !== '') errors.push(fieldError.notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!isNamespaced && namespace === '') errors.push(fieldError.required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(fieldError.notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
      break;
    default:
      errors.push(fieldError.notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

export function validateBindingUpdate({ roleRef }: Binding, old: Binding): FieldError[] {
  const isSame = (['apiGroup', 'kind', 'name'] as const).every((field) => roleRef?.[field] === old.roleRef?.[field]);
  if (isSame) return [];
  const value = { apiGroup: roleRef?.apiGroup ?? '', kind: roleRef?.kind ?? '', name: roleRef?.name ?? '' };
  const printed = { APIGroup: value.apiGroup, Kind: value.kind, Name: value.name };
  return [fieldError.invalid('roleRef', printed, 'cannot change roleRef')];
}

/** Fills in the groups that may be left out. */
export function defaultBinding(object: { roleRef?: RoleRef; subjects?: Subject[] }): void {
  if (object.roleRef !== undefined && (object.roleRef.apiGroup ?? '') === '') object.roleRef.apiGroup = rbacGroup;
  for (const subject of object.subjects ?? []) {
    if ((subject.apiGroup ?? '') !== '') continue;
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup = rbacGroup;
  }
}
