/** Whether a pod may run on this node: what the scheduler has checked, again, for pods that came past it; pure. */
import type { Node } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { parseQuantity, quantityMillis, quantityUnits } from '#lang/quantity/quantity.ts';
import type { ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { podHostPorts } from '#kubelet/pods/sandbox-config.ts';
import { podAmount } from '#kubelet/resources/pod-resources.ts';

export interface AdmissionInput {
  readonly pod: ReadonlyPod;
  /** Those that run here already. */
  readonly others: readonly ReadonlyPod[];
  /** Undefined: not known yet, nothing is refused. */
  readonly node: DeepReadonly<Node> | undefined;
}

export function admitPod({ pod, others, node }: AdmissionInput): { reason: string; message: string } | undefined {
  if (node === undefined) return undefined;
  return checkResources(pod, others, node) ?? checkSelector(pod, node) ?? checkPorts(pod, others);
}

function checkResources(
  pod: ReadonlyPod,
  others: readonly ReadonlyPod[],
  node: DeepReadonly<Node>,
): { reason: string; message: string } | undefined {
  const allocatable = node.status?.allocatable ?? {};
  for (const name of ['pods', 'cpu', 'memory', 'ephemeral-storage']) {
    const capacity = capacityOf(allocatable[name], name);
    if (capacity === undefined) continue;
    const requested = name === 'pods' ? 1 : podAmount(pod, 'requests', name);
    const used =
      name === 'pods' ? others.length : others.reduce((sum, other) => sum + podAmount(other, 'requests', name), 0);
    if (requested > 0 && used + requested > capacity) {
      return {
        reason: `OutOf${name}`,
        message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
      };
    }
  }
  return undefined;
}

function capacityOf(text: string | number | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  return name === 'cpu' ? quantityMillis(parseQuantity(text)) : quantityUnits(parseQuantity(text));
}

function checkSelector(pod: ReadonlyPod, node: DeepReadonly<Node>): { reason: string; message: string } | undefined {
  const labels = node.metadata.labels ?? {};
  const fits = Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  return fits
    ? undefined
    : {
        reason: 'NodeAffinity',
        message: `Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector`,
      };
}

function checkPorts(pod: ReadonlyPod, others: readonly ReadonlyPod[]): { reason: string; message: string } | undefined {
  const taken = others.flatMap(podHostPorts);
  const isAny = (ip: string): boolean => ip === '' || ip === '0.0.0.0';
  for (const port of podHostPorts(pod)) {
    const clash = taken.some(
      (other) =>
        other.hostPort === port.hostPort &&
        other.protocol === port.protocol &&
        (isAny(other.hostIP) || isAny(port.hostIP) || other.hostIP === port.hostIP),
    );
    if (clash)
      return {
        reason: 'NodePorts',
        message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
      };
  }
  return undefined;
}
