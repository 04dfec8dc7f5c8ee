/** Conditions of a status: a list in which each type stands at most once. */
import type { DeepReadonly } from '#base/immutable.ts';

/** What all kinds' conditions have in common. */
export interface AnyCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

export function findCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly DeepReadonly<AnyCondition>[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The list with `condition` in it. lastTransitionTime is `now` if the status changed, else the old one's.
 * Answers with the same list when nothing changed.
 */
export function withCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  condition: Omit<C, 'lastTransitionTime'> & { lastTransitionTime?: string },
  now: string,
): readonly C[] {
  const old = findCondition(conditions, condition.type);
  if (conditions === undefined || old === undefined) {
    return [...(conditions ?? []), { lastTransitionTime: now, ...condition } as C];
  }
  const next = {
    ...old,
    ...condition,
    lastTransitionTime:
      old.status === condition.status ? old.lastTransitionTime : (condition.lastTransitionTime ?? now),
  };
  if (isSame(old, next)) return conditions;
  return conditions.map((each) => (each === old ? next : each));
}

function isSame(a: AnyCondition, b: AnyCondition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
