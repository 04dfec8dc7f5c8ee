/** The taints that follow from a node's conditions. Pure. @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Node, Taint } from '#api/generated/core/v1.ts';
import { findCondition } from '#api/meta/conditions.ts';

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/** Condition and status → key of the NoSchedule taint. */
const bySituation: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', notReady],
  ['Ready', 'Unknown', unreachable],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
];
const unschedulable = 'node.kubernetes.io/unschedulable';
const ours = new Set([...bySituation.map(([, , key]) => key), unschedulable]);

/**
 * The node's taints as they should be, or undefined if they are. Taints of other keys stay. `mayEvict` false: NoExecute
 * taints are neither added nor kept.
 */
export function withConditionTaints(
  node: DeepReadonly<Node>,
  options: { now: string; mayEvict: boolean },
): Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const wanted = wantedTaints(node, options);
  const isOurs = (taint: DeepReadonly<Taint>): boolean =>
    ours.has(taint.key) && (taint.effect === 'NoSchedule' || isEviction(taint));
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((other) => isSame(taint, other)));
  const added = wanted.filter((taint) => !present.some((other) => isSame(taint, other)));
  if (added.length === 0 && kept.length === present.length) return undefined;
  return [...kept.map((taint) => ({ ...taint })), ...added];
}

function isEviction(taint: DeepReadonly<Taint>): boolean {
  return taint.effect === 'NoExecute' && (taint.key === notReady || taint.key === unreachable);
}

function isSame(a: DeepReadonly<Taint>, b: DeepReadonly<Taint>): boolean {
  return a.key === b.key && a.effect === b.effect;
}

function wantedTaints(node: DeepReadonly<Node>, options: { now: string; mayEvict: boolean }): Taint[] {
  const taints: Taint[] = [];
  // A node that was created without conditions is as it was admitted: not ready until its agent says otherwise.
  const isSilent = findCondition(node.status?.conditions, 'Ready') === undefined;
  if (isSilent) taints.push({ key: notReady, effect: 'NoSchedule', timeAdded: options.now });
  for (const [type, status, key] of bySituation) {
    if (findCondition(node.status?.conditions, type)?.status !== status) continue;
    taints.push({ key, effect: 'NoSchedule', timeAdded: options.now });
    if (type === 'Ready' && options.mayEvict) taints.push({ key, effect: 'NoExecute', timeAdded: options.now });
  }
  if (node.spec?.unschedulable === true)
    taints.push({ key: unschedulable, effect: 'NoSchedule', timeAdded: options.now });
  return taints;
}
