/**
 * One scheduling decision: the nodes on which the pod may run, of those the best, of equals one by chance. If there is none,
 * every node is asked for its reasons.
 *
 * Plugins here: NodePorts and the scores of TaintToleration and NodeAffinity; the rest is in verdicts.ts, base-scores.ts and
 * the plugins handed in.
 */
import type { Random } from '#base/random.ts';
import type { BaseScoreCache, BaseScores, Need } from '#scheduler/base-scores.ts';
import { infeasible, needsOf } from '#scheduler/base-scores.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { NodeFilter, NodeScore, Plugin } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { verdictPassed, verdictReasons } from '#scheduler/verdicts.ts';

export type Selection =
  | { readonly kind: 'selected'; readonly slot: number }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** Why no node was right. */
export interface Rejection {
  readonly nodeCount: number;
  /** Nodes per reason; a node may have several. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Plugins that refused a node: whose events may help. */
  readonly plugins: ReadonlySet<string>;
  /** Slots that could become right if pods went away. */
  readonly resolvable: readonly number[];
}

export interface Selector {
  readonly table: NodeTable;
  readonly scores: BaseScoreCache;
  readonly plugins: readonly Plugin[];
  /** Pods that are expected on a slot and not there yet: those a preemption made room for. */
  nominated(slot: number, info: PodInfo): readonly PodInfo[];
  /** False: there are none at all. */
  hasNominations(): boolean;
  readonly random: Random;
}

export type PreparedFilter = { readonly name: string; readonly filter: NodeFilter };

export function selectNode(selector: Selector, info: PodInfo): Selection {
  const { table } = selector;
  const base = selector.scores.of(info);
  const filters = preparedFilters(selector.plugins, info, table);
  const isSimple = filters.length === 0 && info.ports.length === 0 && !selector.hasNominations();
  const feasible = new Int32Array(table.size);
  let count = 0;
  for (let slot = 0; slot < table.size; slot++) {
    if (base.score[slot] === infeasible) continue;
    if (isSimple || passes(selector, info, { slot, filters })) feasible[count++] = slot;
  }
  if (count === 0) return { kind: 'rejected', rejection: explain(selector, info, { base, filters }) };
  return { kind: 'selected', slot: best(selector, { info, base, slots: feasible.subarray(0, count) }) };
}

export function preparedFilters(plugins: readonly Plugin[], info: PodInfo, table: NodeTable): PreparedFilter[] {
  const filters: PreparedFilter[] = [];
  for (const plugin of plugins) {
    const filter = plugin.prepareFilter?.(info, table);
    if (filter !== undefined) filters.push({ name: plugin.name, filter });
  }
  return filters;
}

/** The node has room; does the rest hold? */
function passes(selector: Selector, info: PodInfo, on: { slot: number; filters: readonly PreparedFilter[] }): boolean {
  const { table } = selector;
  const { slot } = on;
  if (info.ports.length > 0 && table.hasPortConflict(slot, info.ports)) return false;
  const expected = selector.nominated(slot, info);
  if (expected.length > 0) {
    const needs = needsOf(info, table);
    if (insufficient(table, slot, { needs, expected }).reasons.length > 0) return false;
  }
  for (const { filter } of on.filters) if (filter(slot) !== undefined) return false;
  return true;
}

interface Best {
  readonly info: PodInfo;
  readonly base: BaseScores;
  readonly slots: Int32Array;
}

const maxScore = 100;
const taintWeight = 3;
const affinityWeight = 2;

function best(selector: Selector, of: Best): number {
  const { slots } = of;
  if (slots.length === 1) return slots[0] as number;
  const scores = totals(selector, of);
  let highest = -1;
  let ties = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (score > highest) {
      highest = score;
      ties = 1;
    } else if (score === highest) ties++;
  }
  let pick = ties === 1 ? 0 : Math.floor(selector.random.next() * ties);
  for (let i = 0; i < scores.length; i++) if (scores[i] === highest && pick-- === 0) return slots[i] as number;
  return slots[0] as number;
}

function totals(selector: Selector, of: Best): Float64Array {
  const { slots, base, info } = of;
  const { taints, affinity } = base.verdicts;
  const scores = new Float64Array(slots.length);
  for (let i = 0; i < slots.length; i++) scores[i] = base.score[slots[i] as number] as number;
  const taintsMost = largest(taints, slots);
  const affinityMost = largest(affinity, slots);
  const extra: NodeScore[] = [];
  for (const plugin of selector.plugins) {
    const score = plugin.prepareScore?.(info, selector.table, slots);
    if (score !== undefined) extra.push(score);
  }
  if (taintsMost === 0 && affinityMost === 0 && extra.length === 0) return scores;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    let more = 0;
    if (taintsMost > 0) {
      more += taintWeight * (maxScore - Math.floor((maxScore * (taints[slot] as number)) / taintsMost));
    }
    if (affinityMost > 0) more += affinityWeight * Math.floor((maxScore * (affinity[slot] as number)) / affinityMost);
    for (const score of extra) more += score(slot);
    scores[i] = (scores[i] as number) + more;
  }
  return scores;
}

function largest(values: Float64Array, slots: Int32Array): number {
  let most = 0;
  for (let i = 0; i < slots.length; i++) {
    const value = values[slots[i] as number] as number;
    if (value > most) most = value;
  }
  return most;
}

/** Counts the reasons of all nodes, in upstream's order of plugins. */
function explain(
  selector: Selector,
  info: PodInfo,
  by: { base: BaseScores; filters: readonly PreparedFilter[] },
): Rejection {
  const { table } = selector;
  const needs = needsOf(info, table);
  const reasons = new Map<string, number>();
  const plugins = new Set<string>();
  const resolvable: number[] = [];
  for (let slot = 0; slot < table.size; slot++) {
    if (table.alive[slot] === 0) continue;
    const verdict = by.base.verdicts.verdict[slot] as number;
    const refusal =
      verdict === verdictPassed
        ? refusalAt(selector, info, { slot, needs, filters: by.filters })
        : { ...verdictOf(verdict), isFinal: true };
    plugins.add(refusal.plugin);
    for (const reason of refusal.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (!refusal.isFinal) resolvable.push(slot);
  }
  return { nodeCount: table.nodeCount, reasons, plugins, resolvable };
}

interface SlotRefusal {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** Pods going away would not help. */
  readonly isFinal: boolean;
}

function verdictOf(verdict: number): { plugin: string; reasons: string[] } {
  const { reason, plugin } = verdictReasons[verdict] as { reason: string; plugin: string };
  return { plugin, reasons: [reason] };
}

/** Why the pod may not run on a node that is right by itself; no reasons: it may. */
export function refusalAt(
  selector: Selector,
  info: PodInfo,
  on: { slot: number; needs: readonly Need[]; filters: readonly PreparedFilter[] },
): SlotRefusal {
  const { table } = selector;
  const { slot, needs } = on;
  if (info.ports.length > 0 && table.hasPortConflict(slot, info.ports)) {
    const reasons = ["node(s) didn't have free ports for the requested pod ports"];
    return { plugin: 'NodePorts', reasons, isFinal: false };
  }
  const missing = insufficient(table, slot, { needs, expected: selector.nominated(slot, info) });
  if (missing.reasons.length > 0) return { plugin: 'NodeResourcesFit', ...missing };
  for (const { name, filter } of on.filters) {
    const refusal = filter(slot);
    if (refusal !== undefined) {
      return { plugin: name, reasons: [refusal.reason], isFinal: refusal.isFinal === true };
    }
  }
  return { plugin: '', reasons: [], isFinal: false };
}

/** Upstream's words for each resource that does not suffice. Final: even an empty node would not do. */
export function insufficient(
  table: NodeTable,
  slot: number,
  wanted: { needs: readonly Need[]; expected: readonly PodInfo[] },
): { reasons: string[]; isFinal: boolean } {
  const reasons: string[] = [];
  let isFinal = false;
  const podSlots = table.column('pods').allocatable[slot] as number;
  if ((table.podCount[slot] as number) + wanted.expected.length + 1 > podSlots) {
    reasons.push('Too many pods');
    isFinal ||= podSlots < 1;
  }
  for (const { resource, amount, column } of wanted.needs) {
    const allocatable = column.allocatable[slot] as number;
    let used = column.used[slot] as number;
    for (const pod of wanted.expected) used += pod.requests.get(resource) ?? 0;
    if (used + amount <= allocatable) continue;
    reasons.push(`Insufficient ${resource}`);
    isFinal ||= amount > allocatable;
  }
  return { reasons, isFinal };
}
