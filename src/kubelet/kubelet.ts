/**
 * The node agent's core over ports: pods of this node in, containers and statuses out. Nothing polls: it is woken by
 * changes of pods, events of the runtime, probes and timers that something waits for.
 */
import type { Pod } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import { admitPod } from '#kubelet/admission.ts';
import { Backoff } from '#kubelet/backoff.ts';
import { ImageCollector } from '#kubelet/images/image-collector.ts';
import { ImagePuller, withDefaultTag } from '#kubelet/images/image-puller.ts';
import { LogRotation } from '#kubelet/logs/log-rotation.ts';
import { withTerminationMessage } from '#kubelet/logs/termination-message.ts';
import { allocatableOf } from '#kubelet/node/node-resources.ts';
import type { KubeletOptions, KubeletPorts } from '#kubelet/options.ts';
import type { NodeParts } from '#kubelet/pods/pod-context.ts';
import { annotations, isTerminalPhase, type PodRuntime, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { PodWorker } from '#kubelet/pods/pod-worker.ts';
import { podHostPorts } from '#kubelet/pods/sandbox-config.ts';
import { ProbeManager } from '#kubelet/probes/probe-manager.ts';
import { RuntimeCache } from '#kubelet/runtime-cache.ts';
import type { HostPort, RuntimeEvent } from '#kubelet/runtime.ts';
import { ObjectSources } from '#kubelet/sources/object-sources.ts';

/** Events can be lost when the runtime restarts: everything is looked at again now and then. */
const relistMs = 300_000;

/**
 * 1. One worker per pod uid; a pod of the same name with another uid waits for nobody.
 * 2. Workers start only after the runtime was listed and the pods were synced: what runs is adopted, not started twice.
 */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #ports: KubeletPorts;
  readonly #cache: RuntimeCache;
  readonly #probes: ProbeManager;
  readonly #sources: ObjectSources;
  readonly #node: NodeParts;
  readonly #logs: LogRotation;
  readonly #images: ImageCollector;
  readonly #workers = new Map<string, PodWorker>();
  readonly #listeners = new Set<(uid: string) => void>();
  readonly #cancels: (() => void)[] = [];

  constructor(options: KubeletOptions, ports: KubeletPorts) {
    this.#options = options;
    this.#ports = ports;
    const { clock, runtime, events } = ports;
    this.#cache = new RuntimeCache(runtime, (status) => withTerminationMessage(status, ports.volumes, ports.logFiles));
    this.#probes = new ProbeManager({
      clock,
      runtime,
      transport: ports.probes,
      events,
      onResult: (uid) => this.#workers.get(uid)?.wake(),
    });
    this.#sources = new ObjectSources({ client: ports.client, clock, random: ports.random, log: ports.log });
    const { log, logFiles: files } = ports;
    this.#logs = new LogRotation({ clock, log, files, runtime, running: () => this.#cache.running() });
    this.#images = new ImageCollector({
      clock,
      log,
      runtime,
      host: ports.volumes,
      directory: options.rootDirectory,
      containers: () => this.#cache.all(),
      volumeImages: () => [...this.#workers.values()].flatMap(({ pod }) => volumeImages(pod)),
      event: (reason, message) => {
        const node = ports.node.get({ namespace: '', name: options.nodeName });
        if (node !== undefined) events.event(node, 'Warning', reason, message, {});
      },
    });
    this.#node = {
      options,
      ports,
      cache: this.#cache,
      probes: this.#probes,
      images: new ImagePuller(runtime, clock),
      sources: this.#sources,
      restarts: new Backoff(),
      allocatable: allocatableOf(ports.machine),
      admit: (pod) => this.#admit(pod),
      resourcesFreed: () => this.#retryResizes(),
    };
  }

  /** Resolves when every pod of the node has its worker. */
  async start(): Promise<void> {
    const { runtime, pods, services, signal, cgroups } = this.#ports;
    await cgroups.ensure(`${this.#options.cgroupRoot}/kubepods/besteffort`, { cpuShares: 2 });
    this.#cancels.push(runtime.subscribe((event) => void this.#onRuntimeEvent(event)));
    await Promise.all([this.#cache.relist(), pods.synced, services.synced]);
    for (const pod of pods.list()) this.#probes.adopt(pod);
    this.#cancels.push(pods.subscribe(({ old, new: now }) => this.#onPod(old, now)));
    for (const pod of pods.list()) this.#onPod(undefined, pod);
    await this.#removeOrphans();
    this.#logs.wake();
    this.#scheduleRelist();
    signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  /** Stops working; containers are left alone. */
  stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    for (const worker of this.#workers.values()) worker.stop();
    this.#probes.close();
    this.#logs.close();
    this.#sources.close();
  }

  /** Ends all pods gracefully and removes them from the machine; their API objects stay. */
  async drain(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.drain()));
  }

  /** What runs of a pod, for logs, exec and port-forward. */
  runtimeOf(uid: string): PodRuntime {
    return this.#cache.of(uid);
  }

  podOf(namespace: string, name: string): ReadonlyPod | undefined {
    return this.#ports.pods.get({ namespace, name });
  }

  /** Called when something of a pod has changed in the runtime. Answers cancel. */
  onRuntimeChange(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The host ports of the pods that run here with their addresses: what the proxy maps. */
  hostPorts(): { readonly pod: ReadonlyPod; readonly podIP: string; readonly ports: readonly HostPort[] }[] {
    return [...this.#workers.values()].flatMap(({ pod, state }) => {
      const ports = podHostPorts(pod);
      const podIP = this.#cache.of(pod.metadata.uid ?? '').sandboxes[0]?.ips[0];
      return ports.length === 0 || podIP === undefined || state !== 'syncing' ? [] : [{ pod, podIP, ports }];
    });
  }

  #onPod(old: DeepReadonly<Pod> | undefined, now: DeepReadonly<Pod> | undefined): void {
    const oldUid = old?.metadata.uid;
    if (oldUid !== undefined && oldUid !== now?.metadata.uid) this.#workers.get(oldUid)?.gone();
    const uid = now?.metadata.uid;
    if (now === undefined || uid === undefined) return;
    const worker = this.#workers.get(uid);
    if (worker !== undefined) return worker.update(now);
    const made = new PodWorker(this.#node, now, () => {
      this.#workers.delete(uid);
      this.#retryResizes();
      this.#notify(uid);
    });
    this.#workers.set(uid, made);
    made.wake();
  }

  #admit(pod: ReadonlyPod): ReturnType<NodeParts['admit']> {
    const others = [...this.#workers.values()]
      .map((worker) => worker.pod)
      .filter((other) => other.metadata.uid !== pod.metadata.uid && !isTerminalPhase(other.status?.phase));
    return admitPod({ pod, others, node: this.#ports.node.get({ namespace: '', name: this.#options.nodeName }) });
  }

  #retryResizes(): void {
    for (const worker of this.#workers.values()) if (worker.hasDeferredResize) worker.wake();
  }

  async #onRuntimeEvent(event: RuntimeEvent): Promise<void> {
    if (event.type === 'images') return;
    try {
      if (event.containerId === '') return await this.#relist();
      if (event.type === 'oom') return;
      const uid = await this.#cache.refresh(event.containerId);
      if (uid === undefined) return;
      this.#notify(uid);
      this.#workers.get(uid)?.wake();
    } catch (error) {
      this.#ports.log.warn('an event of the runtime could not be handled', { error: errorMessage(error) });
    }
  }

  #notify(uid: string): void {
    this.#logs.wake();
    for (const listener of this.#listeners) listener(uid);
  }

  async #relist(): Promise<void> {
    for (const uid of await this.#cache.relist()) {
      this.#notify(uid);
      this.#workers.get(uid)?.wake();
    }
  }

  #scheduleRelist(): void {
    const cancel = this.#ports.clock.after(relistMs, () => {
      this.#cancels.splice(this.#cancels.indexOf(cancel), 1);
      this.#relist()
        .then(() => this.#images.look())
        .catch((error) => this.#ports.log.warn('could not list the runtime', { error: errorMessage(error) }))
        .finally(() => {
          if (!this.#ports.signal.aborted) this.#scheduleRelist();
        });
    });
    this.#cancels.push(cancel);
  }

  /** Pods whose API object went while the agent was away. */
  async #removeOrphans(): Promise<void> {
    const orphans = this.#cache.uids().filter((uid) => !this.#workers.has(uid));
    await Promise.all(
      orphans.map((uid) =>
        this.#removeOrphan(uid).catch((error) =>
          this.#ports.log.warn('could not remove a pod that is gone', { uid, error: errorMessage(error) }),
        ),
      ),
    );
  }

  async #removeOrphan(uid: string): Promise<void> {
    const { runtime, volumes } = this.#ports;
    const { containers, sandboxes } = this.#cache.of(uid);
    const running = containers.filter(({ state }) => state === 'running');
    await Promise.all(
      running.map((status) =>
        runtime.stopContainer(
          status.id,
          Number(status.annotations[annotations.podTerminationGracePeriod] ?? '30') * 1000,
        ),
      ),
    );
    for (const sandbox of sandboxes) {
      await runtime.stopSandbox(sandbox.id);
      await runtime.removeSandbox(sandbox.id);
      this.#cache.forget(sandbox.id);
    }
    for (const container of containers) this.#cache.forget(container.id);
    await volumes.removeTree(`${this.#options.rootDirectory}/pods/${uid}`);
    await volumes.removeTree(`${this.#options.memoryDirectory}/${uid}`);
    await runtime.removeImageViews(uid);
  }
}

function volumeImages(pod: ReadonlyPod): string[] {
  return (pod.spec?.volumes ?? []).flatMap(({ image }) =>
    image?.reference === undefined ? [] : [withDefaultTag(image.reference)],
  );
}
