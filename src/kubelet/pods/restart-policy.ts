/** Whether a container that is not running shall run (again); pure. */
import type { ContainerStatus } from '#kubelet/runtime.ts';
import {
  latestContainer,
  type PodRuntime,
  type ReadonlyContainer,
  type ReadonlyPod,
} from '#kubelet/pods/pod-runtime.ts';

/** By the container's own rules and policy, else the pod's. @see KEP-5307 */
export function restartsAfterExit(container: ReadonlyContainer, pod: ReadonlyPod, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const codes = rule.exitCodes;
    const listed = codes?.values?.includes(exitCode) ?? false;
    if (rule.action === 'Restart' && codes !== undefined && (codes.operator === 'In' ? listed : !listed)) return true;
  }
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** False while it runs, when the pod is being deleted, and when it has ended for good. */
export function shallStart(container: ReadonlyContainer, pod: ReadonlyPod, runtime: PodRuntime): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const status = latestContainer(runtime, container.name);
  if (status === undefined) return true;
  if (status.state === 'running') return false;
  if (status.state !== 'exited') return true;
  return restartsAfterExit(container, pod, status.exitCode);
}

export function hasFailed(status: ContainerStatus): boolean {
  return status.state === 'unknown' || (status.state === 'exited' && status.exitCode !== 0);
}
