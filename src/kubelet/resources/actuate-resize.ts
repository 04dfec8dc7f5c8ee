/**
 * Brings running containers and their pod's cgroup to what is allocated: memory, then cpu. What grows does so from the
 * pod down, what shrinks from the containers up, so that a child is never allowed more than its parent.
 */
import type { CgroupHost, CgroupValues } from '#kubelet/machine.ts';
import type { ReadonlyContainer, ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { amount, containerResources, podCgroupPath, podCgroupValues } from '#kubelet/resources/pod-resources.ts';
import type { PodResize } from '#kubelet/resources/pod-resize.ts';
import type { Runtime } from '#kubelet/runtime.ts';

export interface ResizeTarget {
  readonly pod: ReadonlyPod;
  readonly resize: PodResize;
  /** Running containers to update, with their ids. */
  readonly containers: readonly { readonly container: ReadonlyContainer; readonly id: string }[];
  readonly cgroupRoot: string;
  readonly machineMemoryBytes: number;
}
export interface ResizePorts {
  readonly runtime: Runtime;
  readonly cgroups: CgroupHost;
}

/** Rejects at the first step that fails; the next call goes on with what is left. */
export async function actuateResize(target: ResizeTarget, ports: ResizePorts): Promise<void> {
  const before = podCgroupValues(actuatedPod(target));
  const after = podCgroupValues(target.pod);
  await refuseBelowUsage(target, ports);
  const { memoryLimitBytes, cpuQuota, cpuPeriod, cpuShares } = after;
  await inOrder(target, ports, {
    name: 'memory',
    steps: [step({ memoryLimitBytes }, before.memoryLimitBytes, memoryLimitBytes)],
  });
  await inOrder(target, ports, {
    name: 'cpu',
    steps: [step({ cpuQuota, cpuPeriod }, before.cpuQuota, cpuQuota), step({ cpuShares }, before.cpuShares, cpuShares)],
  });
}

/** One value of the pod's cgroup: set before the containers when it grows, after them when it shrinks. */
interface Step {
  readonly values: CgroupValues;
  readonly direction: 'up' | 'down' | 'none';
}

function step(
  values: { readonly [K in keyof CgroupValues]: CgroupValues[K] | undefined },
  before: number | undefined,
  after: number | undefined,
): Step {
  // Limits cannot be taken away, and one that is new cannot be below what runs: it comes last.
  if (after === undefined || after === before) return { values: {}, direction: 'none' };
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return { values: set, direction: before !== undefined && after > before ? 'up' : 'down' };
}

async function inOrder(
  target: ResizeTarget,
  { runtime, cgroups }: ResizePorts,
  { name, steps }: { readonly name: 'cpu' | 'memory'; readonly steps: readonly Step[] },
): Promise<void> {
  const path = podCgroupPath(target.cgroupRoot, target.pod);
  for (const { values, direction } of steps) if (direction === 'up') await cgroups.ensure(path, values);
  const { resize, pod, machineMemoryBytes } = target;
  const runs = (container: ReadonlyContainer): ReadonlyContainer => ({
    ...container,
    resources: resize.actuatedOf(container.name) ?? {},
  });
  const change = (container: ReadonlyContainer): number => {
    const limit = amount(container, 'limits', name) - amount(runs(container), 'limits', name);
    return limit !== 0 ? limit : amount(container, 'requests', name) - amount(runs(container), 'requests', name);
  };
  const due = target.containers
    .map((item) => ({ ...item, change: change(item.container) }))
    .filter((item) => item.change !== 0)
    .sort((a, b) => a.change - b.change);
  for (const { container, id } of due) {
    const resources = resize.after(container, name);
    await runtime.updateResources(id, containerResources(pod, { ...container, resources }, machineMemoryBytes));
    resize.actuated(container.name, resources);
  }
  for (const { values, direction } of [...steps].reverse())
    if (direction === 'down') await cgroups.ensure(path, values);
}

/** The pod as its containers run. */
function actuatedPod({ pod, resize }: ResizeTarget): ReadonlyPod {
  if (pod.spec === undefined) return pod;
  const runs = (container: ReadonlyContainer): ReadonlyContainer => {
    const resources = resize.actuatedOf(container.name);
    return resources === undefined ? container : { ...container, resources };
  };
  const initContainers = pod.spec.initContainers?.map(runs);
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: pod.spec.containers.map(runs),
      ...(initContainers === undefined ? {} : { initContainers }),
    },
  };
}

/** Memory limits below what is in use would end processes: nothing is changed then. */
async function refuseBelowUsage({ containers, resize }: ResizeTarget, { runtime }: ResizePorts): Promise<void> {
  const shrinking = containers.filter(({ container }) => {
    const wanted = amount(container, 'limits', 'memory');
    const has = amount({ ...container, resources: resize.actuatedOf(container.name) ?? {} }, 'limits', 'memory');
    return wanted > 0 && (has === 0 || wanted < has);
  });
  if (shrinking.length === 0) return;
  const stats = new Map((await runtime.stats()).map((item) => [item.containerId, item.memoryWorkingSetBytes]));
  const errors = shrinking.flatMap(({ container, id }) => {
    const usage = stats.get(id) ?? 0;
    const limit = amount(container, 'limits', 'memory');
    if (usage < limit) return [];
    return [`attempting to set container "${container.name}" memory limit (${limit}) below current usage (${usage})`];
  });
  if (errors.length === 0) return;
  const text = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
  throw new Error(`cannot decrease memory limits: ${text}`);
}
