/** Quality of service. @see https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
import type { Pod } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { amountsOf } from '#kinds/core/pod/requests.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const counted = ['cpu', 'memory'];

/** Guaranteed: every container has limits for cpu and memory that equal its requests. BestEffort: none has any. */
export function qosClass(pod: DeepReadonly<Pod>): QosClass {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  let isGuaranteed = true;
  let hasAny = false;
  for (const container of containers) {
    const requests = amountsOf(container.resources?.requests);
    const limits = amountsOf(container.resources?.limits);
    for (const name of counted) {
      const request = requests.get(name) ?? 0;
      const limit = limits.get(name) ?? 0;
      if (request > 0 || limit > 0) hasAny = true;
      if (limit === 0 || (request !== limit && request !== 0)) isGuaranteed = false;
    }
  }
  if (!hasAny) return 'BestEffort';
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
