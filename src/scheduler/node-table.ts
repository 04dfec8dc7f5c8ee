/**
 * The cluster as columns: one slot per node, one typed array per resource. Filtering a pod is a walk over a few arrays, and
 * a bound pod changes a few numbers; no snapshot is ever copied.
 *
 *   slot      0        1        2
 *   name      a        b        (free)
 *   cpu       4000     8000     0        allocatable
 *   cpu       1200     0        0        used
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Node } from '#api/generated/core/v1.ts';
import { amountsOf } from '#kinds/core/pod/requests.ts';
import type { HostPort } from '#kinds/core/pod/host-ports.ts';
import { portsConflict } from '#kinds/core/pod/host-ports.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export interface Column {
  allocatable: Float64Array;
  used: Float64Array;
}
/** Told of every pod that comes to a slot or leaves it, assumed ones included. */
export interface PlacementListener {
  added(info: PodInfo, slot: number): void;
  removed(info: PodInfo, slot: number): void;
}
interface Slot {
  /** Undefined: pods are there whose node is not known (yet), or nothing. */
  node: DeepReadonly<Node> | undefined;
  readonly name: string;
  readonly pods: Map<string, PodInfo>;
  ports: HostPort[];
}

/**
 * 1. `used` is the sum over the pods of the slot, `podCount` their number.
 * 2. A node that changed in anything but its status counts up `generation`.
 * 3. `version` never repeats for a slot: what was worked out for one version holds for that version.
 * 4. A slot without a node is not `alive`; it is kept while pods are on it.
 */
export class NodeTable {
  readonly #byName = new Map<string, number>();
  readonly #slots: (Slot | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #columns = new Map<string, Column>();
  readonly #podSlots = new Map<string, number>();
  readonly #listeners: PlacementListener[] = [];
  #capacity = 64;
  alive = new Uint8Array(this.#capacity);
  /** Counts up with every change of the slot: of its node, its room, or the pods on it. */
  version = new Uint32Array(this.#capacity);
  generation = new Uint32Array(this.#capacity);
  podCount = new Int32Array(this.#capacity);
  scoringCpu = new Float64Array(this.#capacity);
  scoringMemory = new Float64Array(this.#capacity);
  #nodeCount = 0;
  #lastGeneration = 0;
  #lastVersion = 0;

  /** Slots in use or free; walk from 0 below it and look at `alive`. */
  get size(): number {
    return this.#slots.length;
  }
  get capacity(): number {
    return this.#capacity;
  }
  get nodeCount(): number {
    return this.#nodeCount;
  }
  /** Counts up with every node that came, went, or changed in more than its status. */
  get lastGeneration(): number {
    return this.#lastGeneration;
  }

  listen(listener: PlacementListener): void {
    this.#listeners.push(listener);
  }

  nodeAt(slot: number): DeepReadonly<Node> {
    return this.#slots[slot]?.node as DeepReadonly<Node>;
  }
  podsAt(slot: number): Iterable<PodInfo> {
    return this.#slots[slot]?.pods.values() ?? [];
  }
  slotOf(nodeName: string): number | undefined {
    const slot = this.#byName.get(nodeName);
    return slot !== undefined && this.alive[slot] === 1 ? slot : undefined;
  }
  /** The columns of a resource; all zeros where no node has it. */
  column(resource: string): Column {
    let column = this.#columns.get(resource);
    if (column === undefined) {
      column = { allocatable: new Float64Array(this.#capacity), used: new Float64Array(this.#capacity) };
      this.#columns.set(resource, column);
    }
    return column;
  }

  setNode(node: DeepReadonly<Node>): void {
    const name = node.metadata.name ?? '';
    const at = this.#slotFor(name);
    const slot = this.#slots[at] as Slot;
    if (slot.node === undefined) this.#nodeCount++;
    const old = slot.node;
    slot.node = node;
    this.alive[at] = 1;
    this.#touch(at);
    if (old === undefined || placementChanged(old, node)) this.generation[at] = ++this.#lastGeneration;
    if (old?.status?.allocatable === node.status?.allocatable && old !== undefined) return;
    for (const column of this.#columns.values()) column.allocatable[at] = 0;
    for (const [resource, amount] of amountsOf(node.status?.allocatable)) {
      this.column(resource).allocatable[at] = amount;
    }
  }

  removeNode(name: string): void {
    const at = this.#byName.get(name);
    const slot = at === undefined ? undefined : this.#slots[at];
    if (at === undefined || slot?.node === undefined) return;
    slot.node = undefined;
    this.alive[at] = 0;
    this.#touch(at);
    this.#nodeCount--;
    this.#lastGeneration++;
    this.#freeIfEmpty(at, slot);
  }

  /** Puts a pod on a node, or replaces what is known of it. */
  setPod(info: PodInfo, nodeName: string): void {
    this.removePod(info.uid);
    const at = this.#slotFor(nodeName);
    const slot = this.#slots[at] as Slot;
    slot.pods.set(info.uid, info);
    this.#podSlots.set(info.uid, at);
    if (info.ports.length > 0) slot.ports = [...slot.ports, ...info.ports];
    this.#count(at, info, 1);
    for (const listener of this.#listeners) listener.added(info, at);
  }

  /** Answers the name of the node it was on. */
  removePod(uid: string): string | undefined {
    const at = this.#podSlots.get(uid);
    const slot = at === undefined ? undefined : this.#slots[at];
    const info = slot?.pods.get(uid);
    if (at === undefined || slot === undefined || info === undefined) return undefined;
    slot.pods.delete(uid);
    this.#podSlots.delete(uid);
    if (info.ports.length > 0) slot.ports = [...slot.pods.values()].flatMap((pod) => pod.ports);
    this.#count(at, info, -1);
    for (const listener of this.#listeners) listener.removed(info, at);
    this.#freeIfEmpty(at, slot);
    return slot.name;
  }

  hasPod(uid: string): boolean {
    return this.#podSlots.has(uid);
  }

  hasPortConflict(slot: number, wanted: readonly HostPort[]): boolean {
    const taken = this.#slots[slot]?.ports ?? [];
    return taken.some((port) => wanted.some((other) => portsConflict(port, other)));
  }

  #touch(at: number): void {
    this.version[at] = ++this.#lastVersion;
  }

  #count(at: number, info: PodInfo, sign: 1 | -1): void {
    this.#touch(at);
    this.podCount[at] = (this.podCount[at] as number) + sign;
    this.scoringCpu[at] = (this.scoringCpu[at] as number) + sign * info.scoringCpu;
    this.scoringMemory[at] = (this.scoringMemory[at] as number) + sign * info.scoringMemory;
    for (const [resource, amount] of info.requests) {
      const { used } = this.column(resource);
      used[at] = (used[at] as number) + sign * amount;
    }
  }

  #slotFor(name: string): number {
    const present = this.#byName.get(name);
    if (present !== undefined) return present;
    const at = this.#free.pop() ?? this.#slots.length;
    if (at >= this.#capacity) this.#grow();
    this.#slots[at] = { node: undefined, name, pods: new Map(), ports: [] };
    this.#byName.set(name, at);
    return at;
  }

  #freeIfEmpty(at: number, slot: Slot): void {
    if (slot.node !== undefined || slot.pods.size > 0) return;
    this.#byName.delete(slot.name);
    this.#slots[at] = undefined;
    for (const column of this.#columns.values()) column.allocatable[at] = 0;
    this.#free.push(at);
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = <A extends { set(from: A): void }>(array: A, make: new (length: number) => A): A => {
      const larger = new make(this.#capacity);
      larger.set(array);
      return larger;
    };
    this.alive = grown(this.alive, Uint8Array);
    this.version = grown(this.version, Uint32Array);
    this.generation = grown(this.generation, Uint32Array);
    this.podCount = grown(this.podCount, Int32Array);
    this.scoringCpu = grown(this.scoringCpu, Float64Array);
    this.scoringMemory = grown(this.scoringMemory, Float64Array);
    for (const column of this.#columns.values()) {
      column.allocatable = grown(column.allocatable, Float64Array);
      column.used = grown(column.used, Float64Array);
    }
  }
}

/** Something that a verdict on the node's object may depend on. */
function placementChanged(old: DeepReadonly<Node>, node: DeepReadonly<Node>): boolean {
  return (
    old.spec?.unschedulable !== node.spec?.unschedulable ||
    JSON.stringify(old.spec?.taints) !== JSON.stringify(node.spec?.taints) ||
    JSON.stringify(old.metadata.labels) !== JSON.stringify(node.metadata.labels)
  );
}
