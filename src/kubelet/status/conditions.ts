/** The pod conditions that the kubelet owns; pure, upstream's reasons and messages. */
import type { ContainerStatus, PodCondition, PodStatus } from '#api/generated/core/v1.ts';
import { isRestartableInit, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { ResizeCondition } from '#kubelet/resources/pod-resize.ts';

export interface ConditionInput {
  readonly phase: string;
  /** Init and regular ones together. */
  readonly statuses: readonly ContainerStatus[];
  /** The sandbox is there and has its network. */
  readonly isReadyToStart: boolean;
  readonly old: DeepReadonly<PodStatus> | undefined;
  /** Of a resize that is pending or under way. */
  readonly resize?: readonly ResizeCondition[];
  /** RFC 3339. */
  readonly now: string;
}
type Draft = ResizeCondition;

/** Types that only the kubelet writes. */
export const ownConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]);

/** Types that come and go with a resize. */
export const resizeConditions: ReadonlySet<string> = new Set(['PodResizePending', 'PodResizeInProgress']);

/** All conditions of the pod: those of others as they are, then ours. */
export function podConditions(pod: ReadonlyPod, input: ConditionInput): PodCondition[] {
  const others = (pod.status?.conditions ?? []).filter(
    ({ type }) => !ownConditions.has(type) && !resizeConditions.has(type),
  ) as PodCondition[];
  const containersReady = containersReadyCondition(pod, input);
  const drafts: Draft[] = [
    { type: 'PodReadyToStartContainers', status: input.isReadyToStart ? 'True' : 'False' },
    initializedCondition(pod, input),
    readyCondition(pod, containersReady, others),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
    ...(input.resize ?? []),
  ];
  return [...others, ...drafts.map((draft) => complete(pod, draft, input))];
}

function complete(pod: ReadonlyPod, draft: Draft, input: ConditionInput): PodCondition {
  const old = (input.old?.conditions ?? pod.status?.conditions)?.find(({ type }) => type === draft.type);
  const generation = draft.observedGeneration ?? pod.metadata.generation;
  return {
    type: draft.type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: draft.status,
    ...(draft.reason === undefined ? {} : { reason: draft.reason }),
    ...(draft.message === undefined ? {} : { message: draft.message }),
    lastTransitionTime:
      old?.status === draft.status && old.lastTransitionTime != null ? old.lastTransitionTime : input.now,
  };
}

function containersReadyCondition(pod: ReadonlyPod, { phase, statuses }: ConditionInput): Draft {
  const type = 'ContainersReady';
  const unknown: string[] = [];
  const unready: string[] = [];
  const counted = [...(pod.spec?.initContainers ?? []).filter(isRestartableInit), ...(pod.spec?.containers ?? [])];
  for (const { name } of counted) {
    const status = statuses.find((candidate) => candidate.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const message = [list('containers with unknown status', unknown), list('containers with unready status', unready)]
    .filter((text) => text !== '')
    .join(', ');
  return message === '' ? { type, status: 'True' } : { type, status: 'False', reason: 'ContainersNotReady', message };
}

function readyCondition(pod: ReadonlyPod, containersReady: Draft, others: readonly PodCondition[]): Draft {
  const type = 'Ready';
  if (containersReady.status !== 'True') return { ...containersReady, type };
  const messages: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = others.find((candidate) => candidate.type === conditionType);
    if (condition === undefined)
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== 'True')
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  return messages.length === 0
    ? { type, status: 'True' }
    : { type, status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function initializedCondition(pod: ReadonlyPod, { phase, statuses }: ConditionInput): Draft {
  const type = 'Initialized';
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec?.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isRestartableInit(container) ? status.started !== true : !status.ready) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' };
  const hasStarted = (pod.spec?.containers ?? []).some(({ name }) => {
    const status = statuses.find((candidate) => candidate.name === name);
    return (
      status?.state?.running !== undefined ||
      status?.state?.terminated !== undefined ||
      status?.lastState?.terminated !== undefined
    );
  });
  if (hasStarted) return { type, status: 'True' };
  const message = [
    list('containers with unknown status', unknown),
    list('containers with incomplete status', incomplete),
  ]
    .filter((text) => text !== '')
    .join(', ');
  return message === ''
    ? { type, status: 'True' }
    : { type, status: 'False', reason: 'ContainersNotInitialized', message };
}

function list(text: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${text}: [${names.join(' ')}]`;
}
