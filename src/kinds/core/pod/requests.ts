/**
 * What a pod asks of its node: the sum of its containers, or its largest init container where that is more, with the
 * sidecars that run beside each, plus overhead. Amounts are milli-CPUs for `cpu` and whole units for everything else.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Container, PodSpec } from '#api/generated/core/v1.ts';
import { parseQuantity, quantityMillis, quantityUnits } from '#lang/quantity/quantity.ts';

export type Amounts = Map<string, number>;

/** What stands for a missing request where an even spread matters more than truth (scoring). */
const assumedCpuMillis = 100;
const assumedMemoryBytes = 200 * 1024 * 1024;

/** The requests the scheduler and quota count. */
export function podRequests(spec: DeepReadonly<PodSpec> | undefined): Amounts {
  return effective(spec, requestsOf);
}

/** {@link podRequests} with 100m CPU and 200 MiB for each container that asks for none. */
export function podRequestsForScoring(spec: DeepReadonly<PodSpec> | undefined): Amounts {
  return effective(spec, (container) => {
    const amounts = requestsOf(container);
    if (!amounts.has('cpu')) amounts.set('cpu', assumedCpuMillis);
    if (!amounts.has('memory')) amounts.set('memory', assumedMemoryBytes);
    return amounts;
  });
}

/** The limits, summed in the same way; containers without a limit count nothing. */
export function podLimits(spec: DeepReadonly<PodSpec> | undefined): Amounts {
  return effective(spec, (container) => amountsOf(container.resources?.limits), 'limits');
}

/** A resource list in numbers. */
export function amountsOf(list: DeepReadonly<Record<string, string | number>> | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const name of Object.keys(list ?? {})) {
    const quantity = parseQuantity((list as Record<string, string | number>)[name] as string);
    amounts.set(name, name === 'cpu' ? quantityMillis(quantity) : quantityUnits(quantity));
  }
  return amounts;
}

type ReadonlyContainer = DeepReadonly<Container>;

function requestsOf(container: ReadonlyContainer): Amounts {
  return amountsOf(container.resources?.requests);
}

function effective(
  spec: DeepReadonly<PodSpec> | undefined,
  of: (container: ReadonlyContainer) => Amounts,
  list: 'requests' | 'limits' = 'requests',
): Amounts {
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? []) add(total, of(container));
  if (spec?.initContainers !== undefined) addInit(total, spec.initContainers, of);
  for (const [name, amount] of amountsOf(spec?.resources?.[list])) total.set(name, amount);
  if (spec?.overhead !== undefined) add(total, amountsOf(spec.overhead));
  return total;
}

function addInit(
  total: Amounts,
  containers: readonly ReadonlyContainer[],
  of: (container: ReadonlyContainer) => Amounts,
): void {
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of containers) {
    const amounts = of(container);
    if (container.restartPolicy === 'Always') {
      add(total, amounts);
      add(sidecars, amounts);
      raise(peak, sidecars);
    } else {
      add(amounts, sidecars);
      raise(peak, amounts);
    }
  }
  raise(total, peak);
}

function add(into: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) into.set(name, (into.get(name) ?? 0) + amount);
}

function raise(into: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) into.set(name, Math.max(into.get(name) ?? 0, amount));
}
