/**
 * What a plugin is whose answer depends on the pods on the nodes, not on the node's object alone (those are in verdicts.ts).
 * It is asked once per pod for a filter and a score over slots, so that counting is done once and not per node.
 */
import type { NodeTable } from '#scheduler/node-table.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export interface Plugin {
  /** Upstream's. */
  readonly name: string;
  /** Undefined: it has nothing to say about this pod. */
  prepareFilter?(info: PodInfo, table: NodeTable): NodeFilter | undefined;
  /** Undefined: all nodes are alike. `feasible` are the slots that passed. */
  prepareScore?(info: PodInfo, table: NodeTable, feasible: Int32Array): NodeScore | undefined;
}
/** Undefined: the pod may run there. */
export type NodeFilter = (slot: number) => Refusal | undefined;
export interface Refusal {
  readonly reason: string;
  /** Other pods going away cannot change it. */
  readonly isFinal?: boolean;
}
/** Weighted already; larger is better. */
export type NodeScore = (slot: number) => number;
