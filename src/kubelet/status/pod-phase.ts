/** The phase of a pod from the statuses of its containers; pure, upstream's rules. */
import type { ContainerStatus, PodStatus } from '#api/generated/core/v1.ts';
import { isRestartableInit, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { restartsAfterExit } from '#kubelet/pods/restart-policy.ts';

type Phase = NonNullable<PodStatus['phase']>;
export interface PhaseInput {
  /** Init and regular ones together. */
  readonly statuses: readonly ContainerStatus[];
  /** Its containers will not be started again, whatever the policy. */
  readonly isTerminal: boolean;
  /** A regular container has been started. */
  readonly hasInitialized: boolean;
}
interface Counts {
  running: number;
  waiting: number;
  stopped: number;
  stoppedForGood: number;
  succeeded: number;
  unknown: number;
}

export function podPhase(pod: ReadonlyPod, input: PhaseInput): Phase {
  const init = initState(pod, input.statuses);
  if (init === 'failed') return 'Failed';
  const counts: Counts = { running: 0, waiting: 0, stopped: 0, stoppedForGood: 0, succeeded: 0, unknown: 0 };
  const sidecarsPending = countSidecars(pod, input.statuses, counts);
  countContainers(pod, input.statuses, counts);
  if (init === 'pending' || (sidecarsPending && !input.hasInitialized) || counts.waiting > 0) return 'Pending';
  if (counts.unknown > 0) return 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.stopped === 0) return 'Pending';
  const ended: Phase = counts.stopped === counts.succeeded ? 'Succeeded' : 'Failed';
  if (input.isTerminal) return ended;
  return counts.stopped === counts.stoppedForGood ? ended : 'Running';
}

function initState(pod: ReadonlyPod, statuses: readonly ContainerStatus[]): 'done' | 'pending' | 'failed' {
  let pending = false;
  for (const container of pod.spec?.initContainers ?? []) {
    if (isRestartableInit(container)) continue;
    const status = statuses.find(({ name }) => name === container.name);
    const ended =
      status?.state?.terminated ?? (status?.state?.waiting === undefined ? undefined : status.lastState?.terminated);
    if (ended === undefined) pending = true;
    else if (ended.exitCode !== 0 && !restartsAfterExit(container, pod, ended.exitCode)) return 'failed';
    else if (ended.exitCode !== 0 || status?.state?.terminated === undefined) pending = true;
  }
  return pending ? 'pending' : 'done';
}

function countSidecars(pod: ReadonlyPod, statuses: readonly ContainerStatus[], counts: Counts): boolean {
  let pending = false;
  for (const container of (pod.spec?.initContainers ?? []).filter(isRestartableInit)) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) counts.unknown++;
    else if (status.state?.running !== undefined) {
      if (status.started !== true) pending = true;
      counts.running++;
    } else if (status.state?.waiting !== undefined && status.lastState?.terminated === undefined) {
      pending = true;
      counts.waiting++;
    }
  }
  return pending;
}

function countContainers(pod: ReadonlyPod, statuses: readonly ContainerStatus[], counts: Counts): void {
  for (const container of pod.spec?.containers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    const ended = terminated ?? (waiting === undefined ? undefined : status?.lastState?.terminated);
    if (running !== undefined) counts.running++;
    else if (ended !== undefined) {
      counts.stopped++;
      if (!restartsAfterExit(container, pod, ended.exitCode)) counts.stoppedForGood++;
      if (terminated !== undefined && ended.exitCode === 0) counts.succeeded++;
    } else if (waiting !== undefined) counts.waiting++;
    else counts.unknown++;
  }
}
