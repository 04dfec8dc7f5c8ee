/**
 * Nodes without machines: made Ready, kept alive by Leases like real ones, their pods driven by stages. A simulated exec or
 * log is answered with upstream's error for a node that cannot be reached.
 */
import type { Lease } from '#api/generated/coordination/v1.ts';
import type { Node } from '#api/generated/core/v1.ts';
import { leases, nodes, pods } from '#api/generated/resources.ts';
import { isNotFound } from '#api/status.ts';
import { type Clock, microTimestamp, timestamp } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import { StageEngine } from '#sim/stage-engine.ts';
import { fastStages, type Stage } from '#sim/stages.ts';

export interface SimulatedNodesOptions {
  readonly count: number;
  /** `node-0`, `node-1` … unless said otherwise. */
  readonly name?: (index: number) => string;
  readonly stages?: readonly Stage[];
  /** Of each node; 32 cpus, 256 GiB and 110 pods unless said otherwise. */
  readonly capacity?: Readonly<Record<string, string>>;
}
export interface SimulatedNodesPorts {
  readonly client: Client;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
}

const renewMs = 10_000;
const defaultCapacity = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti' };

/**
 * Invariants: 1. every node made here renews its Lease until stop. 2. Leases of all nodes share one timer.
 */
export class SimulatedNodes {
  readonly #ports: SimulatedNodesPorts;
  readonly #engine: StageEngine;
  readonly #options: SimulatedNodesOptions;
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(ports: SimulatedNodesPorts, options: SimulatedNodesOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#engine = new StageEngine({ ...ports, pods: ports.caches.of(pods) }, options.stages ?? fastStages);
  }

  /** Resolves when every node is there and Ready. */
  async start(): Promise<void> {
    const names = this.names();
    await Promise.all(names.map((name, index) => this.#register(name, index)));
    this.#engine.start();
    this.#scheduleRenewal();
  }

  names(): string[] {
    return Array.from({ length: this.#options.count }, (_, index) => this.#options.name?.(index) ?? `node-${index}`);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#engine.stop();
  }

  async #register(name: string, index: number): Promise<void> {
    const { client, caches, clock } = this.#ports;
    const address = `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    this.#engine.addNode(name, address);
    const key = { namespace: '', name };
    const found = caches.of(nodes).get(key);
    const made = found === undefined ? await client.create(nodes, this.#node(name)) : (found as Node);
    await client.updateStatus(nodes, { ...made, status: this.#status(name, address) });
    const holder = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTimestamp(clock.now()) };
    const lease = { metadata: { namespace: 'kube-node-lease', name }, spec: holder };
    if (caches.of(leases).get(lease.metadata) === undefined) await client.create(leases, lease);
  }

  #node(name: string): Node {
    return {
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'beta.kubernetes.io/os': 'linux',
          'beta.kubernetes.io/arch': 'amd64',
        },
        annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
      },
      spec: {},
    };
  }

  #status(name: string, address: string): NonNullable<Node['status']> {
    const capacity = { ...(this.#options.capacity ?? defaultCapacity) };
    const now = timestamp(this.#ports.clock.now());
    const condition = (type: string, status: string, reason: string, message: string) => ({
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    return {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'simulated://1',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.3',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'simulated',
        systemUUID: '',
      },
    };
  }

  #scheduleRenewal(): void {
    if (this.#isStopped || this.#options.count === 0) return;
    this.#cancel = this.#ports.clock.after(renewMs, () => void this.#renew().then(() => this.#scheduleRenewal()));
  }

  async #renew(): Promise<void> {
    const { client, caches, clock, log } = this.#ports;
    const now = microTimestamp(clock.now());
    const cache = caches.of(leases);
    await Promise.all(
      this.names().map(async (name) => {
        const lease = cache.get({ namespace: 'kube-node-lease', name });
        if (lease === undefined) return;
        const renewed = { ...(lease as Lease), spec: { ...lease.spec, renewTime: now } };
        await client.update(leases, renewed).catch((error: unknown) => {
          if (!isNotFound(error))
            log.warn('a simulated node could not renew its Lease', { name, error: errorMessage(error) });
        });
      }),
    );
  }
}
