/**
 * In-place resize of one pod: what it asks for (its spec), what the node has promised it (allocated) and what its
 * containers run with (actuated).
 *
 *   spec changes → review: fits? → allocated, PodResizeInProgress → actuated → condition gone
 *                          else  → PodResizePending (Deferred, Infeasible), the old allocation stays
 *
 * What is kept is the reported status: containerStatuses[].resources says what runs, so an agent that starts again
 * goes on from there.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import type { PodCondition, ResourceRequirements } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { jsonEqual } from '#kubelet/status/status-writer.ts';
import { isRestartableInit, type ReadonlyContainer, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { amount } from '#kubelet/resources/pod-resources.ts';

type Requirements = DeepReadonly<ResourceRequirements>;
export type ResizeCondition = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message' | 'observedGeneration'>;
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}
/** Tells an event about the pod. */
type Tell = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/**
 * 1. `view` never shows resources that were not allocated.
 * 2. A condition's observedGeneration is that of the pod whose resources it speaks of.
 */
export class PodResize {
  readonly #allocated = new Map<string, Requirements>();
  readonly #actuated = new Map<string, Requirements>();
  readonly #podLevel: DeepReadonly<ResourceRequirements> | undefined;
  #pending: ResizeCondition | undefined;
  #inProgress: ResizeCondition | undefined;
  #seen: { readonly desired: ReadonlyPod; readonly view: ReadonlyPod } | undefined;

  /** Of a pod that runs already, what its status says goes on; of a new one, its spec. */
  constructor(pod: ReadonlyPod) {
    this.#podLevel = pod.spec?.resources;
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    for (const container of containersOf(pod)) {
      const status = statuses.find(({ name }) => name === container.name);
      const isRunning = status?.state?.running !== undefined && status.resources !== undefined;
      const resources = isRunning ? mixed(container, status.resources as Requirements) : (container.resources ?? {});
      this.#allocated.set(container.name, resources);
      if (isRunning) this.#actuated.set(container.name, resources);
    }
  }

  /** Nothing is fitted in yet that could be once others leave. */
  get isDeferred(): boolean {
    return this.#pending?.reason === 'Deferred';
  }

  get conditions(): readonly ResizeCondition[] {
    return [this.#pending, this.#inProgress].filter((condition) => condition !== undefined);
  }

  /** The pod with the resources that are allocated to it; the same object if they are what it asks for. */
  view(desired: ReadonlyPod): ReadonlyPod {
    if (this.#seen?.desired !== desired) this.#seen = { desired, view: this.#viewOf(desired) };
    return this.#seen.view;
  }

  /** Allocates what the pod asks for if `admit` has no objection. */
  review(desired: ReadonlyPod, admit: (pod: ReadonlyPod) => Refusal | undefined, tell: Tell): void {
    if (this.view(desired) === desired) {
      this.#pending = undefined;
      return;
    }
    const generation = desired.metadata.generation ?? 0;
    // Deviation: upstream resizes what the pod as a whole has behind a beta gate; here it is as with the gate off.
    const refusal = jsonEqual(desired.spec?.resources, this.#podLevel) ? admit(desired) : podLevelRefusal;
    if (refusal !== undefined) return this.#refuse(desired, refusal, tell);
    for (const container of containersOf(desired)) this.#allocated.set(container.name, container.resources ?? {});
    this.#seen = undefined;
    this.#pending = undefined;
    this.#inProgress = { type: 'PodResizeInProgress', status: 'True', observedGeneration: generation };
    tell('Normal', 'ResizeStarted', resizeText('Pod resize started', desired, generation));
  }

  #refuse(desired: ReadonlyPod, { reason, message }: Refusal, tell: Tell): void {
    const before = this.#pending;
    const generation = desired.metadata.generation ?? 0;
    const kind = reason === 'Infeasible' ? 'Infeasible' : 'Deferred';
    this.#pending = { type: 'PodResizePending', status: 'True', reason: kind, message, observedGeneration: generation };
    if (before?.reason === kind && before.observedGeneration === generation) return;
    tell('Warning', `Resize${kind}`, resizeText(`Pod resize ${reason}`, desired, generation, message));
  }

  /** What a running container has; undefined: not known. */
  actuatedOf(name: string): Requirements | undefined {
    return this.#actuated.get(name);
  }

  /** What the running container must be brought to: `restart` where its resize policy asks for it. */
  stepFor(container: ReadonlyContainer): 'keep' | 'update' | 'restart' {
    const actuated = this.#actuated.get(container.name);
    if (actuated === undefined) return 'keep';
    const changed = changedResources(container, { ...container, resources: actuated });
    if (changed.length === 0) return 'keep';
    const restarts = changed.some((name) =>
      container.resizePolicy?.some(
        (policy) => policy.resourceName === name && policy.restartPolicy === 'RestartContainer',
      ),
    );
    return restarts ? 'restart' : 'update';
  }

  /** What a running container has once one of its resources is brought to what is allocated. */
  after(container: ReadonlyContainer, name: 'cpu' | 'memory'): Requirements {
    const before = this.#actuated.get(container.name) ?? {};
    const take = (kind: 'limits' | 'requests'): Requirements['limits'] => {
      const value = container.resources?.[kind]?.[name];
      return value === undefined ? before[kind] : { ...before[kind], [name]: value };
    };
    const [limits, requests] = [take('limits'), take('requests')];
    return {
      ...(limits === undefined ? {} : { limits }),
      ...(requests === undefined ? {} : { requests }),
    };
  }

  actuated(containerName: string, resources: Requirements): void {
    this.#actuated.set(containerName, resources);
  }

  failed(pod: ReadonlyPod, message: string, tell: Tell): void {
    const generation = this.#inProgress?.observedGeneration ?? pod.metadata.generation ?? 0;
    const isNews = this.#inProgress?.message !== message;
    this.#inProgress = {
      type: 'PodResizeInProgress',
      status: 'True',
      reason: 'Error',
      message,
      observedGeneration: generation,
    };
    if (isNews) tell('Warning', 'ResizeError', resizeText('Pod resize error', pod, generation, message));
  }

  /** Ends a resize whose running containers all have what is allocated to them. */
  settle(pod: ReadonlyPod, isRunning: (name: string) => boolean, tell: Tell): boolean {
    if (this.#inProgress === undefined) return false;
    const rest = containersOf(pod).some(
      (container) => isResizable(pod, container) && isRunning(container.name) && this.stepFor(container) !== 'keep',
    );
    if (rest) return false;
    const generation = this.#inProgress.observedGeneration ?? 0;
    this.#inProgress = undefined;
    tell('Normal', 'ResizeCompleted', resizeText('Pod resize completed', pod, generation));
    return true;
  }

  #viewOf(desired: ReadonlyPod): ReadonlyPod {
    if (desired.spec === undefined) return desired;
    let isSame = jsonEqual(desired.spec.resources, this.#podLevel);
    const allocatedOf = (container: ReadonlyContainer): ReadonlyContainer => {
      const resources = this.#allocated.get(container.name);
      if (resources === undefined || changedResources(container, { ...container, resources }).length === 0)
        return container;
      isSame = false;
      return { ...container, resources };
    };
    const containers = desired.spec.containers.map(allocatedOf);
    const initContainers = desired.spec.initContainers?.map(allocatedOf);
    if (isSame) return desired;
    const { resources: _, ...spec } = desired.spec;
    return {
      ...desired,
      spec: {
        ...spec,
        containers,
        ...(initContainers === undefined ? {} : { initContainers }),
        ...(this.#podLevel === undefined ? {} : { resources: this.#podLevel }),
      },
    };
  }
}

const podLevelRefusal: Refusal = {
  reason: 'Infeasible',
  message: 'InPlacePodLevelResourcesVerticalScaling is disabled',
};

function containersOf(pod: ReadonlyPod): readonly ReadonlyContainer[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
}

function isResizable(pod: ReadonlyPod, container: ReadonlyContainer): boolean {
  return isRestartableInit(container) || pod.spec?.containers.some(({ name }) => name === container.name) === true;
}

/** Which of cpu and memory differ, requests or limits. */
function changedResources(a: ReadonlyContainer, b: ReadonlyContainer): ('cpu' | 'memory')[] {
  if (a.resources === b.resources) return [];
  return (['cpu', 'memory'] as const).filter((name) =>
    (['requests', 'limits'] as const).some((kind) => amount(a, kind, name) !== amount(b, kind, name)),
  );
}

/** The container's own resources with the cpu and memory that its status reports. */
function mixed(container: ReadonlyContainer, reported: Requirements): Requirements {
  const take = (kind: 'limits' | 'requests'): Requirements['limits'] => {
    const own = container.resources?.[kind];
    if (own === undefined) return undefined;
    const { cpu = own['cpu'], memory = own['memory'] } = reported[kind] ?? {};
    return { ...own, ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  };
  const [limits, requests] = [take('limits'), take('requests')];
  return {
    ...container.resources,
    ...(limits === undefined ? {} : { limits }),
    ...(requests === undefined ? {} : { requests }),
  };
}

/** `Pod resize started: {"containers":[{"name":"c1","resources":{…}}],"generation":2}`, as upstream prints it. */
function resizeText(prefix: string, pod: ReadonlyPod, generation: number, error = ''): string {
  const summary = (list: readonly ReadonlyContainer[] | undefined): object[] =>
    (list ?? []).map(({ name, resources }) => ({ name, resources: resources ?? {} }));
  const initContainers = summary(pod.spec?.initContainers);
  const containers = summary(pod.spec?.containers);
  const text = JSON.stringify({
    ...(initContainers.length === 0 ? {} : { initContainers }),
    ...(containers.length === 0 ? {} : { containers }),
    generation,
    ...(error === '' ? {} : { error }),
  });
  return `${prefix}: ${text}`;
}
