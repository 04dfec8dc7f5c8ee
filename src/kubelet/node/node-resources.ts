/** What the node has and gives to pods; pure. */
import type { Allocatable } from '#kubelet/env/field-path.ts';
import type { MachineInfo } from '#kubelet/machine.ts';
import { quantityOfUnits } from '#lang/quantity/quantity.ts';

type Resources = Record<string, string>;

export function nodeCapacity(machine: MachineInfo, maxPods: number): Resources {
  return {
    cpu: String(machine.cpus),
    'ephemeral-storage': `${Math.floor(machine.ephemeralStorageBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
}

/** Less what eviction keeps free (100 MiB of memory, a tenth of the disk), as upstream's defaults. */
export function nodeAllocatable(machine: MachineInfo, maxPods: number): Resources {
  return {
    ...nodeCapacity(machine, maxPods),
    'ephemeral-storage': String(Math.floor(machine.ephemeralStorageBytes * 0.9)),
    memory: `${Math.floor(machine.memoryBytes / 1024) - 100 * 1024}Ki`,
  };
}

export function allocatableOf(machine: MachineInfo): Allocatable {
  return {
    cpu: quantityOfUnits(machine.cpus),
    memory: quantityOfUnits((Math.floor(machine.memoryBytes / 1024) - 100 * 1024) * 1024, 'BinarySI'),
    ephemeralStorage: quantityOfUnits(Math.floor(machine.ephemeralStorageBytes * 0.9)),
  };
}
