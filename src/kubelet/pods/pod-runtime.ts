/** What the runtime has for one pod, and small questions about a pod's containers; pure. */
import type { Container, EphemeralContainer, Pod } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { ContainerStatus, SandboxStatus } from '#kubelet/runtime.ts';

export type ReadonlyPod = DeepReadonly<Pod>;
export type ReadonlyContainer = DeepReadonly<Container>;

/** Newest first, both. */
export interface PodRuntime {
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}

export const emptyPodRuntime: PodRuntime = { sandboxes: [], containers: [] };

/** The labels and annotations that let a restarted agent know what it finds; upstream's names. */
export const labels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;
export const annotations = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  sandboxAttempt: 'wheelhouse.dev/attempt',
  podTerminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const;

/** Counts the sandboxes that a pod has had; two may be made within one millisecond. */
export function sandboxAttempt(sandbox: SandboxStatus): number {
  return Number(sandbox.annotations[annotations.sandboxAttempt] ?? '0');
}

export function latestContainer(runtime: PodRuntime, name: string): ContainerStatus | undefined {
  return runtime.containers.find((container) => container.name === name);
}

export function readySandbox(runtime: PodRuntime): SandboxStatus | undefined {
  const latest = runtime.sandboxes[0];
  return latest?.ready === true ? latest : undefined;
}

/** A sidecar: an init container that keeps running beside the others. */
export function isRestartableInit(container: ReadonlyContainer): boolean {
  return container.restartPolicy === 'Always';
}

/** Init, regular and ephemeral ones by name. */
export function findContainer(pod: ReadonlyPod, name: string): ReadonlyContainer | undefined {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec ?? { containers: [] };
  return (
    containers.find((container) => container.name === name) ??
    initContainers.find((container) => container.name === name) ??
    (ephemeralContainers.find((container) => container.name === name) as ReadonlyContainer | undefined)
  );
}

/** Where a container stands in its pod, as events name it: `spec.containers{web}`. */
export function containerFieldPath(pod: ReadonlyPod, name: string): string {
  if (pod.spec?.initContainers?.some((container) => container.name === name)) return `spec.initContainers{${name}}`;
  if (pod.spec?.ephemeralContainers?.some((container) => container.name === name))
    return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

/** `web_default(0e1f…)`: how upstream prints a pod in messages. */
export function podText(pod: ReadonlyPod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Changes when a container must be replaced: its name and image, as upstream hashes them (FNV-1a, hex). */
export function containerHash(container: DeepReadonly<Pick<Container | EphemeralContainer, 'name' | 'image'>>): string {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify([container.name, container.image])) {
    hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193) >>> 0;
  }
  return hash.toString(16);
}
