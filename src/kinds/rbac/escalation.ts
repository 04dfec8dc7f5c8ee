/**
 * Nobody grants what he does not hold: checks before roles and bindings are written.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
import type { ClusterRole, RoleRef } from '#api/generated/rbac/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { HookCall } from '#api/resource.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { forbidden } from '#api/status.ts';
import { rulesFor, rulesOfRole } from '#kinds/rbac/resolver.ts';
import { compactRules, missingRules, quotedList, ruleText, type Rule } from '#kinds/rbac/rule.ts';

const masters = 'system:masters';
const rbacGroup = 'rbac.authorization.k8s.io';
const fullAuthority: readonly Rule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

interface RuleHolder extends HasMetadata {
  rules?: Rule[] | null;
  aggregationRule?: ClusterRole['aggregationRule'];
}
interface RoleBinder extends HasMetadata {
  roleRef: RoleRef;
}

/** Throws Forbidden if the user lacks a permission that the role would hold. */
export function checkRole(
  object: RuleHolder,
  old: DeepReadonly<RuleHolder> | undefined,
  ref: ResourceRef,
  call: HookCall,
): void {
  if (call.user.groups.includes(masters) || isOnlyCollected(object, old)) return;
  const namespace = object.metadata.namespace ?? '';
  const name = object.metadata.name ?? '';
  if (isAllowed('escalate', ref.plural, namespace, name, call)) return;
  confirmHeld(object.rules ?? [], namespace, ref, name, call);
  if (!aggregates(object) && !(old !== undefined && aggregates(old))) return;
  if (missingRules(rulesFor(call.reader, call.user, '').rules, fullAuthority).length > 0)
    throw forbidden(ref, name, 'must have cluster-admin privileges to use the aggregationRule');
}

/** Throws Forbidden if the user lacks a permission of the role that is bound. */
export function checkBinding(
  object: RoleBinder,
  old: DeepReadonly<RoleBinder> | undefined,
  ref: ResourceRef,
  call: HookCall,
): void {
  if (call.user.groups.includes(masters) || isOnlyCollected(object, old)) return;
  const namespace = object.metadata.namespace ?? '';
  const plural = { ClusterRole: 'clusterroles', Role: 'roles' }[object.roleRef.kind];
  if (plural !== undefined && isAllowed('bind', plural, namespace, object.roleRef.name, call)) return;
  const rules = rulesOfRole(call.reader, object.roleRef, namespace);
  confirmHeld(rules, namespace, ref, object.metadata.name ?? '', call);
}

function aggregates({ aggregationRule }: DeepReadonly<RuleHolder>): boolean {
  return (aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0;
}

function isAllowed(verb: string, plural: string, namespace: string, name: string, call: HookCall): boolean {
  const resource = { group: rbacGroup, version: '*', plural, subresource: '', namespace, name };
  return call.authorizer.authorize({ user: call.user, verb, resource }).decision === 'allow';
}

function confirmHeld(rules: readonly Rule[], namespace: string, ref: ResourceRef, name: string, call: HookCall): void {
  const { user } = call;
  const held = rulesFor(call.reader, user, namespace);
  const missing = compactRules(missingRules(held.rules, rules));
  if (missing.length === 0) return;
  const list = [...new Set(missing.map(ruleText))].sort().join('\n');
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
  const problems = held.errors.length === 0 ? '' : `; resolution errors: [${joinedErrors(held.errors)}]`;
  throw forbidden(ref, name, `${who} is attempting to grant RBAC permissions not currently held:\n${list}${problems}`);
}

/** One error as it is, several in brackets. */
export function joinedErrors(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

/** Only what the garbage collector changes: owners and finalizers. */
function isOnlyCollected(object: HasMetadata, old: DeepReadonly<HasMetadata> | undefined): boolean {
  if (old === undefined) return false;
  const rest = (each: DeepReadonly<HasMetadata>): unknown => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _fields, ...metadata } = each.metadata;
    return { ...each, metadata };
  };
  return semanticEqual(rest(object), rest(old));
}
