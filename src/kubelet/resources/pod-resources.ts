/**
 * Requests and limits as cgroup values: shares are 1024 per core, quotas 100 ms periods, as upstream computes them; pure.
 *
 *   <root>/kubepods/pod<uid>               Guaranteed
 *   <root>/kubepods/burstable/pod<uid>     Burstable
 *   <root>/kubepods/besteffort/pod<uid>    BestEffort
 */
import { parseQuantity, quantityMillis, quantityUnits } from '#lang/quantity/quantity.ts';
import type { CgroupValues } from '#kubelet/machine.ts';
import { isRestartableInit, type ReadonlyContainer, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import type { LinuxResources } from '#kubelet/runtime.ts';

const periodUs = 100_000;
const smallestShares = 2;
const largestShares = 262_144;
const smallestQuotaUs = 1_000;

type Kind = 'requests' | 'limits';
type Qos = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** As the API server has classified it; worked out from the spec where the status does not say it. */
export function qosClass(pod: ReadonlyPod): Qos {
  if (pod.status?.qosClass !== undefined) return pod.status.qosClass;
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const of = (container: ReadonlyContainer, kind: Kind, name: string): number => amount(container, kind, name);
  const names = ['cpu', 'memory'];
  if (
    all.every((container) =>
      names.every((name) => of(container, 'limits', name) === 0 && of(container, 'requests', name) === 0),
    )
  )
    return 'BestEffort';
  const guaranteed = all.every((container) =>
    names.every(
      (name) => of(container, 'limits', name) > 0 && of(container, 'requests', name) === of(container, 'limits', name),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

export function podCgroupPath(root: string, pod: ReadonlyPod): string {
  const qos = qosClass(pod);
  const folder = qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`;
  return `${root}/kubepods${folder}/pod${pod.metadata.uid}`;
}

/** Of one container in thousandths of cores or in bytes; 0: not set. A limit stands in for a missing request. */
export function amount(container: ReadonlyContainer, kind: Kind, name: string): number {
  const text =
    container.resources?.[kind]?.[name] ?? (kind === 'requests' ? container.resources?.limits?.[name] : undefined);
  if (text === undefined) return 0;
  return inUnits(name, text);
}

/** Of the whole pod: what it says itself, else containers and sidecars add up and init containers count by the largest. */
export function podAmount(pod: ReadonlyPod, kind: Kind, name: string): number {
  return (podLevelAmount(pod, kind, name) ?? sumOfContainers(pod, kind, name)) + overhead(pod, name);
}

/** Pod-level resources: undefined where the pod says nothing. */
function podLevelAmount(pod: ReadonlyPod, kind: Kind, name: string): number | undefined {
  const own = pod.spec?.resources;
  const text = own?.[kind]?.[name] ?? (kind === 'requests' ? own?.limits?.[name] : undefined);
  return text === undefined ? undefined : inUnits(name, text);
}

function sumOfContainers(pod: ReadonlyPod, kind: Kind, name: string): number {
  const containers = pod.spec?.containers ?? [];
  let sum = containers.reduce((total, container) => total + amount(container, kind, name), 0);
  let sidecars = 0;
  let largestInit = 0;
  for (const container of pod.spec?.initContainers ?? []) {
    const own = amount(container, kind, name);
    if (isRestartableInit(container)) {
      sum += own;
      sidecars += own;
      largestInit = Math.max(largestInit, sidecars);
    } else largestInit = Math.max(largestInit, own + sidecars);
  }
  return Math.max(sum, largestInit);
}

function overhead(pod: ReadonlyPod, name: string): number {
  const text = pod.spec?.overhead?.[name];
  return text === undefined ? 0 : inUnits(name, text);
}

function inUnits(name: string, text: string | number): number {
  return name === 'cpu' ? quantityMillis(parseQuantity(text)) : quantityUnits(parseQuantity(text));
}

export function podCgroupValues(pod: ReadonlyPod): CgroupValues {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const limited = (name: string): boolean =>
    podLevelAmount(pod, 'limits', name) !== undefined ||
    all.every((container) => amount(container, 'limits', name) > 0);
  const cpuLimit = limited('cpu') ? podAmount(pod, 'limits', 'cpu') : 0;
  const memoryLimit = limited('memory') ? podAmount(pod, 'limits', 'memory') : 0;
  return {
    cpuShares: cpuShares(podAmount(pod, 'requests', 'cpu')),
    ...(cpuLimit === 0 ? {} : { cpuQuota: cpuQuota(cpuLimit), cpuPeriod: periodUs }),
    ...(memoryLimit === 0 ? {} : { memoryLimitBytes: memoryLimit }),
  };
}

export function containerResources(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  machineMemoryBytes: number,
): LinuxResources {
  // A container without a limit of its own may use the pod's.
  const limitOf = (name: string): number =>
    amount(container, 'limits', name) || (podLevelAmount(pod, 'limits', name) ?? 0);
  const limit = limitOf('cpu');
  return {
    cpuShares: cpuShares(amount(container, 'requests', 'cpu')),
    cpuPeriod: periodUs,
    cpuQuota: limit === 0 ? -1 : cpuQuota(limit),
    memoryLimitBytes: limitOf('memory'),
    oomScoreAdj: oomScoreAdj(pod, container, machineMemoryBytes),
  };
}

export function cpuShares(millis: number): number {
  return Math.min(Math.max(Math.floor((millis * 1024) / 1000), smallestShares), largestShares);
}

function cpuQuota(millis: number): number {
  return Math.max(Math.floor((millis * periodUs) / 1000), smallestQuotaUs);
}

/** The more of its request a container's memory could be of the machine's, the later it is killed. */
export function oomScoreAdj(pod: ReadonlyPod, container: ReadonlyContainer, machineMemoryBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= 2_000_000_000) return -997;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const score = 1000 - Math.floor((1000 * amount(container, 'requests', 'memory')) / machineMemoryBytes);
  if (score < 1000 - 997) return 1000 - 997;
  return score === 1000 ? 999 : score;
}
