/**
 * One scheduling decision: filter all nodes, score those that remain, take the best. Ties are broken by chance.
 * Plugins here: NodeResourcesFit (least allocated), NodeResourcesBalancedAllocation, NodePorts, and the scores of
 * TaintToleration and NodeAffinity; the others are handed in.
 */
import type { Random } from '#base/random.ts';
import type { Column, NodeTable } from '#scheduler/node-table.ts';
import type { NodeFilter, NodeScore, Plugin } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { VerdictCache, Verdicts } from '#scheduler/verdicts.ts';
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

/** Pods that are expected on a slot and not there yet: those a preemption made room for. */
export type Nominated = (slot: number, info: PodInfo) => readonly PodInfo[];

export interface Selector {
  readonly table: NodeTable;
  readonly verdicts: VerdictCache;
  readonly plugins: readonly Plugin[];
  readonly nominated: Nominated;
  readonly random: Random;
}

/** The request of a pod and the columns it is held against. */
export interface Need {
  readonly resource: string;
  readonly amount: number;
  readonly column: Column;
}

export function needsOf(info: PodInfo, table: NodeTable): Need[] {
  const needs: Need[] = [];
  for (const [resource, amount] of info.requests) {
    if (amount > 0) needs.push({ resource, amount, column: table.column(resource) });
  }
  return needs;
}

export function selectNode(selector: Selector, info: PodInfo): Selection {
  const { table } = selector;
  const verdicts = selector.verdicts.of(info);
  const filters = preparedFilters(selector.plugins, info, table);
  const needs = needsOf(info, table);
  const podSlots = table.column('pods').allocatable;
  const feasible = new Int32Array(table.size);
  const refused = new Refusals();
  let count = 0;
  for (let slot = 0; slot < table.size; slot++) {
    if (table.alive[slot] === 0) continue;
    const verdict = verdicts.verdict[slot] as number;
    if (verdict !== verdictPassed) {
      refused.byVerdict(verdict);
      continue;
    }
    const fits =
      (table.podCount[slot] as number) < (podSlots[slot] as number) && fitsAll(needs, slot) && info.ports.length === 0;
    if (fits && filters.length === 0 && selector.nominated(slot, info).length === 0) feasible[count++] = slot;
    else if (checkSlot(selector, info, { slot, needs, filters, refused })) feasible[count++] = slot;
  }
  if (count === 0) return { kind: 'rejected', rejection: refused.rejection(table.nodeCount) };
  const slots = feasible.subarray(0, count);
  return { kind: 'selected', slot: best(selector, { info, slots, verdicts, needs }) };
}

export function preparedFilters(
  plugins: readonly Plugin[],
  info: PodInfo,
  table: NodeTable,
): { name: string; filter: NodeFilter }[] {
  const filters: { name: string; filter: NodeFilter }[] = [];
  for (const plugin of plugins) {
    const filter = plugin.prepareFilter?.(info, table);
    if (filter !== undefined) filters.push({ name: plugin.name, filter });
  }
  return filters;
}

function fitsAll(needs: readonly Need[], slot: number): boolean {
  for (let i = 0; i < needs.length; i++) {
    const { column, amount } = needs[i] as Need;
    if ((column.used[slot] as number) + amount > (column.allocatable[slot] as number)) return false;
  }
  return true;
}

/** Counts reasons while the nodes are walked. */
class Refusals {
  readonly #verdicts = new Int32Array(verdictReasons.length);
  readonly #reasons = new Map<string, number>();
  readonly #plugins = new Set<string>();
  readonly #resolvable: number[] = [];

  byVerdict(verdict: number): void {
    this.#verdicts[verdict] = (this.#verdicts[verdict] as number) + 1;
  }
  add(plugin: string, reason: string): void {
    this.#plugins.add(plugin);
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }
  resolvable(slot: number): void {
    this.#resolvable.push(slot);
  }
  rejection(nodeCount: number): Rejection {
    for (let verdict = 1; verdict < this.#verdicts.length; verdict++) {
      const count = this.#verdicts[verdict] as number;
      const { reason, plugin } = verdictReasons[verdict] as { reason: string; plugin: string };
      if (count > 0) this.#reasons.set(reason, count);
      if (count > 0) this.#plugins.add(plugin);
    }
    return { nodeCount, reasons: this.#reasons, plugins: this.#plugins, resolvable: this.#resolvable };
  }
}

interface SlotCheck {
  readonly slot: number;
  readonly needs: readonly Need[];
  readonly filters: readonly { name: string; filter: NodeFilter }[];
  readonly refused: Refusals;
}

/** The slow way for one node: with all reasons, ports, plugins and nominated pods. In upstream's order of plugins. */
function checkSlot(selector: Selector, info: PodInfo, check: SlotCheck): boolean {
  const { table } = selector;
  const { slot, refused } = check;
  const expected = selector.nominated(slot, info);
  if (hasPortConflict(table, slot, { info, expected })) {
    refused.add('NodePorts', "node(s) didn't have free ports for the requested pod ports");
    refused.resolvable(slot);
    return false;
  }
  const missing = insufficient(table, slot, { needs: check.needs, expected });
  if (missing.reasons.length > 0) {
    for (const reason of missing.reasons) refused.add('NodeResourcesFit', reason);
    if (!missing.isFinal) refused.resolvable(slot);
    return false;
  }
  for (const { name, filter } of check.filters) {
    const refusal = filter(slot);
    if (refusal === undefined) continue;
    refused.add(name, refusal.reason);
    if (refusal.isFinal !== true) refused.resolvable(slot);
    return false;
  }
  return true;
}

function hasPortConflict(
  table: NodeTable,
  slot: number,
  wanted: { info: PodInfo; expected: readonly PodInfo[] },
): boolean {
  const { ports } = wanted.info;
  if (ports.length === 0) return false;
  return table.hasPortConflict(slot, ports);
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

const maxScore = 100;
const taintWeight = 3;
const affinityWeight = 2;

interface Scoring {
  readonly info: PodInfo;
  readonly slots: Int32Array;
  readonly verdicts: Verdicts;
  readonly needs: readonly Need[];
}

function best(selector: Selector, scoring: Scoring): number {
  const { slots, verdicts, info } = scoring;
  if (slots.length === 1) return slots[0] as number;
  const { table, random } = selector;
  const taintsMost = largest(verdicts.taints, slots);
  const affinityMost = largest(verdicts.affinity, slots);
  const extra = preparedScores(selector.plugins, scoring, table);
  const isBestEffort = !scoring.needs.some((need) => need.resource === 'cpu' || need.resource === 'memory');
  const cpu = table.column('cpu');
  const memory = table.column('memory');
  let winner = slots[0] as number;
  let highest = -1;
  let ties = 0;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    let score = leastAllocated(table, slot, info);
    if (!isBestEffort) score += balanced(cpu, memory, slot, info);
    if (taintsMost > 0) {
      const share = Math.floor((maxScore * (verdicts.taints[slot] as number)) / taintsMost);
      score += taintWeight * (maxScore - share);
    }
    if (affinityMost > 0) {
      score += affinityWeight * Math.floor((maxScore * (verdicts.affinity[slot] as number)) / affinityMost);
    }
    for (let j = 0; j < extra.length; j++) score += (extra[j] as NodeScore)(slot);
    if (score > highest) {
      highest = score;
      winner = slot;
      ties = 1;
    } else if (score === highest && random.next() * ++ties < 1) winner = slot;
  }
  return winner;
}

function preparedScores(plugins: readonly Plugin[], scoring: Scoring, table: NodeTable): NodeScore[] {
  const scores: NodeScore[] = [];
  for (const plugin of plugins) {
    const score = plugin.prepareScore?.(scoring.info, table, scoring.slots);
    if (score !== undefined) scores.push(score);
  }
  return scores;
}

function largest(values: Float64Array, slots: Int32Array): number {
  let most = 0;
  for (let i = 0; i < slots.length; i++) most = Math.max(most, values[slots[i] as number] as number);
  return most;
}

function leastAllocated(table: NodeTable, slot: number, info: PodInfo): number {
  const cpu = table.column('cpu').allocatable[slot] as number;
  const memory = table.column('memory').allocatable[slot] as number;
  let sum = 0;
  let weights = 0;
  if (cpu > 0) {
    sum += freeShare(cpu, (table.scoringCpu[slot] as number) + info.scoringCpu);
    weights++;
  }
  if (memory > 0) {
    sum += freeShare(memory, (table.scoringMemory[slot] as number) + info.scoringMemory);
    weights++;
  }
  return weights === 0 ? 0 : Math.floor(sum / weights);
}

function freeShare(allocatable: number, used: number): number {
  return used > allocatable ? 0 : Math.floor(((allocatable - used) * maxScore) / allocatable);
}

/** Around 75 when the pod leaves the balance of CPU and memory as it is, more when it betters it. */
function balanced(cpu: Column, memory: Column, slot: number, info: PodInfo): number {
  const after = balance(cpu, memory, slot, {
    cpu: info.requests.get('cpu') ?? 0,
    memory: info.requests.get('memory') ?? 0,
  });
  const before = balance(cpu, memory, slot, nothing);
  return maxScore / 2 + Math.trunc((maxScore / 2 + after - before) / 2);
}

const nothing = { cpu: 0, memory: 0 };

function balance(cpu: Column, memory: Column, slot: number, more: { cpu: number; memory: number }): number {
  const cpuMost = cpu.allocatable[slot] as number;
  const memoryMost = memory.allocatable[slot] as number;
  if (cpuMost === 0 || memoryMost === 0) return maxScore;
  const cpuShare = Math.min(1, ((cpu.used[slot] as number) + more.cpu) / cpuMost);
  const memoryShare = Math.min(1, ((memory.used[slot] as number) + more.memory) / memoryMost);
  return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * maxScore);
}
