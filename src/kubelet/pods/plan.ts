/**
 * What one sync of a pod does: pure, from the pod, what the runtime has, and what the probes say.
 *
 *   plan(pod, nothing)                    → createSandbox, init container 0 (or all containers)
 *   plan(pod, sandbox + init 0 exited 0)  → init container 1
 *   plan(pod, one container exited)       → start it again (the caller asks the back-off first)
 */
import type { ContainerStatus } from '#kubelet/runtime.ts';
import {
  annotations,
  containerHash,
  isRestartableInit,
  latestContainer,
  type PodRuntime,
  type ReadonlyContainer,
  type ReadonlyPod,
  readySandbox,
  sandboxAttempt,
} from '#kubelet/pods/pod-runtime.ts';
import { hasFailed, restartsAfterExit, shallStart } from '#kubelet/pods/restart-policy.ts';

export interface PodPlan {
  /** Everything of it ends: there is nothing left to run, or the sandbox must be replaced. */
  killPod: boolean;
  createSandbox: boolean;
  /** Of the sandbox to create. */
  attempt: number;
  initContainers: ReadonlyContainer[];
  containers: ReadonlyContainer[];
  ephemeralContainers: ReadonlyContainer[];
  kill: KillContainer[];
  /** Running, and brought to other resources as they are. */
  update: { readonly container: ReadonlyContainer; readonly id: string }[];
}
/** What a running container's resources ask for. */
export type ResizeStep = (container: ReadonlyContainer) => 'keep' | 'update' | 'restart';
export interface KillContainer {
  readonly status: ContainerStatus;
  readonly container: ReadonlyContainer;
  readonly message: string;
  readonly reason: 'liveness' | 'startup' | 'unknown' | 'changed' | 'resize';
}
export type ProbeResult = 'success' | 'failure' | 'unknown';
/** Undefined: no such probe, or no result yet. */
export interface ProbeResults {
  liveness(containerId: string): ProbeResult | undefined;
  startup(containerId: string): ProbeResult | undefined;
  readiness(containerId: string): ProbeResult | undefined;
}

export function planPod(
  pod: ReadonlyPod,
  runtime: PodRuntime,
  probes: ProbeResults,
  resizeStep: ResizeStep = () => 'keep',
): PodPlan {
  const newest = runtime.sandboxes[0];
  const hasSandbox = newest?.ready === true && (newest.ips.length > 0 || pod.spec?.hostNetwork === true);
  const plan: PodPlan = {
    killPod: !hasSandbox,
    createSandbox: !hasSandbox,
    attempt: newest === undefined ? 0 : sandboxAttempt(newest) + 1,
    initContainers: [],
    containers: [],
    ephemeralContainers: [],
    kill: [],
    update: [],
  };
  if (!hasSandbox) return planNewSandbox(pod, runtime, plan);
  for (const container of pod.spec?.ephemeralContainers ?? []) {
    if (latestContainer(runtime, container.name) === undefined)
      plan.ephemeralContainers.push(container as ReadonlyContainer);
  }
  const initialized = planInitContainers(pod, runtime, { probes, plan, resizeStep });
  if (plan.killPod || !initialized) return plan;
  planContainers(pod, runtime, { probes, plan, resizeStep });
  return plan;
}

function planNewSandbox(pod: ReadonlyPod, runtime: PodRuntime, plan: PodPlan): PodPlan {
  const spec = pod.spec ?? { containers: [] };
  if (spec.restartPolicy === 'Never' && plan.attempt !== 0 && runtime.containers.length > 0)
    return { ...plan, createSandbox: false };
  const start = spec.containers.filter((container) => {
    const status = latestContainer(runtime, container.name);
    return !(spec.restartPolicy === 'OnFailure' && status?.state === 'exited' && status.exitCode === 0);
  });
  const wasInitialized = spec.containers.some((container) => latestContainer(runtime, container.name) !== undefined);
  if (start.length === 0 && wasInitialized) return { ...plan, createSandbox: false };
  const firstInit = spec.initContainers?.[0];
  return firstInit === undefined ? { ...plan, containers: start } : { ...plan, initContainers: [firstInit] };
}

interface Planning {
  readonly probes: ProbeResults;
  readonly plan: PodPlan;
  readonly resizeStep: ResizeStep;
}

/** Looks from the last init container back to the newest one that exists. Answers whether the pod is initialized. */
function planInitContainers(pod: ReadonlyPod, runtime: PodRuntime, planning: Planning): boolean {
  const inits = pod.spec?.initContainers ?? [];
  if (inits.length === 0) return true;
  const mainStarted = (pod.spec?.containers ?? []).some((container) => {
    const state = latestContainer(runtime, container.name)?.state;
    return state === 'created' || state === 'running';
  });
  let initialized = mainStarted;
  let isPast = mainStarted;
  const starts = new Set<number>();
  for (let i = inits.length - 1; i >= 0; i--) {
    const container = inits[i] as ReadonlyContainer;
    const status = latestContainer(runtime, container.name);
    if (status === undefined) {
      if (isPast && isRestartableInit(container)) starts.add(i);
      continue;
    }
    if (isPast && !isRestartableInit(container)) continue;
    const step = initStep(pod, container, { status, planning });
    if (step === 'failed') return false;
    if (step === 'start') starts.add(i);
    if (step === 'done' && i === inits.length - 1) initialized = true;
    else if (step === 'done' && !isPast) starts.add(i + 1);
    isPast = true;
  }
  if (!isPast) starts.add(0);
  planning.plan.initContainers.push(...[...starts].sort((a, b) => a - b).map((i) => inits[i] as ReadonlyContainer));
  return initialized;
}

function initStep(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  { status, planning }: { status: ContainerStatus; planning: Planning },
): 'start' | 'done' | 'wait' | 'failed' {
  if (status.state === 'created') return 'start';
  if (status.state === 'running')
    return isRestartableInit(container) ? sidecarStep(container, status, planning) : 'wait';
  if (isRestartableInit(container)) return 'start';
  if (!hasFailed(status)) return 'done';
  if (restartsAfterExit(container, pod, status.exitCode)) return 'start';
  planning.plan.killPod = true;
  planning.plan.initContainers = [];
  return 'failed';
}

function sidecarStep(
  container: ReadonlyContainer,
  status: ContainerStatus,
  { probes, plan, resizeStep }: Planning,
): 'start' | 'done' | 'wait' {
  const kill = (message: string, reason: KillContainer['reason']): 'start' => {
    plan.kill.push({ status, container, message: `Init container ${container.name} ${message}`, reason });
    return 'start';
  };
  if (container.startupProbe !== undefined) {
    const startup = probes.startup(status.id);
    if (startup === 'failure') return kill('failed startup probe', 'startup');
    if (startup !== 'success') return 'wait';
  }
  if (hasChanged(container, status)) return kill('definition changed', 'changed');
  if (container.livenessProbe !== undefined && probes.liveness(status.id) === 'failure')
    return kill('failed liveness probe', 'liveness');
  const resize = resizeStep(container);
  if (resize === 'restart') {
    plan.kill.push({ status, container, message: resizeText(container), reason: 'resize' });
    return 'start';
  }
  if (resize === 'update') plan.update.push({ container, id: status.id });
  return 'done';
}

function resizeText(container: ReadonlyContainer): string {
  return `Container ${container.name} resize requires restart`;
}

function planContainers(pod: ReadonlyPod, runtime: PodRuntime, { probes, plan, resizeStep }: Planning): void {
  let kept = 0;
  for (const container of pod.spec?.containers ?? []) {
    const status = latestContainer(runtime, container.name);
    if (status === undefined || status.state !== 'running') {
      if (shallStart(container, pod, runtime)) plan.containers.push(container);
      continue;
    }
    const changed = hasChanged(container, status);
    const reason = changed
      ? 'changed'
      : probes.liveness(status.id) === 'failure'
        ? 'liveness'
        : probes.startup(status.id) === 'failure'
          ? 'startup'
          : undefined;
    if (reason === undefined) {
      const resize = resizeStep(container);
      if (resize === 'update') plan.update.push({ container, id: status.id });
      if (resize === 'restart') {
        plan.containers.push(container);
        plan.kill.push({ status, container, message: resizeText(container), reason: 'resize' });
      } else kept++;
      continue;
    }
    const why = changed ? 'definition changed' : `failed ${reason} probe`;
    const restart = changed || (container.restartPolicy ?? pod.spec?.restartPolicy) !== 'Never';
    if (restart) plan.containers.push(container);
    plan.kill.push({
      status,
      container,
      message: `Container ${container.name} ${why}${restart ? ', will be restarted' : ''}`,
      reason,
    });
  }
  if (kept === 0 && plan.containers.length === 0) {
    plan.killPod = true;
    plan.initContainers = [];
  }
}

function hasChanged(container: ReadonlyContainer, status: ContainerStatus): boolean {
  const hash = status.annotations[annotations.hash];
  return hash !== undefined && hash !== containerHash(container);
}

/** The pod's sandbox is there and has its network. */
export function isReadyToStart(pod: ReadonlyPod, runtime: PodRuntime): boolean {
  const sandbox = readySandbox(runtime);
  return sandbox !== undefined && (sandbox.ips.length > 0 || pod.spec?.hostNetwork === true);
}
