/**
 * Feasibility and score of each node as far as they depend on the node, its room and the pod's shape: NodeResourcesFit and
 * its least-allocated score, NodeResourcesBalancedAllocation, and the verdicts on the node's object. They are kept per shape,
 * and worked out again only for slots that have changed: scheduling a thousand equal pods costs one full scan.
 */
import type { Column, NodeTable } from '#scheduler/node-table.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { VerdictCache, Verdicts } from '#scheduler/verdicts.ts';
import { verdictPassed } from '#scheduler/verdicts.ts';

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

/** By slot. */
export interface BaseScores {
  readonly capacity: number;
  /** {@link infeasible}, or from 0 to 200. */
  readonly score: Float64Array;
  readonly seen: Uint32Array;
  readonly verdicts: Verdicts;
}

export const infeasible = -1;
const shapesKept = 64;

/** 1. A score is used only for the version of the slot it was made from. */
export class BaseScoreCache {
  readonly #table: NodeTable;
  readonly #verdicts: VerdictCache;
  readonly #byShape = new Map<string, BaseScores>();

  constructor(table: NodeTable, verdicts: VerdictCache) {
    this.#table = table;
    this.#verdicts = verdicts;
  }

  /** The scores of all nodes, up to date. */
  of(info: PodInfo): BaseScores {
    const table = this.#table;
    const scores = this.#find(info);
    const { seen, score } = scores;
    const { version, size } = table;
    const scorer = new Scorer(table, info, scores.verdicts);
    for (let slot = 0; slot < size; slot++) {
      if (seen[slot] === version[slot]) continue;
      score[slot] = scorer.scoreAt(slot);
      seen[slot] = version[slot] as number;
    }
    return scores;
  }

  #find(info: PodInfo): BaseScores {
    const verdicts = this.#verdicts.of(info);
    const { capacity } = this.#table;
    let scores = this.#byShape.get(info.shape);
    this.#byShape.delete(info.shape);
    if (scores === undefined || scores.capacity !== capacity || scores.verdicts !== verdicts) {
      scores = { capacity, score: new Float64Array(capacity), seen: new Uint32Array(capacity), verdicts };
    }
    this.#byShape.set(info.shape, scores);
    if (this.#byShape.size > shapesKept) this.#byShape.delete(this.#byShape.keys().next().value as string);
    return scores;
  }
}

const maxScore = 100;

/** One pod against slots, its columns looked up once. */
class Scorer {
  readonly #table: NodeTable;
  readonly #info: PodInfo;
  readonly #verdicts: Verdicts;
  readonly #needs: readonly Need[];
  readonly #cpu: Column;
  readonly #memory: Column;
  readonly #pods: Column;
  readonly #cpuRequest: number;
  readonly #memoryRequest: number;

  constructor(table: NodeTable, info: PodInfo, verdicts: Verdicts) {
    this.#table = table;
    this.#info = info;
    this.#verdicts = verdicts;
    this.#needs = needsOf(info, table);
    this.#cpu = table.column('cpu');
    this.#memory = table.column('memory');
    this.#pods = table.column('pods');
    this.#cpuRequest = info.requests.get('cpu') ?? 0;
    this.#memoryRequest = info.requests.get('memory') ?? 0;
  }

  scoreAt(slot: number): number {
    const table = this.#table;
    if (table.alive[slot] === 0 || this.#verdicts.verdict[slot] !== verdictPassed) return infeasible;
    if ((table.podCount[slot] as number) >= (this.#pods.allocatable[slot] as number)) return infeasible;
    for (const { column, amount } of this.#needs) {
      if ((column.used[slot] as number) + amount > (column.allocatable[slot] as number)) return infeasible;
    }
    const isBestEffort = this.#cpuRequest === 0 && this.#memoryRequest === 0;
    return this.#leastAllocated(slot) + (isBestEffort ? 0 : this.#balanced(slot));
  }

  #leastAllocated(slot: number): number {
    const cpu = this.#cpu.allocatable[slot] as number;
    const memory = this.#memory.allocatable[slot] as number;
    let sum = 0;
    let weights = 0;
    if (cpu > 0) {
      sum += freeShare(cpu, (this.#table.scoringCpu[slot] as number) + this.#info.scoringCpu);
      weights++;
    }
    if (memory > 0) {
      sum += freeShare(memory, (this.#table.scoringMemory[slot] as number) + this.#info.scoringMemory);
      weights++;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  }

  /** Around 75 when the pod leaves the balance of CPU and memory as it is, more when it betters it. */
  #balanced(slot: number): number {
    const after = this.#balance(slot, this.#cpuRequest, this.#memoryRequest);
    const before = this.#balance(slot, 0, 0);
    return maxScore / 2 + Math.trunc((maxScore / 2 + after - before) / 2);
  }

  #balance(slot: number, cpu: number, memory: number): number {
    const cpuMost = this.#cpu.allocatable[slot] as number;
    const memoryMost = this.#memory.allocatable[slot] as number;
    if (cpuMost === 0 || memoryMost === 0) return maxScore;
    const cpuShare = Math.min(1, ((this.#cpu.used[slot] as number) + cpu) / cpuMost);
    const memoryShare = Math.min(1, ((this.#memory.used[slot] as number) + memory) / memoryMost);
    return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * maxScore);
  }
}

function freeShare(allocatable: number, used: number): number {
  return used > allocatable ? 0 : Math.floor(((allocatable - used) * maxScore) / allocatable);
}
