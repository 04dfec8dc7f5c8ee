/**
 * InterPodAffinity: near to, or away from, other pods. Existing pods have a say, too: their anti-affinity keeps newcomers
 * away, and their preferences attract them. Existing pods with terms are few kinds: they are counted per distinct term.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Caches } from '#client/cache.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { NodeFilter, NodeScore, Plugin } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { Term } from '#scheduler/plugins/affinity-terms.ts';
import { termsOf } from '#scheduler/plugins/affinity-terms.ts';
import type { CountingPorts } from '#scheduler/plugins/pod-topology-spread.ts';
import { sumByValue } from '#scheduler/topology.ts';

const weight = 2;
const existingAnti = { reason: "node(s) didn't satisfy existing pods anti-affinity rules" };
const notAffine = { reason: "node(s) didn't match pod affinity rules", isFinal: true };
const antiAffine = { reason: "node(s) didn't match pod anti-affinity rules" };

export function interPodAffinity(ports: CountingPorts, table: NodeTable): Plugin {
  const existing = new ExistingTerms(table, ports.caches);
  return {
    name: 'InterPodAffinity',
    prepareFilter: (info) => prepareFilter(info, existing, ports),
    prepareScore: (info, _table, feasible) => prepareScore(info, existing, { feasible, ports }),
  };
}

interface ExistingTerm {
  readonly term: Term;
  /** 0: required anti-affinity. Others are preferences of existing pods, or 1 for their required affinity. */
  readonly weight: number;
  readonly slots: Map<number, number>;
  pods: number;
}

/** 1. Holds a term exactly as long as some pod on a node has it, with the number of such pods per slot. */
class ExistingTerms {
  readonly #terms = new Map<string, ExistingTerm>();
  readonly #caches: Caches;

  constructor(table: NodeTable, caches: Caches) {
    this.#caches = caches;
    table.listen({
      added: (info, slot) => this.#change(info, slot, 1),
      removed: (info, slot) => this.#change(info, slot, -1),
    });
  }

  get size(): number {
    return this.#terms.size;
  }

  /** Terms that mean this pod. */
  *meaning(info: PodInfo): Generator<ExistingTerm> {
    for (const existing of this.#terms.values()) if (existing.term.means(info.pod)) yield existing;
  }

  #change(info: PodInfo, slot: number, by: 1 | -1): void {
    const { required, requiredAnti, preferred } = termsOf(info, this.#caches);
    for (const term of requiredAnti) this.#count(term, 0, { slot, by });
    for (const term of required) this.#count(term, 1, { slot, by });
    for (const { term, weight: of } of preferred) this.#count(term, of, { slot, by });
  }

  #count(term: Term, of: number, at: { slot: number; by: 1 | -1 }): void {
    const id = `${of} ${term.id}`;
    const existing = this.#terms.get(id) ?? { term, weight: of, slots: new Map<number, number>(), pods: 0 };
    const count = (existing.slots.get(at.slot) ?? 0) + at.by;
    if (count > 0) existing.slots.set(at.slot, count);
    else existing.slots.delete(at.slot);
    existing.pods += at.by;
    if (existing.pods > 0) this.#terms.set(id, existing);
    else this.#terms.delete(id);
  }
}

function prepareFilter(info: PodInfo, existing: ExistingTerms, ports: CountingPorts): NodeFilter | undefined {
  const { required, requiredAnti } = termsOf(info, ports.caches);
  if (required.length === 0 && requiredAnti.length === 0 && existing.size === 0) return undefined;
  const checks = [
    affinityCheck(info, required, ports),
    ...requiredAnti.map((term) => antiCheck(term, ports)),
    ...existingChecks(info, existing, ports),
  ].filter((check) => check !== undefined);
  if (checks.length === 0) return undefined;
  return (slot) => {
    for (const check of checks) {
      const refusal = check(slot);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
}

/** Every term needs a pod in its domain that all terms mean; the first pod of a group that means itself may start it. */
function affinityCheck(info: PodInfo, terms: readonly Term[], ports: CountingPorts): NodeFilter | undefined {
  if (terms.length === 0) return undefined;
  const ids = terms.map((term) => term.id).join('&');
  const meansAll = (pod: PodInfo): boolean => terms.every((term) => term.means(pod.pod));
  const counts = ports.counts.of({ id: `affinity ${ids}`, includes: meansAll });
  const domains = terms.map((term) => {
    const topology = ports.topologies.of(term.topologyKey);
    return { topology, sums: sumByValue(topology, counts, undefined) };
  });
  const isFirst = domains.every(({ sums }) => sums.every((sum) => sum === 0)) && meansAll(info);
  return (slot) => {
    for (const { topology, sums } of domains) {
      const id = topology.ids[slot] as number;
      if (id < 0 || (!isFirst && (sums[id] as number) === 0)) return notAffine;
    }
    return undefined;
  };
}

function antiCheck(term: Term, ports: CountingPorts): NodeFilter {
  const topology = ports.topologies.of(term.topologyKey);
  const counts = ports.counts.of({ id: `affinity ${term.id}`, includes: (pod) => term.means(pod.pod) });
  const sums = sumByValue(topology, counts, undefined);
  return (slot) => {
    const id = topology.ids[slot] as number;
    return id >= 0 && (sums[id] as number) > 0 ? antiAffine : undefined;
  };
}

function existingChecks(info: PodInfo, existing: ExistingTerms, ports: CountingPorts): NodeFilter[] {
  const checks: NodeFilter[] = [];
  for (const { term, weight: of, slots } of existing.meaning(info)) {
    if (of !== 0) continue;
    const topology = ports.topologies.of(term.topologyKey);
    const blocked = new Uint8Array(topology.valueCount);
    for (const slot of slots.keys()) {
      const id = topology.ids[slot] as number;
      if (id >= 0) blocked[id] = 1;
    }
    checks.push((slot) => {
      const id = topology.ids[slot] as number;
      return id >= 0 && blocked[id] === 1 ? existingAnti : undefined;
    });
  }
  return checks;
}

function prepareScore(
  info: PodInfo,
  existing: ExistingTerms,
  on: { feasible: Int32Array; ports: CountingPorts },
): NodeScore | undefined {
  const { feasible, ports } = on;
  const { preferred } = termsOf(info, ports.caches);
  if (preferred.length === 0 && existing.size === 0) return undefined;
  const parts: { ids: Int32Array; sums: Float64Array }[] = [];
  for (const { term, weight: of } of preferred) {
    const topology = ports.topologies.of(term.topologyKey);
    const counts = ports.counts.of({ id: `affinity ${term.id}`, includes: (pod) => term.means(pod.pod) });
    const sums = Float64Array.from(sumByValue(topology, counts, undefined), (sum) => sum * of);
    parts.push({ ids: topology.ids, sums });
  }
  for (const { term, weight: of, slots } of existing.meaning(info)) {
    if (of === 0) continue;
    const topology = ports.topologies.of(term.topologyKey);
    const sums = new Float64Array(topology.valueCount);
    for (const [slot, count] of slots) {
      const id = topology.ids[slot] as number;
      if (id >= 0) sums[id] = (sums[id] as number) + count * of;
    }
    parts.push({ ids: topology.ids, sums });
  }
  return parts.length === 0 ? undefined : normalized(parts, feasible);
}

function normalized(parts: readonly { ids: Int32Array; sums: Float64Array }[], feasible: Int32Array): NodeScore {
  const rawAt = (slot: number): number => {
    let sum = 0;
    for (const { ids, sums } of parts) {
      const id = ids[slot] as number;
      if (id >= 0) sum += sums[id] as number;
    }
    return sum;
  };
  let [least, most] = [0, 0];
  for (const slot of feasible) {
    const value = rawAt(slot);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const range = most - least;
  return (slot) => (range === 0 ? 0 : weight * Math.floor((100 * (rawAt(slot) - least)) / range));
}
