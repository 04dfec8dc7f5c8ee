/**
 * PodTopologySpread: pods of a kind spread over zones, nodes, or any other label of nodes. Pods without constraints of their
 * own that belong to a Service or a workload are spread softly over nodes and zones.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod, TopologySpreadConstraint } from '#api/generated/core/v1.ts';
import { replicasets, replicationcontrollers, services, statefulsets } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { LabelSelector } from '#api/generated/meta/v1.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Selector } from '#api/meta/label-selector.ts';
import { makeSelector, nothing, selectorFromLabels, selectorOf, selectorText } from '#api/meta/label-selector.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import type { Caches } from '#client/cache.ts';
import { matchesNodeAffinity } from '#kinds/core/node/affinity.ts';
import { untoleratedTaint } from '#kinds/core/node/taints.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { NodeFilter, NodeScore, Plugin } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { PodCounts, Topologies, Topology } from '#scheduler/topology.ts';
import { sumByValue } from '#scheduler/topology.ts';

export interface CountingPorts {
  readonly caches: Caches;
  readonly topologies: Topologies;
  readonly counts: PodCounts;
}

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: Selector;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

const weight = 2;
const hostname = 'kubernetes.io/hostname';
const notMatched = "node(s) didn't match pod topology spread constraints";

export function podTopologySpread(ports: CountingPorts): Plugin {
  return {
    name: 'PodTopologySpread',
    prepareFilter: (info, table) => prepareFilter(info, table, ports),
    prepareScore: (info, table, feasible) => prepareScore(info, table, { feasible, ports }),
  };
}

function constraintsOf(pod: DeepReadonly<Pod>, action: 'DoNotSchedule' | 'ScheduleAnyway'): Constraint[] {
  const own = pod.spec?.topologySpreadConstraints ?? [];
  return own.filter((constraint) => constraint.whenUnsatisfiable === action).map((each) => constraintOf(pod, each));
}

function constraintOf(pod: DeepReadonly<Pod>, constraint: DeepReadonly<TopologySpreadConstraint>): Constraint {
  const requirements = [...selectorOf(constraint.labelSelector).requirements];
  for (const key of constraint.matchLabelKeys ?? []) {
    const value = pod.metadata.labels?.[key];
    if (value !== undefined) requirements.push(...selectorFromLabels({ [key]: value }).requirements);
  }
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    selector: constraint.labelSelector === undefined ? nothing : makeSelector(requirements),
    honorsAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
}

/** Pods on each slot that the constraint counts: of the same namespace, selected, not terminating. */
function countsOf(constraint: Constraint, info: PodInfo, ports: CountingPorts): Int32Array {
  const { namespace } = info.key;
  const { selector } = constraint;
  return ports.counts.of({
    id: `spread ${namespace} ${selector.isNothing ? '-' : selectorText(selector)}`,
    includes: ({ key, pod }) =>
      key.namespace === namespace &&
      pod.metadata.deletionTimestamp === undefined &&
      selector.matches(pod.metadata.labels),
  });
}

/** Nodes that count: those with all keys on which the pod could run as far as the policies say. */
function inclusion(
  constraint: Constraint,
  info: PodInfo,
  on: { table: NodeTable; topologies: readonly Topology[] },
): (slot: number) => boolean {
  const { table, topologies } = on;
  const spec = info.pod.spec;
  const hasAffinity = spec?.nodeSelector !== undefined || spec?.affinity?.nodeAffinity !== undefined;
  const checksAffinity = constraint.honorsAffinity && hasAffinity;
  return (slot) => {
    if (table.alive[slot] === 0) return false;
    for (const topology of topologies) if ((topology.ids[slot] as number) < 0) return false;
    if (checksAffinity && !matchesNodeAffinity(spec, table.nodeAt(slot))) return false;
    if (!constraint.honorsTaints) return true;
    const taints = table.nodeAt(slot).spec?.taints;
    return untoleratedTaint(taints, spec?.tolerations, ['NoSchedule', 'NoExecute']) === undefined;
  };
}

interface Domains {
  readonly constraint: Constraint;
  readonly topology: Topology;
  readonly sums: Int32Array;
  readonly least: number;
  readonly self: number;
}

function prepareFilter(info: PodInfo, table: NodeTable, ports: CountingPorts): NodeFilter | undefined {
  const constraints = constraintsOf(info.pod, 'DoNotSchedule');
  if (constraints.length === 0) return undefined;
  const topologies = constraints.map(({ topologyKey }) => ports.topologies.of(topologyKey));
  const domains = constraints.map((constraint, at): Domains => {
    const topology = topologies[at] as Topology;
    const includes = inclusion(constraint, info, { table, topologies });
    const sums = sumByValue(topology, countsOf(constraint, info, ports), includes);
    const self = constraint.selector.matches(info.pod.metadata.labels) ? 1 : 0;
    return { constraint, topology, sums, self, least: leastOf(topology, sums, { includes, constraint }) };
  });
  return (slot) => {
    for (const { constraint, topology, sums, self, least } of domains) {
      const id = topology.ids[slot] as number;
      if (id < 0) return { reason: `${notMatched} (missing required label)`, isFinal: true };
      if ((sums[id] as number) + self - least > constraint.maxSkew) return { reason: notMatched };
    }
    return undefined;
  };
}

/** The fewest pods of any domain; 0 while there are fewer domains than there should be. */
function leastOf(
  topology: Topology,
  sums: Int32Array,
  on: { includes: (slot: number) => boolean; constraint: Constraint },
): number {
  const counted = new Uint8Array(topology.valueCount);
  let domains = 0;
  let least = Number.MAX_SAFE_INTEGER;
  for (let slot = 0; slot < topology.ids.length; slot++) {
    const id = topology.ids[slot] as number;
    if (id < 0 || counted[id] === 1 || !on.includes(slot)) continue;
    counted[id] = 1;
    domains++;
    least = Math.min(least, sums[id] as number);
  }
  return domains < on.constraint.minDomains || domains === 0 ? 0 : least;
}

function prepareScore(
  info: PodInfo,
  table: NodeTable,
  on: { feasible: Int32Array; ports: CountingPorts },
): NodeScore | undefined {
  const { feasible, ports } = on;
  const own = constraintsOf(info.pod, 'ScheduleAnyway');
  const isDefault = own.length === 0 && (info.pod.spec?.topologySpreadConstraints ?? []).length === 0;
  const constraints = isDefault ? defaultConstraints(info.pod, ports.caches) : own;
  if (constraints.length === 0 || feasible.length < 2) return undefined;
  const topologies = constraints.map(({ topologyKey }) => ports.topologies.of(topologyKey));
  const raw = new Float64Array(table.capacity);
  for (const [at, constraint] of constraints.entries()) {
    const topology = topologies[at] as Topology;
    const includes = inclusion(constraint, info, { table, topologies: isDefault ? [] : topologies });
    addScores(raw, { constraint, topology, includes, info, feasible, ports });
  }
  const isIgnored = (slot: number): boolean =>
    !isDefault && topologies.some((topology) => (topology.ids[slot] as number) < 0);
  return normalized(raw, feasible, isIgnored);
}

interface Adding {
  readonly constraint: Constraint;
  readonly topology: Topology;
  readonly includes: (slot: number) => boolean;
  readonly info: PodInfo;
  readonly feasible: Int32Array;
  readonly ports: CountingPorts;
}

function addScores(raw: Float64Array, of: Adding): void {
  const { constraint, topology, feasible } = of;
  const counts = countsOf(constraint, of.info, of.ports);
  const isPerNode = constraint.topologyKey === hostname;
  const sums = isPerNode ? counts : sumByValue(topology, counts, of.includes);
  const domains = isPerNode ? feasible.length : distinct(topology, feasible);
  const domainWeight = Math.log(domains + 2);
  for (const slot of feasible) {
    const id = topology.ids[slot] as number;
    if (id < 0) continue;
    const count = sums[isPerNode ? slot : id] as number;
    raw[slot] = (raw[slot] as number) + count * domainWeight + (constraint.maxSkew - 1);
  }
}

function distinct(topology: Topology, slots: Int32Array): number {
  const seen = new Uint8Array(topology.valueCount);
  let count = 0;
  for (const slot of slots) {
    const id = topology.ids[slot] as number;
    if (id >= 0 && seen[id] === 0) {
      seen[id] = 1;
      count++;
    }
  }
  return count;
}

function normalized(raw: Float64Array, feasible: Int32Array, isIgnored: (slot: number) => boolean): NodeScore {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const slot of feasible) {
    if (isIgnored(slot)) continue;
    const value = Math.round(raw[slot] as number);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return (slot) => {
    if (isIgnored(slot)) return 0;
    if (most === 0) return weight * 100;
    return weight * Math.floor((100 * (most + least - Math.round(raw[slot] as number))) / most);
  };
}

/** Softly over nodes and zones, for pods that belong together. */
function defaultConstraints(pod: DeepReadonly<Pod>, caches: Caches): Constraint[] {
  const selector = defaultSelector(pod, caches);
  if (selector === undefined) return [];
  const common = { minDomains: 1, selector, honorsAffinity: true, honorsTaints: false };
  return [
    { topologyKey: hostname, maxSkew: 3, ...common },
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, ...common },
  ];
}

/** All that the Services and the controller of the pod select together. */
function defaultSelector(pod: DeepReadonly<Pod>, caches: Caches): Selector | undefined {
  const namespace = pod.metadata.namespace ?? '';
  const requirements = [];
  for (const service of listed(caches, services, namespace)) {
    const labels = service.spec?.selector;
    if (labels === undefined || Object.keys(labels).length === 0) continue;
    const selector = selectorFromLabels(labels);
    if (selector.matches(pod.metadata.labels)) requirements.push(...selector.requirements);
  }
  requirements.push(...(ownerSelector(pod, caches)?.requirements ?? []));
  return requirements.length === 0 ? undefined : makeSelector(requirements);
}

function ownerSelector(pod: DeepReadonly<Pod>, caches: Caches): Selector | undefined {
  const owner = controllerOf(pod);
  const key = { namespace: pod.metadata.namespace ?? '', name: owner?.name ?? '' };
  if (owner?.kind === 'ReplicaSet') return selectorOf(found(caches, replicasets, key)?.spec?.selector);
  if (owner?.kind === 'StatefulSet') {
    return selectorOf(found(caches, statefulsets, key)?.spec?.selector as LabelSelector | undefined);
  }
  if (owner?.kind === 'ReplicationController') {
    return selectorFromLabels(found(caches, replicationcontrollers, key)?.spec?.selector);
  }
  return undefined;
}

/** Kinds that this server does not have are as good as empty. */
function found<T extends HasMetadata>(
  caches: Caches,
  resource: ResourceRef<T>,
  key: { namespace: string; name: string },
): DeepReadonly<T> | undefined {
  try {
    return caches.of(resource).get(key);
  } catch {
    return undefined;
  }
}

function listed<T extends HasMetadata>(
  caches: Caches,
  resource: ResourceRef<T>,
  namespace: string,
): Iterable<DeepReadonly<T>> {
  try {
    return caches.of(resource).list(namespace);
  } catch {
    return [];
  }
}
