/** Which nodes a pod may run on, by nodeSelector and node affinity. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '#api/generated/core/v1.ts';

type ReadonlyNode = DeepReadonly<Node>;

/** Its nodeSelector and its required node affinity both hold. */
export function matchesNodeAffinity(spec: DeepReadonly<PodSpec> | undefined, node: ReadonlyNode): boolean {
  const labels = node.metadata.labels;
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) if (labels?.[key] !== value) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** One of its terms holds. A selector without terms matches nothing. */
export function matchesNodeSelector(selector: DeepReadonly<NodeSelector>, node: ReadonlyNode): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesNodeTerm(term, node));
}

/** All of its expressions and fields hold. A term without any matches nothing. */
export function matchesNodeTerm(term: DeepReadonly<NodeSelectorTerm>, node: ReadonlyNode): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  const labels = node.metadata.labels;
  return (
    expressions.every((requirement) => holds(requirement, labels?.[requirement.key])) &&
    fields.every((requirement) => requirement.key === 'metadata.name' && holds(requirement, node.metadata.name))
  );
}

/** The weights of the preferred terms that hold, summed. */
export function preferredNodeWeight(spec: DeepReadonly<PodSpec> | undefined, node: ReadonlyNode): number {
  let sum = 0;
  for (const term of spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    const preference = term.preference;
    const isEmpty = preference.matchExpressions === undefined && preference.matchFields === undefined;
    if (isEmpty || matchesNodeTerm(preference, node)) sum += term.weight;
  }
  return sum;
}

function holds(requirement: DeepReadonly<NodeSelectorRequirement>, value: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(requirement.operator, value, values[0]);
    default:
      return false;
  }
}

function compares(operator: 'Gt' | 'Lt', value: string | undefined, limit: string | undefined): boolean {
  if (value === undefined || limit === undefined || !/^[+-]?\d+$/.test(value) || !/^[+-]?\d+$/.test(limit))
    return false;
  const difference = BigInt(value) - BigInt(limit);
  return operator === 'Gt' ? difference > 0n : difference < 0n;
}
