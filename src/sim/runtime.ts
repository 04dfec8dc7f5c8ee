/**
 * A container runtime in memory: containers start at once and run until they are told to exit, or as their image's
 * behaviour says. For tests of the kubelet and for simulated nodes.
 */
import type { ExecIO, ExecRequest } from '#api/node-connection.ts';
import type { Clock } from '#base/clock.ts';
import type { Duplex } from '#base/streams.ts';
import type {
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  FilesystemMount,
  ImageStatus,
  LinuxResources,
  Runtime,
  RuntimeEvent,
  RuntimeState,
  SandboxConfig,
  SandboxStatus,
} from '#kubelet/runtime.ts';

/** What containers of an image do by themselves. */
export interface ImageBehaviour {
  /** Not on the node and cannot be pulled: the error's text. */
  readonly pullError?: string;
  /** Pulled when first asked for. */
  readonly mustBePulled?: boolean;
  readonly user?: ImageStatus['user'];
  /** Ends by itself after so long. */
  readonly exitsAfterMs?: number;
  readonly exitCode?: number;
  /** Only SIGKILL ends it. */
  readonly ignoresTerm?: boolean;
  readonly startError?: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface FakeContainer {
  readonly config: ContainerConfig;
  readonly status: Mutable<ContainerStatus>;
  cancel: () => void;
  ended: (() => void)[];
}

/**
 * 1. Ids are counted: the same calls give the same ids.
 * 2. A container that ended stays ended.
 */
export class FakeRuntime implements Runtime {
  readonly #clock: Clock;
  readonly behaviours = new Map<string, ImageBehaviour>();
  readonly sandboxes = new Map<string, Mutable<SandboxStatus> & { readonly config: SandboxConfig }>();
  readonly containers = new Map<string, FakeContainer>();
  /** Answers exec; the exit code. */
  onExec: (container: ContainerStatus, command: readonly string[], io: ExecIO) => Promise<number> | number = () => 0;
  /** What containers use, by their names. */
  readonly memoryBytes = new Map<string, number>();
  /** Every call that changes something, in order: `start main#0`. */
  readonly calls: string[] = [];
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #pulled = new Set<string>();
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends a container of a pod by its name. */
  exit(podName: string, containerName: string, exitCode: number): void {
    for (const { status } of this.containers.values()) {
      const sandbox = this.sandboxes.get(status.sandboxId);
      if (sandbox?.config.pod.name === podName && status.name === containerName && status.state === 'running')
        this.#end(status.id, exitCode);
    }
  }

  version(): Promise<{ name: string; version: string }> {
    return Promise.resolve({ name: 'fake', version: '1.0.0' });
  }

  runSandbox(config: SandboxConfig): Promise<string> {
    const n = ++this.#sequence;
    const id = `sandbox-${n}`;
    this.calls.push(`sandbox ${config.pod.name}#${config.attempt}`);
    const ips = config.hostNetwork ? [] : [`10.244.${Math.floor(n / 250)}.${(n % 250) + 2}`];
    this.sandboxes.set(id, {
      id,
      ready: true,
      createdAtMs: this.#clock.now(),
      ips,
      labels: config.labels,
      annotations: config.annotations,
      config,
    });
    return Promise.resolve(id);
  }

  stopSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined) return Promise.resolve();
    this.calls.push(`stop sandbox ${sandbox.config.pod.name}`);
    for (const { status } of this.containers.values())
      if (status.sandboxId === sandboxId && status.state === 'running') this.#end(status.id, 137);
    sandbox.ready = false;
    this.#emit({ type: 'exited', containerId: sandboxId });
    return Promise.resolve();
  }

  removeSandbox(sandboxId: string): Promise<void> {
    this.sandboxes.delete(sandboxId);
    for (const { status } of this.containers.values())
      if (status.sandboxId === sandboxId) this.containers.delete(status.id);
    return Promise.resolve();
  }

  list(): Promise<RuntimeState> {
    return Promise.resolve({
      sandboxes: [...this.sandboxes.values()].map((sandbox) => ({ ...sandbox })),
      containers: [...this.containers.values()].map(({ status }) => ({ ...status })),
    });
  }

  sandboxStatus(sandboxId: string): Promise<SandboxStatus | undefined> {
    const sandbox = this.sandboxes.get(sandboxId);
    return Promise.resolve(sandbox === undefined ? undefined : { ...sandbox });
  }

  createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string> {
    const id = `container-${++this.#sequence}`;
    this.calls.push(`create ${config.name}#${config.attempt}`);
    const status: ContainerStatus = {
      id,
      name: config.name,
      attempt: config.attempt,
      sandboxId,
      state: 'created',
      createdAtMs: this.#clock.now(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: '',
      message: '',
      image: config.image,
      imageId: `sha256:${config.image}`,
      labels: config.labels,
      annotations: config.annotations,
      logPath: `${sandbox.logDirectory}/${config.logPath}`,
      mounts: config.mounts,
    };
    this.containers.set(id, { config, status, cancel: () => {}, ended: [] });
    return Promise.resolve(id);
  }

  startContainer(containerId: string): Promise<void> {
    const container = this.#container(containerId);
    const behaviour = this.behaviours.get(container.config.image) ?? {};
    if (behaviour.startError !== undefined) {
      this.#end(containerId, 128);
      return Promise.reject(new Error(behaviour.startError));
    }
    this.calls.push(`start ${container.config.name}#${container.config.attempt}`);
    container.status.state = 'running';
    container.status.startedAtMs = this.#clock.now();
    if (behaviour.exitsAfterMs !== undefined)
      container.cancel = this.#clock.after(behaviour.exitsAfterMs, () =>
        this.#end(containerId, behaviour.exitCode ?? 0),
      );
    this.#emit({ type: 'started', containerId });
    return Promise.resolve();
  }

  stopContainer(containerId: string, timeoutMs: number): Promise<void> {
    const container = this.containers.get(containerId);
    if (container === undefined || container.status.state !== 'running') return Promise.resolve();
    this.calls.push(`stop ${container.config.name} ${timeoutMs}`);
    if (this.behaviours.get(container.config.image)?.ignoresTerm !== true) {
      this.#end(containerId, 0);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      container.ended.push(resolve);
      this.#clock.after(timeoutMs, () => this.#end(containerId, 137));
    });
  }

  removeContainer(containerId: string): Promise<void> {
    this.containers.get(containerId)?.cancel();
    this.containers.delete(containerId);
    return Promise.resolve();
  }

  containerStatus(containerId: string): Promise<ContainerStatus | undefined> {
    const container = this.containers.get(containerId);
    return Promise.resolve(container === undefined ? undefined : { ...container.status });
  }

  reopenLog(containerId: string): Promise<void> {
    this.calls.push(`reopen ${this.#container(containerId).status.name}`);
    return Promise.resolve();
  }

  updateResources(containerId: string, resources: LinuxResources): Promise<void> {
    const { status } = this.#container(containerId);
    const { cpuShares, cpuQuota, memoryLimitBytes } = resources;
    this.calls.push(`update ${status.name}#${status.attempt} ${cpuShares} ${cpuQuota} ${memoryLimitBytes}`);
    return Promise.resolve();
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async exec(
    containerId: string,
    request: Pick<ExecRequest, 'command' | 'tty' | 'stdin'>,
    io: ExecIO,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }> {
    const { status } = this.#container(containerId);
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    aborted.catch(() => undefined);
    return { exitCode: await Promise.race([this.onExec({ ...status }, request.command, io), aborted]) };
  }

  attach(
    containerId: string,
    _request: Pick<ExecRequest, 'tty' | 'stdin'>,
    _io: ExecIO,
    signal: AbortSignal,
  ): Promise<void> {
    const container = this.#container(containerId);
    return new Promise((resolve) => {
      container.ended.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  portForward(_sandboxId: string, _port: number): Promise<Duplex> {
    return Promise.reject(new Error('nothing listens in a simulated pod'));
  }

  imageStatus(image: string): Promise<ImageStatus | undefined> {
    const behaviour = this.behaviours.get(image);
    const isAbsent =
      (behaviour?.mustBePulled === true || behaviour?.pullError !== undefined) && !this.#pulled.has(image);
    return Promise.resolve(
      isAbsent
        ? undefined
        : { id: `sha256:${image}`, tags: [image], digests: [], sizeBytes: 1000, user: behaviour?.user ?? {} },
    );
  }

  pullImage(image: string): Promise<string> {
    const error = this.behaviours.get(image)?.pullError;
    this.calls.push(`pull ${image}`);
    if (error !== undefined) return Promise.reject(new Error(error));
    this.#pulled.add(image);
    return Promise.resolve(image);
  }

  listImages(): Promise<ImageStatus[]> {
    return Promise.resolve([]);
  }

  viewImage(image: string, _podUid: string, name: string): Promise<FilesystemMount[]> {
    this.calls.push(`view ${image} ${name}`);
    return Promise.resolve([{ type: 'overlay', source: 'overlay', options: ['ro'] }]);
  }

  removeImageViews(_podUid: string): Promise<void> {
    this.calls.push('remove views');
    return Promise.resolve();
  }

  removeImage(image: string): Promise<void> {
    this.#pulled.delete(image);
    return Promise.resolve();
  }

  stats(): Promise<ContainerStats[]> {
    return Promise.resolve(
      [...this.containers.values()].map(({ status: { id, name } }) => ({
        containerId: id,
        cpuUsageNanos: 0,
        memoryWorkingSetBytes: this.memoryBytes.get(name) ?? 0,
      })),
    );
  }

  #container(id: string): FakeContainer {
    const container = this.containers.get(id);
    if (container === undefined) throw new Error(`no such container: ${id}`);
    return container;
  }

  #end(containerId: string, exitCode: number): void {
    const container = this.containers.get(containerId);
    if (container === undefined || container.status.state === 'exited') return;
    container.cancel();
    const { status } = container;
    status.state = 'exited';
    status.finishedAtMs = this.#clock.now();
    status.exitCode = exitCode;
    status.reason = exitCode === 0 ? 'Completed' : 'Error';
    for (const resolve of container.ended.splice(0)) resolve();
    this.#emit({ type: 'exited', containerId });
  }

  #emit(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
