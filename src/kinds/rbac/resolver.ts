/**
 * Which rules a user has. Bindings and roles are frozen objects of the store: what is derived from one of them (its
 * subjects as sets) is kept as long as the object itself, so that a decision is a walk over bindings without parsing.
 */
import { clusterrolebindings, clusterroles, rolebindings, roles } from '#api/generated/resources.ts';
import type { RoleRef, Subject } from '#api/generated/rbac/v1.ts';
import type { UserInfo } from '#api/handler.ts';
import type { Reader } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { notFound, StatusError } from '#api/status.ts';
import type { Rule } from '#kinds/rbac/rule.ts';

/** Called with each rule and the text of where it comes from; answer true to stop. */
export type RuleVisitor = (rule: Rule, source: () => string) => boolean;

interface Binding {
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly roleRef: DeepReadonly<RoleRef>;
  readonly subjects?: readonly DeepReadonly<Subject>[];
}

/** Visits cluster-wide rules, then those of the namespace. Returns the errors met: roles that do not exist. */
export function visitRules(reader: Reader, user: UserInfo, namespace: string, visit: RuleVisitor): string[] {
  const errors: string[] = [];
  for (const binding of reader.list(clusterrolebindings))
    if (visitBinding(reader, user, binding, '', visit, errors)) return errors;
  if (namespace === '') return errors;
  for (const binding of reader.list(rolebindings, namespace))
    if (visitBinding(reader, user, binding, namespace, visit, errors)) return errors;
  return errors;
}

function visitBinding(
  reader: Reader,
  user: UserInfo,
  binding: Binding,
  namespace: string,
  visit: RuleVisitor,
  errors: string[],
): boolean {
  const subject = subjectOf(binding, user, namespace);
  if (subject === undefined) return false;
  let rules: readonly Rule[];
  try {
    rules = rulesOfRole(reader, binding.roleRef, namespace);
  } catch (error) {
    errors.push((error as Error).message);
    return false;
  }
  const source = (): string => sourceText(binding, subject, namespace);
  for (const rule of rules) if (visit(rule, source)) return true;
  return false;
}

/** All rules of a user, and the errors met. */
export function rulesFor(reader: Reader, user: UserInfo, namespace: string): { rules: Rule[]; errors: string[] } {
  const rules: Rule[] = [];
  const errors = visitRules(reader, user, namespace, (rule) => {
    rules.push(rule);
    return false;
  });
  return { rules, errors };
}

/** The rules of a referenced role. Throws NotFound. */
export function rulesOfRole(reader: Reader, { kind, name }: DeepReadonly<RoleRef>, namespace: string): readonly Rule[] {
  const group = 'rbac.authorization.k8s.io';
  if (kind === 'ClusterRole') {
    const role = reader.get(clusterroles, { namespace: '', name });
    if (role === undefined) throw notFound({ group, plural: 'clusterrole' }, name);
    return role.rules ?? [];
  }
  if (kind !== 'Role') throw new StatusError(500, '', `unsupported role reference kind: ${JSON.stringify(kind)}`);
  const role = reader.get(roles, { namespace, name });
  if (role === undefined) throw notFound({ group, plural: 'role' }, name);
  return role.rules ?? [];
}

/** User name, or group with a leading slash → the first subject of that name. */
type SubjectIndex = ReadonlyMap<string, DeepReadonly<Subject>>;
const indexes = new WeakMap<Binding, SubjectIndex>();

function subjectOf(binding: Binding, user: UserInfo, namespace: string): DeepReadonly<Subject> | undefined {
  let index = indexes.get(binding);
  if (index === undefined) indexes.set(binding, (index = indexOf(binding, namespace)));
  let found = index.get(user.name);
  for (const group of user.groups) {
    const subject = index.get(`/${group}`);
    if (subject !== undefined && (found === undefined || isBefore(binding, subject, found))) found = subject;
  }
  return found;
}

function isBefore(binding: Binding, a: DeepReadonly<Subject>, b: DeepReadonly<Subject>): boolean {
  return (binding.subjects?.indexOf(a) ?? -1) < (binding.subjects?.indexOf(b) ?? -1);
}

function indexOf(binding: Binding, namespace: string): SubjectIndex {
  const index = new Map<string, DeepReadonly<Subject>>();
  for (const subject of binding.subjects ?? []) {
    const name = subjectName(subject, namespace);
    if (name !== undefined && !index.has(name)) index.set(name, subject);
  }
  return index;
}

function subjectName(subject: DeepReadonly<Subject>, namespace: string): string | undefined {
  if (subject.kind === 'User') return subject.name;
  if (subject.kind === 'Group') return `/${subject.name}`;
  const accountNamespace = (subject.namespace ?? '') === '' ? namespace : subject.namespace;
  if (subject.kind !== 'ServiceAccount' || accountNamespace === '') return undefined;
  return `system:serviceaccount:${accountNamespace}:${subject.name}`;
}

/** The binding, role and subject, in upstream's order of words. */
function sourceText({ metadata, roleRef }: Binding, subject: DeepReadonly<Subject>, namespace: string): string {
  const accountNamespace = (subject.namespace ?? '') === '' ? namespace : subject.namespace;
  const name = subject.kind === 'ServiceAccount' ? `${subject.name}/${accountNamespace}` : subject.name;
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const binding = namespace === '' ? metadata.name : `${metadata.name}/${metadata.namespace}`;
  return `${kind} "${binding}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${name}"`;
}
