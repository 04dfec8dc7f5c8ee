/**
 * What the node's object alone says about a pod: the plugins NodeUnschedulable, NodeName, TaintToleration and NodeAffinity.
 * Pods of one ReplicaSet are alike in that, so the answers are kept per signature and worked out again only for nodes that
 * have changed.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Node, Taint } from '#api/generated/core/v1.ts';
import { matchesNodeAffinity, preferredNodeWeight } from '#kinds/core/node/affinity.ts';
import { isTolerated, untoleratedTaint } from '#kinds/core/node/taints.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export const verdictPassed = 0;
/** The reason of each verdict, and the plugin that gives it. Preemption helps against none of them. */
export const verdictReasons: readonly { readonly reason: string; readonly plugin: string }[] = [
  { reason: '', plugin: '' },
  { reason: 'node(s) were unschedulable', plugin: 'NodeUnschedulable' },
  { reason: "node(s) didn't match the requested node name", plugin: 'NodeName' },
  { reason: 'node(s) had untolerated taint(s)', plugin: 'TaintToleration' },
  { reason: "node(s) didn't match Pod's node affinity/selector", plugin: 'NodeAffinity' },
];

/** By slot. */
export interface Verdicts {
  readonly capacity: number;
  readonly verdict: Uint8Array;
  /** PreferNoSchedule taints that are not tolerated. */
  readonly taints: Float64Array;
  /** Weights of the preferred node affinity terms that hold. */
  readonly affinity: Float64Array;
  readonly seen: Uint32Array;
}

const signaturesKept = 256;

/** 1. An answer is used only for the generation of the node it was made from. */
export class VerdictCache {
  readonly #table: NodeTable;
  readonly #bySignature = new Map<string, Verdicts>();

  constructor(table: NodeTable) {
    this.#table = table;
  }

  /** The verdicts on all nodes, up to date. */
  of(info: PodInfo): Verdicts {
    const verdicts = this.#find(info.signature);
    const { alive, generation, size } = this.#table;
    for (let slot = 0; slot < size; slot++) {
      if (alive[slot] === 0 || verdicts.seen[slot] === generation[slot]) continue;
      judge(info, this.#table.nodeAt(slot), verdicts, slot);
      verdicts.seen[slot] = generation[slot] as number;
    }
    return verdicts;
  }

  #find(signature: string): Verdicts {
    let verdicts = this.#bySignature.get(signature);
    this.#bySignature.delete(signature);
    if (verdicts === undefined || verdicts.capacity !== this.#table.capacity) verdicts = empty(this.#table.capacity);
    this.#bySignature.set(signature, verdicts);
    if (this.#bySignature.size > signaturesKept) {
      this.#bySignature.delete(this.#bySignature.keys().next().value as string);
    }
    return verdicts;
  }
}

function empty(capacity: number): Verdicts {
  return {
    capacity,
    verdict: new Uint8Array(capacity),
    taints: new Float64Array(capacity),
    affinity: new Float64Array(capacity),
    seen: new Uint32Array(capacity),
  };
}

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const hardEffects = ['NoSchedule', 'NoExecute'];

function judge(info: PodInfo, node: DeepReadonly<Node>, into: Verdicts, slot: number): void {
  const spec = info.pod.spec;
  into.verdict[slot] = verdictOn(info, node);
  let count = 0;
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect === 'PreferNoSchedule' && !isTolerated(taint, spec?.tolerations)) count++;
  }
  into.taints[slot] = count;
  into.affinity[slot] = preferredNodeWeight(spec, node);
}

function verdictOn(info: PodInfo, node: DeepReadonly<Node>): number {
  const spec = info.pod.spec;
  if (node.spec?.unschedulable === true && !isTolerated(unschedulableTaint, spec?.tolerations)) return 1;
  if ((spec?.nodeName ?? '') !== '' && spec?.nodeName !== node.metadata.name) return 2;
  if (untoleratedTaint(node.spec?.taints, spec?.tolerations, hardEffects) !== undefined) return 3;
  if (!matchesNodeAffinity(spec, node)) return 4;
  return verdictPassed;
}
