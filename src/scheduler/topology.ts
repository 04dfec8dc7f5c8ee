/**
 * Nodes by the values of a label, and pods of a kind by node: what spreading and pod affinity count with. Both are kept and
 * changed with each placement, not worked out per pod.
 */
import type { NodeTable } from '#scheduler/node-table.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

/** The nodes by one label. */
export interface Topology {
  /** By slot: the number of its value, -1 without the label. */
  readonly ids: Int32Array;
  readonly valueCount: number;
}

/** 1. A topology is made anew when any node has come, gone or changed its labels. */
export class Topologies {
  readonly #table: NodeTable;
  readonly #byKey = new Map<string, Topology>();
  #generation = -1;
  #capacity = 0;

  constructor(table: NodeTable) {
    this.#table = table;
  }

  of(key: string): Topology {
    const { lastGeneration, capacity } = this.#table;
    if (this.#generation !== lastGeneration || this.#capacity !== capacity) this.#byKey.clear();
    this.#generation = lastGeneration;
    this.#capacity = capacity;
    let topology = this.#byKey.get(key);
    if (topology === undefined) this.#byKey.set(key, (topology = this.#build(key)));
    return topology;
  }

  #build(key: string): Topology {
    const { size, capacity, alive } = this.#table;
    const ids = new Int32Array(capacity).fill(-1);
    const values = new Map<string, number>();
    for (let slot = 0; slot < size; slot++) {
      const value = alive[slot] === 1 ? this.#table.nodeAt(slot).metadata.labels?.[key] : undefined;
      if (value === undefined) continue;
      let id = values.get(value);
      if (id === undefined) values.set(value, (id = values.size));
      ids[slot] = id;
    }
    return { ids, valueCount: values.size };
  }
}

/** Which pods are counted. Equal ids must mean equal predicates. */
export interface PodClass {
  readonly id: string;
  includes(info: PodInfo): boolean;
}

interface Counted {
  readonly of: PodClass;
  counts: Int32Array;
}

const classesKept = 128;

/** 1. `counts[slot]` is the number of pods of the class on the slot, at any time. */
export class PodCounts {
  readonly #table: NodeTable;
  readonly #classes = new Map<string, Counted>();

  constructor(table: NodeTable) {
    this.#table = table;
    table.listen({
      added: (info, slot) => this.#change(info, slot, 1),
      removed: (info, slot) => this.#change(info, slot, -1),
    });
  }

  /** By slot. Counted by a scan the first time, kept up to date from then on. */
  of(podClass: PodClass): Int32Array {
    let counted = this.#classes.get(podClass.id);
    this.#classes.delete(podClass.id);
    if (counted === undefined || counted.counts.length !== this.#table.capacity) counted = this.#scan(podClass);
    this.#classes.set(podClass.id, counted);
    if (this.#classes.size > classesKept) this.#classes.delete(this.#classes.keys().next().value as string);
    return counted.counts;
  }

  #scan(podClass: PodClass): Counted {
    const counts = new Int32Array(this.#table.capacity);
    for (let slot = 0; slot < this.#table.size; slot++) {
      let count = 0;
      for (const info of this.#table.podsAt(slot)) if (podClass.includes(info)) count++;
      counts[slot] = count;
    }
    return { of: podClass, counts };
  }

  #change(info: PodInfo, slot: number, by: 1 | -1): void {
    for (const { of, counts } of this.#classes.values()) {
      if (slot < counts.length && of.includes(info)) counts[slot] = (counts[slot] as number) + by;
    }
  }
}

/** The sum of the counts over each value of a topology, over the slots for which `counts` holds. */
export function sumByValue(
  topology: Topology,
  counts: Int32Array,
  includes: ((slot: number) => boolean) | undefined,
): Int32Array {
  const sums = new Int32Array(topology.valueCount);
  const { ids } = topology;
  for (let slot = 0; slot < ids.length; slot++) {
    const id = ids[slot] as number;
    if (id < 0 || counts[slot] === 0 || (includes !== undefined && !includes(slot))) continue;
    sums[id] = (sums[id] as number) + (counts[slot] as number);
  }
  return sums;
}
