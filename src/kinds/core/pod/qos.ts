/** Quality of service. @see https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
import type { Pod, ResourceRequirements } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { amountsOf } from '#kinds/core/pod/requests.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const counted = ['cpu', 'memory'];

type Lists = DeepReadonly<Pick<ResourceRequirements, 'requests' | 'limits'>>;

/**
 * Guaranteed: every container has limits for cpu and memory, and what is requested in all is what the limits are in all.
 * BestEffort: nothing is said. Resources of the whole pod count instead of its containers' where they are given.
 */
export function qosClass({ spec }: DeepReadonly<Pod>): QosClass {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const lists: readonly (Lists | undefined)[] =
    spec?.resources === undefined ? containers.map(({ resources }) => resources) : [spec.resources];
  const requests = new Map<string, number>();
  const limits = new Map<string, number>();
  let isGuaranteed = true;
  for (const list of lists) {
    addPositive(requests, list?.requests);
    const found = addPositive(limits, list?.limits);
    const isUnsaid = spec?.resources !== undefined && Object.keys(list?.limits ?? {}).length === 0;
    if (found < counted.length && !isUnsaid) isGuaranteed = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const isSame = requests.size === limits.size && [...requests].every(([name, amount]) => limits.get(name) === amount);
  return isGuaranteed && isSame ? 'Guaranteed' : 'Burstable';
}

/** How many of the counted resources the list has. */
function addPositive(sums: Map<string, number>, list: Lists['limits']): number {
  const amounts = amountsOf(list);
  let found = 0;
  for (const name of counted) {
    const amount = amounts.get(name) ?? 0;
    if (amount <= 0) continue;
    found++;
    sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  return found;
}
