/**
 * What a pod's containers ask for together: the containers and the init containers that stay, or what the init containers
 * need one after the other, whichever is more.
 */
import type { Container } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '#lang/quantity/quantity.ts';
import type { AnySpec } from '#kinds/core/pod/validation/context.ts';

type Totals = Map<string, Quantity>;
type Pick = (container: DeepReadonly<Container>) => Readonly<Record<string, string | number>> | undefined;

export function totalRequests(spec: AnySpec): Totals {
  return totals(spec, (container) => container.resources?.requests);
}

export function totalLimits(spec: AnySpec): Totals {
  return totals(spec, (container) => container.resources?.limits);
}

function totals({ containers, initContainers }: AnySpec, pick: Pick): Totals {
  const sum: Totals = new Map();
  for (const container of containers ?? []) addAll(sum, pick(container));
  const staying: Totals = new Map();
  const most: Totals = new Map();
  for (const container of initContainers ?? []) {
    const amounts = pick(container);
    if (container.restartPolicy === 'Always') {
      addAll(sum, amounts);
      addAll(staying, amounts);
      raise(most, staying);
      continue;
    }
    const together: Totals = new Map();
    addAll(together, amounts);
    for (const [name, amount] of staying) add(together, name, amount);
    raise(most, together);
  }
  raise(sum, most);
  return sum;
}

function addAll(totals: Totals, amounts: Readonly<Record<string, string | number>> | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) add(totals, name, parseQuantity(amount));
}

function add(totals: Totals, name: string, amount: Quantity): void {
  const before = totals.get(name);
  totals.set(name, before === undefined ? amount : addQuantities(before, amount));
}

function raise(totals: Totals, others: Totals): void {
  for (const [name, amount] of others) {
    const before = totals.get(name);
    if (before === undefined || compareQuantities(amount, before) > 0) totals.set(name, amount);
  }
}
