/**
 * The port to a container runtime, in the words of CRI. host/containerd implements it over containerd, sim/ by stages.
 * @see https://kubernetes.io/docs/concepts/architecture/cri/
 */
import type { ExecIO, ExecRequest } from '#api/node-connection.ts';
import type { Duplex } from '#base/streams.ts';

export interface Runtime {
  version(): Promise<{ name: string; version: string }>;
  /** Resolves with the sandbox id; the pod's network is up. */
  runSandbox(config: SandboxConfig): Promise<string>;
  stopSandbox(sandboxId: string): Promise<void>;
  removeSandbox(sandboxId: string): Promise<void>;
  /** All sandboxes and containers that carry our labels: what exists, at the start and as a slow safety net. */
  list(): Promise<RuntimeState>;
  sandboxStatus(sandboxId: string): Promise<SandboxStatus | undefined>;
  createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string>;
  startContainer(containerId: string): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL after the timeout. Resolves when it is dead. */
  stopContainer(containerId: string, timeoutMs: number): Promise<void>;
  removeContainer(containerId: string): Promise<void>;
  containerStatus(containerId: string): Promise<ContainerStatus | undefined>;
  /** The container's log was renamed: what it writes from now on goes to a new file of the old name. */
  reopenLog(containerId: string): Promise<void>;
  updateResources(containerId: string, resources: LinuxResources): Promise<void>;
  /** Starts, exits and out-of-memory kills, as they happen. */
  subscribe(listener: (event: RuntimeEvent) => void): () => void;
  /** A further process in the container; resolves with its exit code. */
  exec(
    containerId: string,
    request: Pick<ExecRequest, 'command' | 'tty' | 'stdin'>,
    io: ExecIO,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }>;
  attach(
    containerId: string,
    request: Pick<ExecRequest, 'tty' | 'stdin'>,
    io: ExecIO,
    signal: AbortSignal,
  ): Promise<void>;
  portForward(sandboxId: string, port: number): Promise<Duplex>;
  /** Image by reference; undefined if it is not on the node. */
  imageStatus(image: string): Promise<ImageStatus | undefined>;
  pullImage(image: string, auth: RegistryAuth | undefined, sandbox: SandboxConfig): Promise<string>;
  /** The image's files, read-only, as file systems to mount for the pod's volume `name`; kept until it is removed. */
  viewImage(image: string, podUid: string, name: string): Promise<FilesystemMount[]>;
  /** All of a pod. */
  removeImageViews(podUid: string): Promise<void>;
  listImages(): Promise<ImageStatus[]>;
  removeImage(image: string): Promise<void>;
  stats(): Promise<ContainerStats[]>;
}

export interface SandboxConfig {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly attempt: number;
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dns:
    | { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] }
    | undefined;
  readonly hostPorts: readonly HostPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  readonly shareProcessNamespace: boolean;
  readonly runtimeHandler: string;
  /** Pod-level pieces of the security context. */
  readonly security: {
    readonly privileged: boolean;
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly supplementalGroups: readonly number[];
    readonly readonlyRootfs: boolean;
  };
}
export interface HostPort {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIP: string;
}
export interface SandboxStatus {
  readonly id: string;
  readonly ready: boolean;
  readonly createdAtMs: number;
  readonly ips: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ContainerConfig {
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices?: readonly {
    readonly containerPath: string;
    readonly hostPath: string;
    readonly permissions: string;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's log directory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: LinuxResources;
  readonly security: ContainerSecurity;
}
export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation: 'private' | 'host-to-container' | 'bidirectional';
}
/** In mount(8)'s words. */
export interface FilesystemMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}
export interface LinuxResources {
  readonly cpuShares?: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimitBytes?: number;
  readonly oomScoreAdj?: number;
}
export interface ContainerSecurity {
  readonly privileged: boolean;
  readonly runAsUser?: number;
  readonly runAsUserName?: string;
  readonly runAsGroup?: number;
  readonly supplementalGroups: readonly number[];
  readonly readonlyRootfs: boolean;
  readonly noNewPrivs: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp: 'unconfined' | 'runtime-default' | { readonly localhost: string };
  readonly pidNamespace: 'pod' | 'container' | 'node' | { readonly target: string };
  readonly hostNetwork: boolean;
  readonly hostIPC: boolean;
}
export interface ContainerStatus {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly sandboxId: string;
  readonly state: 'created' | 'running' | 'exited' | 'unknown';
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly logPath: string;
  readonly mounts: readonly Mount[];
}
export interface RuntimeState {
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}
export interface RuntimeEvent {
  /** `images`: some came or went; no container is meant. */
  readonly type: 'started' | 'exited' | 'oom' | 'deleted' | 'images';
  readonly containerId: string;
}
export interface ImageStatus {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  readonly user: { readonly uid?: number; readonly name?: string };
}
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly auth?: string;
  readonly serverAddress?: string;
}
export interface ContainerStats {
  readonly containerId: string;
  readonly cpuUsageNanos: number;
  readonly memoryWorkingSetBytes: number;
}
