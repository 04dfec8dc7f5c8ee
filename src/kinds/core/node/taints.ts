/** Taints and tolerations. @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Taint, Toleration } from '#api/generated/core/v1.ts';

type Taints = readonly DeepReadonly<Taint>[] | undefined;
type Tolerations = readonly DeepReadonly<Toleration>[] | undefined;

/** Empty key with Exists tolerates all; an empty effect matches every effect. */
export function tolerates(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  const key = toleration.key ?? '';
  if (key !== '' && key !== taint.key) return false;
  const operator = toleration.operator ?? 'Equal';
  if (operator === 'Exists') return true;
  if (operator === 'Lt' || operator === 'Gt') return comparesNumbers(operator, toleration.value, taint.value);
  return (toleration.value ?? '') === (taint.value ?? '');
}

function comparesNumbers(operator: 'Lt' | 'Gt', limit: string | undefined, value: string | undefined): boolean {
  if (limit === undefined || value === undefined || !isInteger(limit) || !isInteger(value)) return false;
  return operator === 'Lt' ? BigInt(value) < BigInt(limit) : BigInt(value) > BigInt(limit);
}

function isInteger(text: string): boolean {
  return /^-?(0|[1-9]\d*)$/.test(text);
}

/** The first taint with one of the effects that none of the tolerations tolerates. */
export function untoleratedTaint(
  taints: Taints,
  tolerations: Tolerations,
  effects: readonly string[],
): DeepReadonly<Taint> | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !isTolerated(taint, tolerations));
}

export function isTolerated(taint: DeepReadonly<Taint>, tolerations: Tolerations): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) === true;
}
