/** The statuses of a pod's containers, from the runtime's view and what was reported before; pure. */
import { timestamp } from '#base/clock.ts';
import type {
  ContainerState,
  ContainerStatus as ApiContainerStatus,
  ResourceRequirements,
} from '#api/generated/core/v1.ts';
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import {
  isRestartableInit,
  type PodRuntime,
  type ReadonlyContainer,
  type ReadonlyPod,
} from '#kubelet/pods/pod-runtime.ts';
import type { ProbeResults } from '#kubelet/pods/plan.ts';
import { shallStart } from '#kubelet/pods/restart-policy.ts';
import type { PodResize } from '#kubelet/resources/pod-resize.ts';
import type { ContainerStatus } from '#kubelet/runtime.ts';

/** Why a container could not be started, by container name. */
export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}
export interface StatusInput {
  readonly pod: ReadonlyPod;
  readonly runtime: PodRuntime;
  readonly waiting: ReadonlyMap<string, WaitingReason>;
  readonly probes: ProbeResults;
  /** What running containers have, where it may differ from what is allocated. */
  readonly resize?: PodResize;
}
export type Role = 'init' | 'regular' | 'ephemeral';

/** `old` are the statuses reported last. */
export function containerStatuses(
  input: StatusInput,
  role: Role,
  old: readonly DeepReadonly<ApiContainerStatus>[] | undefined,
): ApiContainerStatus[] {
  const containers = containersOf(input.pod, role);
  return containers.map((container) => {
    const before = old?.find(({ name }) => name === container.name);
    const status = statusOf(input, container, { role, before });
    setReadiness(status, container, { role, probes: input.probes });
    return status;
  });
}

export function containersOf(pod: ReadonlyPod, role: Role): readonly ReadonlyContainer[] {
  if (role === 'init') return pod.spec?.initContainers ?? [];
  if (role === 'regular') return pod.spec?.containers ?? [];
  return (pod.spec?.ephemeralContainers ?? []) as readonly ReadonlyContainer[];
}

interface Context {
  readonly role: Role;
  readonly before: DeepReadonly<ApiContainerStatus> | undefined;
}

function statusOf(input: StatusInput, container: ReadonlyContainer, context: Context): ApiContainerStatus {
  const seen = input.runtime.containers.filter(({ name }) => name === container.name);
  const status =
    seen[0] === undefined
      ? statusWithoutContainer(input.pod, container, context)
      : statusFromRuntime(container, { current: seen[0], previous: seen[1], resize: input.resize });
  if (status.lastState === undefined || Object.keys(status.lastState).length === 0)
    status.lastState = (cloneJson(context.before?.lastState) as ContainerState | undefined) ?? {};
  const waiting = input.waiting.get(container.name);
  const isDoneInit =
    context.role === 'init' && seen[0]?.state === 'exited' && seen[0].exitCode === 0 && !isRestartableInit(container);
  if (waiting === undefined || isDoneInit || !shallStart(container, input.pod, input.runtime)) return status;
  if (status.state?.terminated !== undefined) status.lastState = status.state;
  status.state = {
    waiting: waiting.message === '' ? { reason: waiting.reason } : { message: waiting.message, reason: waiting.reason },
  };
  return status;
}

function base(container: ReadonlyContainer): ApiContainerStatus {
  const mounts = (container.volumeMounts ?? []).map((mount) => ({
    mountPath: mount.mountPath,
    name: mount.name,
    ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }));
  return {
    image: container.image ?? '',
    imageID: '',
    lastState: {},
    name: container.name,
    ready: false,
    restartCount: 0,
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
  };
}

/** The runtime has no such container (any more). */
function statusWithoutContainer(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  { role, before }: Context,
): ApiContainerStatus {
  if (before?.state?.terminated !== undefined) return cloneJson(before) as ApiContainerStatus;
  const status = base(container);
  const hasInits = (pod.spec?.initContainers ?? []).length > 0;
  status.state = { waiting: { reason: hasInits && role !== 'ephemeral' ? 'PodInitializing' : 'ContainerCreating' } };
  if (before === undefined) return status;
  status.restartCount = before.restartCount;
  if (before.state?.running === undefined || before.lastState?.terminated !== undefined) return status;
  status.lastState = {
    terminated: {
      exitCode: 137,
      finishedAt: null as unknown as string,
      message: 'The container could not be located when the pod was deleted.  The container used to be Running',
      reason: 'ContainerStatusUnknown',
      startedAt: null as unknown as string,
    },
  };
  if (pod.metadata.deletionTimestamp === undefined) status.restartCount++;
  return status;
}

function statusFromRuntime(
  container: ReadonlyContainer,
  {
    current,
    previous,
    resize,
  }: { current: ContainerStatus; previous: ContainerStatus | undefined; resize: PodResize | undefined },
): ApiContainerStatus {
  const status = base(container);
  status.containerID = containerUrl(current.id);
  status.image = current.image;
  status.imageID = current.imageId;
  status.restartCount = current.attempt;
  status.state = stateOf(current);
  if (previous !== undefined && previous.state === 'exited') status.lastState = stateOf(previous);
  if (container.resources !== undefined) {
    const actuated = current.state === 'running' ? resize?.actuatedOf(container.name) : undefined;
    status.resources = cloneJson(actuated ?? container.resources) as ResourceRequirements;
    if (container.resources.requests !== undefined) status.allocatedResources = { ...container.resources.requests };
  }
  return status;
}

/** `containerd://0a1b…`. */
export function containerUrl(id: string): string {
  return `containerd://${id}`;
}

function stateOf(status: ContainerStatus): ContainerState {
  if (status.state === 'running') return { running: { startedAt: timestamp(status.startedAtMs) } };
  if (status.state !== 'exited') return { waiting: {} };
  return {
    terminated: {
      containerID: containerUrl(status.id),
      exitCode: status.exitCode,
      finishedAt: timestamp(status.finishedAtMs),
      ...(status.message === '' ? {} : { message: status.message }),
      ...(status.reason === '' ? {} : { reason: status.reason }),
      startedAt: timestamp(status.startedAtMs),
    },
  };
}

function setReadiness(
  status: ApiContainerStatus,
  container: ReadonlyContainer,
  { role, probes }: { role: Role; probes: ProbeResults },
): void {
  if (role === 'ephemeral') return;
  const isRunning = status.state?.running !== undefined;
  const id = status.containerID?.slice('containerd://'.length) ?? '';
  status.started = isRunning && (container.startupProbe === undefined || probes.startup(id) === 'success');
  if (role === 'init' && !isRestartableInit(container)) {
    status.ready = status.state?.terminated?.exitCode === 0;
    return;
  }
  status.ready = status.started && (container.readinessProbe === undefined || probes.readiness(id) === 'success');
}
