/** One rule of a role: what it allows. @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
import type { PolicyRule } from '#api/generated/rbac/v1.ts';
import type { AuthorizationAttributes } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export type Rule = DeepReadonly<PolicyRule>;

/** Does the rule allow the request? */
export function ruleAllows(rule: Rule, { verb, resource, path }: AuthorizationAttributes): boolean {
  if (!matchesAny(rule.verbs, verb)) return false;
  if (resource === undefined) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, path ?? ''));
  if (!matchesAny(rule.apiGroups, resource.group)) return false;
  if (!resourceMatches(rule.resources, resource.plural, resource.subresource)) return false;
  const names = rule.resourceNames;
  return names === undefined || names.length === 0 || names.includes(resource.name);
}

function matchesAny(list: readonly string[] | undefined, value: string): boolean {
  if (list === undefined) return false;
  for (const each of list) if (each === '*' || each === value) return true;
  return false;
}

/** `pods`, `pods/log`, `*`, or the subresource of all: `*` with `/scale`. */
function resourceMatches(list: readonly string[] | undefined, plural: string, subresource: string): boolean {
  if (list === undefined) return false;
  const combined = subresource === '' ? plural : `${plural}/${subresource}`;
  for (const each of list) {
    if (each === '*' || each === combined) return true;
    if (subresource !== '' && each.startsWith('*/') && each.slice(2) === subresource) return true;
  }
  return false;
}

function urlMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''));
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`, as escalation errors show it. */
export function ruleText(rule: Rule): string {
  const fields: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const parts = fields
    .filter(([, list]) => (list?.length ?? 0) > 0)
    .map(([name, list]) => `${name}:${quotedList(list ?? [])}`);
  return `{${parts.join(', ')}}`;
}

/** A list as Go's `%q` prints it. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map((each) => JSON.stringify(each)).join(' ')}]`;
}

/** The parts of `rules` that `owned` does not cover, each with one group, resource, verb and name. */
export function missingRules(owned: readonly Rule[], rules: readonly Rule[]): PolicyRule[] {
  const missing: PolicyRule[] = [];
  for (const rule of rules)
    for (const part of breakdown(rule)) if (!owned.some((each) => covers(each, part))) missing.push(part);
  return missing;
}

function* breakdown(rule: Rule): Iterable<PolicyRule> {
  for (const apiGroup of rule.apiGroups ?? [])
    for (const resource of rule.resources ?? [])
      for (const verb of rule.verbs ?? []) {
        const part: PolicyRule = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
        if ((rule.resourceNames ?? []).length === 0) yield part;
        for (const name of rule.resourceNames ?? []) yield { ...part, resourceNames: [name] };
      }
  for (const url of rule.nonResourceURLs ?? [])
    for (const verb of rule.verbs ?? []) yield { nonResourceURLs: [url], verbs: [verb] };
}

function covers(owner: Rule, part: PolicyRule): boolean {
  if (!matchesAny(owner.verbs, part.verbs[0] ?? '')) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (owner.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url));
  if (!matchesAny(owner.apiGroups, part.apiGroups?.[0] ?? '')) return false;
  const [plural = '', subresource = ''] = (part.resources?.[0] ?? '').split('/');
  if (!resourceMatches(owner.resources, plural, subresource)) return false;
  const names = owner.resourceNames ?? [];
  return names.length === 0 || (part.resourceNames?.[0] !== undefined && names.includes(part.resourceNames[0]));
}

/** Parts that differ only in their verb are joined. */
export function compactRules(parts: readonly PolicyRule[]): PolicyRule[] {
  const joined = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const part of parts) {
    if (part.nonResourceURLs !== undefined) {
      others.push(part);
      continue;
    }
    const key = JSON.stringify([part.apiGroups, part.resources, part.resourceNames]);
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { ...part, verbs: [...part.verbs] });
    else known.verbs.push(...part.verbs);
  }
  return [...others, ...joined.values()];
}
