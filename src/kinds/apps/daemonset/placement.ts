/** Where the pods of a DaemonSet belong, and how they are tied to their node. Pure. */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { DaemonSet } from '#api/generated/apps/v1.ts';
import type { Node, Pod, PodSpec, Toleration } from '#api/generated/core/v1.ts';
import { matchesNodeAffinity } from '#kinds/core/node/affinity.ts';
import { untoleratedTaint } from '#kinds/core/node/taints.ts';

export interface Placement {
  readonly shouldRun: boolean;
  /** A pod that is there may stay. */
  readonly mayStay: boolean;
}

/** As the scheduler would decide, less the room on the node. */
export function placementOn(node: DeepReadonly<Node>, set: DeepReadonly<DaemonSet>): Placement {
  const spec = set.spec?.template.spec;
  const wanted = spec?.nodeName ?? '';
  if (wanted !== '' && wanted !== node.metadata.name) return { shouldRun: false, mayStay: false };
  if (!matchesNodeAffinity(spec, node)) return { shouldRun: false, mayStay: false };
  const tolerations = daemonTolerations(spec);
  const taints = node.spec?.taints;
  if (untoleratedTaint(taints, tolerations, ['NoSchedule', 'NoExecute']) === undefined) {
    return { shouldRun: true, mayStay: true };
  }
  return { shouldRun: false, mayStay: untoleratedTaint(taints, tolerations, ['NoExecute']) === undefined };
}

const always: readonly (readonly [key: string, effect: 'NoSchedule' | 'NoExecute'])[] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
];

/** The template's own and those that every daemon has: it stays where others are driven away. */
export function daemonTolerations(spec: DeepReadonly<PodSpec> | undefined): Toleration[] {
  const tolerations = cloneJson(spec?.tolerations ?? []) as Toleration[];
  const network = spec?.hostNetwork === true ? ([['network-unavailable', 'NoSchedule']] as const) : [];
  for (const [name, effect] of [...always, ...network]) {
    const key = `node.kubernetes.io/${name}`;
    const isThere = tolerations.some(
      (each) => each.key === key && each.effect === effect && each.operator === 'Exists',
    );
    if (!isThere) tolerations.push({ key, operator: 'Exists', effect });
  }
  return tolerations;
}

/** Ties the pod to one node by affinity, so that the scheduler places it and everything else still counts. */
export function tieToNode(pod: Pod, nodeName: string): Pod {
  const spec = pod.spec as PodSpec;
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }];
  const nodeAffinity = spec.affinity?.nodeAffinity;
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms = terms.length === 0 ? [{ matchFields }] : terms.map((term) => ({ ...term, matchFields }));
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: { ...nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution },
  };
  spec.tolerations = daemonTolerations(spec);
  return pod;
}

/** The node a daemon pod is on, or is meant for. */
export function nodeNameOf(pod: DeepReadonly<Pod>): string {
  const bound = pod.spec?.nodeName ?? '';
  if (bound !== '') return bound;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const term of required?.nodeSelectorTerms ?? []) {
    const field = term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (field?.values?.length === 1) return field.values[0] ?? '';
  }
  return '';
}
