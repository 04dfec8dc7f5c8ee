/**
 * The Runtime port over a containerd: CRI v1 for sandboxes, containers and images; containerd's own services for events
 * and for processes in containers (CRI 1.6 has no event stream, and its stream server cannot pass on the end of stdin).
 */
import type { ExecIO, ExecRequest } from '#api/node-connection.ts';
import type { Logger } from '#base/logger.ts';
import type { Duplex } from '#base/streams.ts';
import type {
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  FilesystemMount,
  ImageStatus,
  LinuxResources,
  RegistryAuth,
  Runtime,
  RuntimeEvent,
  RuntimeState,
  SandboxConfig,
  SandboxStatus,
} from '#kubelet/runtime.ts';
import { attachContainer } from '#host/containerd/attach.ts';
import { ContainerEvents } from '#host/containerd/container-events.ts';
import { containersProto, eventsProto, snapshotsProto, tasksProto } from '#host/containerd/containerd-proto.ts';
import * as messages from '#host/containerd/cri-messages.ts';
import { criProto } from '#host/containerd/cri-proto.ts';
import { execInContainer } from '#host/containerd/exec.ts';
import { GrpcClient, isGrpcNotFound } from '#host/containerd/grpc.ts';
import { removeViewsOf, viewOfImage } from '#host/containerd/image-mounts.ts';
import { forwardPort } from '#host/containerd/port-forward.ts';

const runtimeService = 'runtime.v1.RuntimeService/';
const imageService = 'runtime.v1.ImageService/';
/** Sandboxes and containers without it are not ours. */
const ownLabel = 'io.kubernetes.pod.uid';

export interface ContainerdRuntimeOptions {
  readonly socketPath: string;
  /** For the FIFOs of exec. */
  readonly scratchDirectory: string;
  /** The one that images are unpacked for; overlayfs where it is not said. */
  readonly snapshotter?: 'overlayfs' | 'native';
  readonly log: Logger;
}

/**
 * 1. Events are delivered only after CRI's own view shows them: a listener that asks for the status sees the exit.
 * 2. close() ends the event stream and the connection; calls that are still open fail.
 */
export class ContainerdRuntime implements Runtime {
  readonly #grpc: GrpcClient;
  readonly #events: ContainerEvents;
  readonly #scratch: string;
  readonly #snapshotter: string;
  /** Container → sandbox: CRI's ContainerStatus does not say it. */
  readonly #sandboxOf = new Map<string, string>();

  constructor(options: ContainerdRuntimeOptions) {
    this.#grpc = new GrpcClient(options.socketPath, [
      criProto,
      tasksProto,
      eventsProto,
      containersProto,
      snapshotsProto,
    ]);
    this.#scratch = options.scratchDirectory;
    this.#snapshotter = options.snapshotter ?? 'overlayfs';
    this.#events = new ContainerEvents(this.#grpc, options.log, (id) => this.containerStatus(id));
  }

  async version(): Promise<{ name: string; version: string }> {
    const answer = await this.#cri<{ runtimeName: string; runtimeVersion: string }>('Version', {}, 5_000);
    return { name: answer.runtimeName, version: answer.runtimeVersion };
  }

  async runSandbox(config: SandboxConfig): Promise<string> {
    const request = { config: messages.sandboxMessage(config), runtimeHandler: config.runtimeHandler };
    return (await this.#cri<{ podSandboxId: string }>('RunPodSandbox', request)).podSandboxId;
  }

  async stopSandbox(sandboxId: string): Promise<void> {
    await ignoreNotFound(this.#cri('StopPodSandbox', { podSandboxId: sandboxId }));
  }

  async removeSandbox(sandboxId: string): Promise<void> {
    await ignoreNotFound(this.#cri('RemovePodSandbox', { podSandboxId: sandboxId }));
    for (const [container, sandbox] of this.#sandboxOf) if (sandbox === sandboxId) this.#sandboxOf.delete(container);
  }

  async list(): Promise<RuntimeState> {
    const [sandboxes, containers] = await Promise.all([
      this.#cri<{ items: { id: string; labels: Record<string, string> }[] }>('ListPodSandbox', {}),
      this.#cri<{ containers: { id: string; podSandboxId: string; labels: Record<string, string> }[] }>(
        'ListContainers',
        {},
      ),
    ]);
    const ours = <T extends { labels: Record<string, string> }>(items: T[]): T[] =>
      items.filter((item) => item.labels[ownLabel] !== undefined);
    for (const container of containers.containers) this.#sandboxOf.set(container.id, container.podSandboxId);
    const [allSandboxes, allContainers] = await Promise.all([
      Promise.all(ours(sandboxes.items).map(({ id }) => this.sandboxStatus(id))),
      Promise.all(ours(containers.containers).map(({ id }) => this.containerStatus(id))),
    ]);
    return {
      sandboxes: allSandboxes.filter((item) => item !== undefined),
      containers: allContainers.filter((item) => item !== undefined),
    };
  }

  async sandboxStatus(sandboxId: string): Promise<SandboxStatus | undefined> {
    const answer = await undefinedIfNotFound(
      this.#cri<{ status: messages.CriSandboxStatus }>('PodSandboxStatus', { podSandboxId: sandboxId }),
    );
    return answer === undefined ? undefined : messages.sandboxStatus(answer.status);
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string> {
    const request = {
      podSandboxId: sandboxId,
      config: messages.containerMessage(config),
      sandboxConfig: messages.sandboxMessage(sandbox),
    };
    const { containerId } = await this.#cri<{ containerId: string }>('CreateContainer', request);
    this.#sandboxOf.set(containerId, sandboxId);
    return containerId;
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#cri('StartContainer', { containerId });
  }

  async stopContainer(containerId: string, timeoutMs: number): Promise<void> {
    await ignoreNotFound(this.#cri('StopContainer', { containerId, timeout: Math.ceil(timeoutMs / 1000) }));
  }

  async removeContainer(containerId: string): Promise<void> {
    await ignoreNotFound(this.#cri('RemoveContainer', { containerId }));
    this.#sandboxOf.delete(containerId);
  }

  async containerStatus(containerId: string): Promise<ContainerStatus | undefined> {
    const answer = await undefinedIfNotFound(
      this.#cri<{ status: messages.CriContainerStatus }>('ContainerStatus', { containerId }),
    );
    return answer === undefined
      ? undefined
      : messages.containerStatus(answer.status, this.#sandboxOf.get(containerId) ?? '');
  }

  async reopenLog(containerId: string): Promise<void> {
    await this.#cri('ReopenContainerLog', { containerId });
  }

  async updateResources(containerId: string, resources: LinuxResources): Promise<void> {
    await this.#cri('UpdateContainerResources', { containerId, linux: messages.resourcesMessage(resources) });
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  exec(
    containerId: string,
    request: Pick<ExecRequest, 'command' | 'tty' | 'stdin'>,
    io: ExecIO,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }> {
    return execInContainer({ grpc: this.#grpc, scratchDirectory: this.#scratch, containerId }, request, io, signal);
  }

  attach(
    containerId: string,
    request: Pick<ExecRequest, 'tty' | 'stdin'>,
    io: ExecIO,
    signal: AbortSignal,
  ): Promise<void> {
    const urlFor = async (streams: object): Promise<string> =>
      (await this.#cri<{ url: string }>('Attach', { containerId, ...streams })).url;
    return attachContainer(urlFor, request, io, signal);
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    const answer = await this.#cri<{ info: Record<string, string> }>('PodSandboxStatus', {
      podSandboxId: sandboxId,
      verbose: true,
    });
    return forwardPort(answer.info['info'] ?? '{}', port);
  }

  async imageStatus(image: string): Promise<ImageStatus | undefined> {
    const answer = await undefinedIfNotFound(
      this.#image<{ image: messages.CriImage | null }>('ImageStatus', { image: { image } }),
    );
    return answer?.image == null ? undefined : messages.imageStatus(answer.image);
  }

  async pullImage(image: string, auth: RegistryAuth | undefined, sandbox: SandboxConfig): Promise<string> {
    const request = {
      image: { image },
      ...(auth === undefined ? {} : { auth }),
      sandboxConfig: messages.sandboxMessage(sandbox),
    };
    return (await this.#image<{ imageRef: string }>('PullImage', request)).imageRef;
  }

  async viewImage(image: string, podUid: string, name: string): Promise<FilesystemMount[]> {
    const request = { image: { image }, verbose: true };
    const { info } = await this.#image<{ info: Record<string, string> }>('ImageStatus', request);
    return viewOfImage(this.#grpc, { snapshotter: this.#snapshotter, podUid, name, info: info['info'] ?? '{}' });
  }

  async removeImageViews(podUid: string): Promise<void> {
    await removeViewsOf(this.#grpc, this.#snapshotter, podUid);
  }

  async listImages(): Promise<ImageStatus[]> {
    return (await this.#image<{ images: messages.CriImage[] }>('ListImages', {})).images.map(messages.imageStatus);
  }

  async removeImage(image: string): Promise<void> {
    await ignoreNotFound(this.#image('RemoveImage', { image: { image } }));
  }

  async stats(): Promise<ContainerStats[]> {
    type Value = { value: number } | null;
    type Stats = {
      attributes: { id: string };
      cpu: { usageCoreNanoSeconds: Value } | null;
      memory: { workingSetBytes: Value } | null;
    };
    const { stats } = await this.#cri<{ stats: Stats[] }>('ListContainerStats', {});
    return stats.map(({ attributes, cpu, memory }) => ({
      containerId: attributes.id,
      cpuUsageNanos: cpu?.usageCoreNanoSeconds?.value ?? 0,
      memoryWorkingSetBytes: memory?.workingSetBytes?.value ?? 0,
    }));
  }

  close(): void {
    this.#events.close();
    this.#grpc.close();
  }

  #cri<R>(method: string, request: object, timeoutMs?: number): Promise<R> {
    return this.#grpc.call<R>(runtimeService + method, request, timeoutMs === undefined ? {} : { timeoutMs });
  }

  #image<R>(method: string, request: object): Promise<R> {
    return this.#grpc.call<R>(imageService + method, request);
  }
}

async function ignoreNotFound(call: Promise<unknown>): Promise<void> {
  await undefinedIfNotFound(call);
}

async function undefinedIfNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isGrpcNotFound(error)) return undefined;
    throw error;
  }
}
