/**
 * What simulated nodes do to their pods, as data: a stage says which pods it is for, how long it waits, and what becomes
 * of them. sim/stage-engine.ts drives all pods of all simulated nodes by one list of stages.
 */
import type { Pod, PodStatus } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export interface Stage {
  readonly name: string;
  applies(pod: DeepReadonly<Pod>): boolean;
  /** From the moment it applies. */
  readonly delayMs: number;
  /** The status the pod gets; 'delete' removes it for good. */
  next(pod: DeepReadonly<Pod>, facts: StageFacts): PodStatus | 'delete';
}

export interface StageFacts {
  /** RFC 3339, now. */
  readonly now: string;
  readonly podIP: string;
  readonly hostIP: string;
}

const isDeleted = (pod: DeepReadonly<Pod>): boolean => pod.metadata.deletionTimestamp !== undefined;
const phaseOf = (pod: DeepReadonly<Pod>): string => pod.status?.phase ?? 'Pending';
const isOfJob = (pod: DeepReadonly<Pod>): boolean =>
  pod.metadata.ownerReferences?.some((owner) => owner.kind === 'Job' && owner.controller === true) === true;

/** Pods run and are ready at once, those of Jobs complete, deleted ones are gone. */
export const fastStages: readonly Stage[] = [
  {
    name: 'pod-ready',
    delayMs: 0,
    applies: (pod) => !isDeleted(pod) && phaseOf(pod) === 'Pending',
    next: runningStatus,
  },
  {
    name: 'pod-complete',
    delayMs: 0,
    applies: (pod) => !isDeleted(pod) && phaseOf(pod) === 'Running' && isOfJob(pod),
    next: completedStatus,
  },
  { name: 'pod-delete', delayMs: 0, applies: isDeleted, next: () => 'delete' },
];

function conditions(pod: DeepReadonly<Pod>, now: string, isReady: boolean): PodStatus['conditions'] {
  const kept = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  const made = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
    type,
    status: isReady || type === 'Initialized' ? 'True' : 'False',
    lastTransitionTime: now,
    ...(isReady || type === 'Initialized' ? {} : { reason: 'PodCompleted' }),
  }));
  return [...(kept === undefined ? [] : [{ ...kept }]), ...made];
}

function runningStatus(pod: DeepReadonly<Pod>, { now, podIP, hostIP }: StageFacts): PodStatus {
  const address = pod.spec?.hostNetwork === true ? hostIP : podIP;
  return {
    ...(pod.status as PodStatus),
    phase: 'Running',
    conditions: conditions(pod, now, true),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: now,
    initContainerStatuses: (pod.spec?.initContainers ?? []).map((container) => ({
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready: true,
      restartCount: 0,
      state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } },
    })),
    containerStatuses: (pod.spec?.containers ?? []).map((container) => ({
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready: true,
      restartCount: 0,
      started: true,
      state: { running: { startedAt: now } },
    })),
  };
}

function completedStatus(pod: DeepReadonly<Pod>, { now }: StageFacts): PodStatus {
  return {
    ...(pod.status as PodStatus),
    phase: 'Succeeded',
    conditions: conditions(pod, now, false),
    containerStatuses: (pod.status?.containerStatuses ?? []).map((status) => ({
      ...(status as NonNullable<PodStatus['containerStatuses']>[number]),
      ready: false,
      started: false,
      state: {
        terminated: { exitCode: 0, reason: 'Completed', startedAt: pod.status?.startTime ?? now, finishedAt: now },
      },
    })),
  };
}
