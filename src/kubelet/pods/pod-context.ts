/** What the steps of one pod's life share: the pod as it is now, its volumes and sources, and the node's parts. */
import type { Clock } from '#base/clock.ts';
import type { Allocatable, PodAddresses } from '#kubelet/env/field-path.ts';
import type { ImagePuller } from '#kubelet/images/image-puller.ts';
import type { KubeletOptions, KubeletPorts } from '#kubelet/options.ts';
import type { ProbeManager } from '#kubelet/probes/probe-manager.ts';
import { PodResize } from '#kubelet/resources/pod-resize.ts';
import type { RuntimeCache } from '#kubelet/runtime-cache.ts';
import type { ObjectSources } from '#kubelet/sources/object-sources.ts';
import { PodSources } from '#kubelet/sources/pod-sources.ts';
import type { WaitingReason } from '#kubelet/status/container-statuses.ts';
import { StatusWriter } from '#kubelet/status/status-writer.ts';
import { PodVolumes } from '#kubelet/volumes/pod-volumes.ts';
import type { Backoff } from '#kubelet/backoff.ts';
import { containerFieldPath, type PodRuntime, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';

/** The parts of the node that all pods share. */
export interface NodeParts {
  readonly options: KubeletOptions;
  readonly ports: KubeletPorts;
  readonly cache: RuntimeCache;
  readonly probes: ProbeManager;
  readonly images: ImagePuller;
  readonly sources: ObjectSources;
  readonly restarts: Backoff;
  readonly allocatable: Allocatable;
  /** Undefined: the pod may run here. Else why not. */
  admit(pod: ReadonlyPod): { readonly reason: string; readonly message: string } | undefined;
  /** Pods whose resize had to wait look again. */
  resourcesFreed(): void;
}

export class PodContext {
  readonly node: NodeParts;
  readonly uid: string;
  readonly sources: PodSources;
  readonly volumes: PodVolumes;
  readonly status: StatusWriter;
  readonly resize: PodResize;
  /** Why containers are not running, by name. */
  readonly waiting = new Map<string, WaitingReason>();
  readonly #ending = new AbortController();
  #pod: ReadonlyPod;

  constructor(node: NodeParts, pod: ReadonlyPod) {
    this.node = node;
    this.#pod = pod;
    this.resize = new PodResize(pod);
    this.uid = pod.metadata.uid ?? '';
    const { client, clock, log, volumes, signal } = node.ports;
    this.sources = new PodSources(node.sources, pod.metadata.namespace ?? '');
    this.status = new StatusWriter({ client, clock, log, signal }, pod);
    const context = {
      directory: this.directory,
      memoryDirectory: node.options.memoryDirectory,
      allocatable: node.allocatable,
      addresses: () => this.addresses(),
    };
    this.volumes = new PodVolumes({ client, clock, log, host: volumes, sources: this.sources }, context, pod);
  }

  /** With the resources that are allocated to it, which may not be those it asks for. */
  get pod(): ReadonlyPod {
    return this.resize.view(this.#pod);
  }

  /** As the API has it. */
  get desired(): ReadonlyPod {
    return this.#pod;
  }

  set pod(pod: ReadonlyPod) {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.end();
    this.volumes.update(pod);
  }

  /** Aborted when the pod is to end: long waits (pulls, hooks) give up. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  end(): void {
    if (!this.#ending.signal.aborted) this.#ending.abort(new Error('the pod is being deleted'));
  }

  get clock(): Clock {
    return this.node.ports.clock;
  }

  get runtime(): PodRuntime {
    return this.node.cache.of(this.uid);
  }

  /** `<root>/pods/<uid>`. */
  get directory(): string {
    return `${this.node.options.rootDirectory}/pods/${this.uid}`;
  }

  addresses(): PodAddresses {
    const { nodeIPs } = this.node.options;
    const ips = this.runtime.sandboxes[0]?.ips ?? [];
    return { podIPs: this.#pod.spec?.hostNetwork === true ? nodeIPs.slice(0, 1) : ips, hostIPs: nodeIPs };
  }

  /** An event about the pod, or about one of its containers. */
  event(type: 'Normal' | 'Warning', reason: string, message: string, containerName?: string): void {
    const details = containerName === undefined ? {} : { fieldPath: containerFieldPath(this.#pod, containerName) };
    this.node.ports.events.event(this.#pod, type, reason, message, details);
  }
}
