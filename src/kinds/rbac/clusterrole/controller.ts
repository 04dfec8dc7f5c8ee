/** Fills in the rules of ClusterRoles that are made of others. @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { ClusterRole, PolicyRule } from '#api/generated/rbac/v1.ts';
import { clusterroles } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { objectKey } from '#client/object-index.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';

export const clusterRoleAggregationController: Controller<ClusterRole> = {
  name: 'clusterrole-aggregation-controller',
  for: clusterroles,
  watches: [watch(clusterroles, (now, old, ctx) => aggregatesOf(now, old, ctx))],
  reconcile,
};

/** Aggregated roles that a change of a role may concern: those that select it, or did. */
function* aggregatesOf(
  now: DeepReadonly<ClusterRole> | undefined,
  old: DeepReadonly<ClusterRole> | undefined,
  ctx: ControllerContext,
): Generator<ObjectKey> {
  if (now !== undefined && old !== undefined && isSame(now, old)) return;
  for (const role of ctx.cache(clusterroles).list()) {
    const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
    const selects = (other: DeepReadonly<ClusterRole> | undefined): boolean =>
      other !== undefined && selectors.some((selector) => selectorOf(selector).matches(other.metadata.labels));
    if (selects(now) || selects(old)) yield objectKey(role);
  }
}

function isSame(a: DeepReadonly<ClusterRole>, b: DeepReadonly<ClusterRole>): boolean {
  return semanticEqual(a.rules, b.rules) && semanticEqual(a.metadata.labels, b.metadata.labels);
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  const role = ctx.cache(clusterroles).get(key);
  if (role?.aggregationRule === undefined) return;
  const rules = aggregatedRules(role, [...ctx.cache(clusterroles).list()]);
  if (semanticEqual(rules, role.rules)) return;
  const changed = cloneJson(role) as ClusterRole;
  changed.rules = rules;
  await ctx.client.update(clusterroles, changed);
}

/** The rules of all selected roles, in order of the selectors and then of names, each once. */
export function aggregatedRules(
  role: DeepReadonly<ClusterRole>,
  all: readonly DeepReadonly<ClusterRole>[],
): PolicyRule[] {
  const byName = [...all].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const labelSelector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorOf(labelSelector);
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) {
        if (!rules.some((present) => semanticEqual(present, rule))) rules.push(cloneJson(rule) as PolicyRule);
      }
    }
  }
  return rules;
}
