/** The columns of `kubectl get pods`. */
import type { ContainerStatus, Pod } from '#api/generated/core/v1.ts';
import type { Column } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { humanDuration } from '#base/human-duration.ts';
import { ageColumn } from '#kinds/age-column.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type Status = DeepReadonly<ContainerStatus>;

export const podColumns: readonly Column<Pod>[] = [
  { name: 'Ready', type: 'string', value: (pod) => `${readyCount(pod)}/${totalCount(pod)}` },
  { name: 'Status', type: 'string', value: podReason },
  { name: 'Restarts', type: 'string', value: (pod, nowMs) => restarts(pod, nowMs) },
  ageColumn as Column<Pod>,
  { name: 'IP', type: 'string', priority: 1, value: (pod) => pod.status?.podIPs?.[0]?.ip ?? '<none>' },
  { name: 'Node', type: 'string', priority: 1, value: (pod) => orNone(pod.spec?.nodeName) },
  { name: 'Nominated Node', type: 'string', priority: 1, value: (pod) => orNone(pod.status?.nominatedNodeName) },
  { name: 'Readiness Gates', type: 'string', priority: 1, value: readinessGates },
];

const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);

/** Init containers that restart always run beside the others. */
function sidecarNames(pod: ReadonlyPod): Set<string> {
  return new Set(
    (pod.spec?.initContainers ?? [])
      .filter((container) => container.restartPolicy === 'Always')
      .map((container) => container.name),
  );
}

function totalCount(pod: ReadonlyPod): number {
  return (pod.spec?.containers ?? []).length + sidecarNames(pod).size;
}

function readyCount(pod: ReadonlyPod): number {
  const sidecars = sidecarNames(pod);
  const started = (pod.status?.initContainerStatuses ?? []).filter(
    (status) => sidecars.has(status.name) && status.started === true && status.ready,
  );
  const running = (pod.status?.containerStatuses ?? []).filter(
    (status) => status.ready && status.state?.running !== undefined,
  );
  return started.length + running.length;
}

/** The word of the STATUS column: phase, or what keeps the pod from it. */
export function podReason(pod: ReadonlyPod): string {
  const status = pod.status;
  let reason: string = status?.reason !== undefined && status.reason !== '' ? status.reason : (status?.phase ?? '');
  const gated = status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  if (gated !== undefined) reason = 'SchedulingGated';
  const initReason = initializing(pod);
  if (initReason !== undefined) reason = initReason;
  if (initReason === undefined || isInitialized(pod)) reason = runningReason(pod, reason);
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? reason : 'Terminating';
}

function isInitialized(pod: ReadonlyPod): boolean {
  return (
    pod.status?.conditions?.some((condition) => condition.type === 'Initialized' && condition.status === 'True') ===
    true
  );
}

/** `Init:1/2`, `Init:CrashLoopBackOff`, …; undefined once all init containers are through. */
function initializing(pod: ReadonlyPod): string | undefined {
  const sidecars = sidecarNames(pod);
  const total = (pod.spec?.initContainers ?? []).length;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started === true) continue;
    if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
    const why = waiting?.reason ?? '';
    return why !== '' && why !== 'PodInitializing' ? `Init:${why}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function terminatedReason(terminated: NonNullable<NonNullable<Status['state']>['terminated']>): string {
  if (terminated.reason !== undefined && terminated.reason !== '') return terminated.reason;
  return terminated.signal !== undefined && terminated.signal !== 0
    ? `Signal:${terminated.signal}`
    : `ExitCode:${terminated.exitCode}`;
}

function runningReason(pod: ReadonlyPod, before: string): string {
  let reason = before;
  let hasRunning = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated !== undefined) reason = terminatedReason(terminated);
    else if (status.ready && running !== undefined) hasRunning = true;
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  const isReady = pod.status?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  return isReady === true ? 'Running' : 'NotReady';
}

function restarts(pod: ReadonlyPod, nowMs: number): string {
  const sidecars = sidecarNames(pod);
  const isInit = initializing(pod) !== undefined && !isInitialized(pod);
  const init = pod.status?.initContainerStatuses ?? [];
  const counted = isInit
    ? init
    : [...init.filter((status) => sidecars.has(status.name)), ...(pod.status?.containerStatuses ?? [])];
  const count = counted.reduce((sum, status) => sum + status.restartCount, 0);
  const last = Math.max(0, ...counted.map((status) => Date.parse(status.lastState?.terminated?.finishedAt ?? '') || 0));
  return count > 0 && last > 0 ? `${count} (${humanDuration(nowMs - last)} ago)` : String(count);
}

function readinessGates(pod: ReadonlyPod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const isTrue = (type: string): boolean =>
    pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
  return `${gates.filter((gate) => isTrue(gate.conditionType)).length}/${gates.length}`;
}
