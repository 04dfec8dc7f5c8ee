/** The whole status of a pod as the kubelet reports it; pure. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { PodStatus } from '#api/generated/core/v1.ts';
import { isReadyToStart } from '#kubelet/pods/plan.ts';
import { isTerminalPhase, readySandbox } from '#kubelet/pods/pod-runtime.ts';
import { podConditions } from '#kubelet/status/conditions.ts';
import { containerStatuses, type StatusInput } from '#kubelet/status/container-statuses.ts';
import { podPhase } from '#kubelet/status/pod-phase.ts';

export interface PodStatusInput extends StatusInput {
  /** What was reported last; the API's status at the start. */
  readonly old: DeepReadonly<PodStatus> | undefined;
  readonly isTerminal: boolean;
  readonly hostIPs: readonly string[];
  readonly nowMs: number;
  /** Rejected, evicted or past its deadline: overrides the phase. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, runtime } = input;
  const old = input.old ?? pod.status;
  const init = containerStatuses(input, 'init', old?.initContainerStatuses);
  const regular = containerStatuses(input, 'regular', old?.containerStatuses);
  const ephemeral = containerStatuses(input, 'ephemeral', old?.ephemeralContainerStatuses);
  const statuses = [...init, ...regular];
  const hasInitialized = (pod.spec?.containers ?? []).some(({ name }) =>
    runtime.containers.some((container) => container.name === name && container.state === 'running'),
  );
  const phase = finalPhase(input, podPhase(pod, { statuses, isTerminal: input.isTerminal, hasInitialized }));
  const why =
    input.failure ??
    (phase === old?.phase ? { reason: old.reason ?? '', message: old.message ?? '' } : { reason: '', message: '' });
  const conditions = podConditions(pod, {
    phase,
    statuses,
    isReadyToStart: isReadyToStart(pod, runtime),
    ...(isTerminalPhase(phase) || input.resize === undefined ? {} : { resize: input.resize.conditions }),
    old,
    now: timestamp(input.nowMs),
  });
  const ips = podIPs(input);
  const generation = pod.metadata.generation;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions,
    ...(why.message === '' ? {} : { message: why.message }),
    ...(why.reason === '' ? {} : { reason: why.reason }),
    ...(input.hostIPs[0] === undefined
      ? {}
      : { hostIP: input.hostIPs[0], hostIPs: input.hostIPs.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: old?.startTime ?? timestamp(input.nowMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: regular.sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    ...(old?.qosClass === undefined ? {} : { qosClass: old.qosClass }),
  };
}

/** A terminal phase is never left. */
function finalPhase(input: PodStatusInput, phase: NonNullable<PodStatus['phase']>): NonNullable<PodStatus['phase']> {
  if (input.failure !== undefined) return 'Failed';
  for (const before of [input.pod.status?.phase, input.old?.phase])
    if (isTerminalPhase(before)) return before as typeof phase;
  return phase;
}

function podIPs({ pod, runtime, hostIPs, old }: PodStatusInput): readonly string[] {
  if (pod.spec?.hostNetwork === true) return hostIPs.slice(0, 1);
  const ips = readySandbox(runtime)?.ips ?? runtime.sandboxes[0]?.ips ?? [];
  return ips.length > 0 ? ips : (old?.podIPs ?? []).map(({ ip }) => ip);
}
