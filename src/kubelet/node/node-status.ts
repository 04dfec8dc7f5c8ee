/** The Node object as the kubelet registers and reports it; pure. */
import type { Node, NodeCondition, NodeStatus } from '#api/generated/core/v1.ts';
import { timestamp } from '#base/clock.ts';
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import type { MachineInfo } from '#kubelet/machine.ts';
import type { KubeletOptions } from '#kubelet/options.ts';
import type { ImageStatus } from '#kubelet/runtime.ts';
import { nodeAllocatable, nodeCapacity } from '#kubelet/node/node-resources.ts';

export const kubeletVersion = 'v1.36.3';

export interface NodeFacts {
  readonly options: KubeletOptions;
  readonly machine: MachineInfo;
  readonly runtimeVersion: string;
  readonly images: readonly ImageStatus[];
  /** Undefined: ready. Else why not. */
  readonly notReady: string | undefined;
  readonly nowMs: number;
}

const mostImages = 50;

/** The object to create when there is none yet. */
export function newNode(facts: NodeFacts): Node {
  const { options, machine } = facts;
  const labels = {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': machine.os,
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': options.nodeName,
    'kubernetes.io/os': machine.os,
    ...options.labels,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: options.nodeName,
      labels,
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      ...(options.podCidr === undefined ? {} : { podCIDR: options.podCidr, podCIDRs: [options.podCidr] }),
      ...(options.taints.length === 0
        ? {}
        : { taints: options.taints.map((taint) => ({ ...taint })) as NonNullable<Node['spec']>['taints'] & object }),
    },
    status: nodeStatus(facts, undefined),
  };
}

/** `old` keeps what others have written: extended resources, conditions of other types, volumes. */
export function nodeStatus(facts: NodeFacts, old: DeepReadonly<NodeStatus> | undefined): NodeStatus {
  const { options, machine } = facts;
  const kept = (cloneJson(old ?? {}) as NodeStatus | undefined) ?? {};
  const extended = (resources: Record<string, string | number> | undefined): Record<string, string | number> =>
    Object.fromEntries(Object.entries(resources ?? {}).filter(([name]) => name.includes('/')));
  return {
    ...kept,
    addresses: [
      ...options.nodeIPs.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: options.nodeName },
    ],
    capacity: { ...nodeCapacity(machine, options.maxPods), ...extended(kept.capacity) },
    allocatable: {
      ...nodeAllocatable(machine, options.maxPods),
      ...extended(kept.capacity),
      ...extended(kept.allocatable),
    },
    conditions: conditions(facts, kept.conditions ?? []),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      architecture: machine.architecture,
      bootID: machine.bootId,
      containerRuntimeVersion: facts.runtimeVersion,
      kernelVersion: machine.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion,
      machineID: machine.machineId,
      operatingSystem: machine.os,
      osImage: machine.osImage,
      systemUUID: machine.systemUuid,
    },
    images: facts.images
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, mostImages)
      .map(({ tags, digests, sizeBytes }) => ({ names: [...digests, ...tags].slice(0, 5), sizeBytes })),
  };
}

function conditions(facts: NodeFacts, old: readonly NodeCondition[]): NodeCondition[] {
  const now = timestamp(facts.nowMs);
  const condition = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = old.find((candidate) => candidate.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  };
  const own = [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    facts.notReady === undefined
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition('Ready', 'False', 'KubeletNotReady', facts.notReady),
  ];
  return [...old.filter(({ type }) => !own.some((mine) => mine.type === type)), ...own];
}

/** Equal but for heartbeat times. */
export function sameStatus(a: DeepReadonly<NodeStatus>, b: DeepReadonly<NodeStatus>): boolean {
  const bare = (status: DeepReadonly<NodeStatus>): string =>
    JSON.stringify(
      sorted({
        ...status,
        conditions: (status.conditions ?? []).map((condition) => ({ ...condition, lastHeartbeatTime: undefined })),
      }),
    );
  return bare(a) === bare(b);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field != null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  );
}
