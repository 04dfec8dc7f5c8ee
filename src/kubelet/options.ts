/** What the kubelet is told about its node and its folders, and the ports it works through. */
import type { Node, Pod, Service } from '#api/generated/core/v1.ts';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/logger.ts';
import type { Random } from '#base/random.ts';
import type { Cache } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/events.ts';
import type { CgroupHost, LogFiles, MachineInfo, ProbeTransport, VolumeHost } from '#kubelet/machine.ts';
import type { Runtime } from '#kubelet/runtime.ts';

export interface KubeletOptions {
  readonly nodeName: string;
  /** The node's own addresses, the first one is its InternalIP. */
  readonly nodeIPs: readonly string[];
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** Volumes on disk, managed hosts files: <root>/pods/<uid>/. */
  readonly rootDirectory: string;
  /** On a file system in memory: secrets and tokens. */
  readonly memoryDirectory: string;
  readonly logDirectory: string;
  /** Carries the instance's id: `/wheelhouse-1`. */
  readonly cgroupRoot: string;
  readonly maxPods: number;
  readonly podCidr?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

export interface KubeletPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly client: Client;
  readonly events: EventRecorder;
  /** Of this node only. */
  readonly pods: Cache<Pod>;
  readonly services: Cache<Service>;
  readonly node: Cache<Node>;
  readonly runtime: Runtime;
  readonly volumes: VolumeHost;
  readonly logFiles: LogFiles;
  readonly cgroups: CgroupHost;
  readonly probes: ProbeTransport;
  readonly machine: MachineInfo;
  /** Ends everything that the kubelet does; containers are left alone. */
  readonly signal: AbortSignal;
}
