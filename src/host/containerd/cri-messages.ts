/** Between the kubelet's Runtime words and CRI's messages; pure. */
import type {
  ContainerConfig,
  ContainerSecurity,
  ContainerStatus,
  ImageStatus,
  LinuxResources,
  Mount,
  SandboxConfig,
  SandboxStatus,
} from '#kubelet/runtime.ts';

export interface CriSandboxStatus {
  readonly id: string;
  readonly state: number;
  readonly createdAt: number;
  readonly network?: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface CriMount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation: number;
}
export interface CriContainerStatus {
  readonly id: string;
  readonly metadata: { readonly name: string; readonly attempt: number } | null;
  readonly state: number;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly image: { readonly image: string } | null;
  readonly imageRef: string;
  readonly reason: string;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly mounts: readonly CriMount[];
  readonly logPath: string;
}
export interface CriImage {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  readonly uid: { readonly value: number } | null;
  readonly username: string;
}

const protocols = { TCP: 0, UDP: 1, SCTP: 2 } as const;
const propagations = ['private', 'host-to-container', 'bidirectional'] as const;
const states = ['created', 'running', 'exited', 'unknown'] as const;
const namespaceMode = { pod: 0, container: 1, node: 2 } as const;

export function sandboxMessage(config: SandboxConfig): object {
  const { security } = config;
  return {
    metadata: { ...config.pod, attempt: config.attempt },
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns === undefined ? {} : { dnsConfig: config.dns }),
    portMappings: config.hostPorts.map((port) => ({
      protocol: protocols[port.protocol],
      containerPort: port.containerPort,
      hostPort: port.hostPort,
      hostIp: port.hostIP,
    })),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: config.cgroupParent,
      sysctls: config.sysctls,
      securityContext: {
        namespaceOptions: {
          network: config.hostNetwork ? 2 : 0,
          pid: config.hostPID ? 2 : config.shareProcessNamespace ? 0 : 1,
          ipc: config.hostIPC ? 2 : 0,
        },
        ...integerValue('runAsUser', security.runAsUser),
        ...integerValue('runAsGroup', security.runAsGroup),
        supplementalGroups: security.supplementalGroups,
        privileged: security.privileged,
        readonlyRootfs: security.readonlyRootfs,
        seccomp: { profileType: security.privileged ? 1 : 0 },
      },
    },
  };
}

export function containerMessage(config: ContainerConfig): object {
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.image },
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    envs: config.env.map(({ name, value }) => ({ key: name, value })),
    mounts: config.mounts.map(mountMessage),
    devices: config.devices ?? [],
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    linux: { resources: resourcesMessage(config.resources), securityContext: securityMessage(config.security) },
  };
}

export function resourcesMessage(resources: LinuxResources): object {
  const message: Record<string, number> = {};
  if (resources.cpuShares !== undefined) message['cpuShares'] = resources.cpuShares;
  if (resources.cpuQuota !== undefined) message['cpuQuota'] = resources.cpuQuota;
  if (resources.cpuPeriod !== undefined) message['cpuPeriod'] = resources.cpuPeriod;
  if (resources.memoryLimitBytes !== undefined) message['memoryLimitInBytes'] = resources.memoryLimitBytes;
  if (resources.oomScoreAdj !== undefined) message['oomScoreAdj'] = resources.oomScoreAdj;
  return message;
}

function mountMessage(mount: Mount): object {
  return {
    containerPath: mount.containerPath,
    hostPath: mount.hostPath,
    readonly: mount.readonly,
    propagation: propagations.indexOf(mount.propagation),
  };
}

function securityMessage(security: ContainerSecurity): object {
  const pid = security.pidNamespace;
  return {
    capabilities: { addCapabilities: security.addCapabilities, dropCapabilities: security.dropCapabilities },
    privileged: security.privileged,
    namespaceOptions: {
      network: security.hostNetwork ? 2 : 0,
      ipc: security.hostIPC ? 2 : 0,
      ...(typeof pid === 'string' ? { pid: namespaceMode[pid] } : { pid: 3, targetId: pid.target }),
    },
    ...integerValue('runAsUser', security.runAsUser),
    ...(security.runAsUserName === undefined ? {} : { runAsUsername: security.runAsUserName }),
    ...integerValue('runAsGroup', security.runAsGroup),
    supplementalGroups: security.supplementalGroups,
    readonlyRootfs: security.readonlyRootfs,
    noNewPrivs: security.noNewPrivs,
    maskedPaths: security.maskedPaths,
    readonlyPaths: security.readonlyPaths,
    seccomp: seccompMessage(security.seccomp),
  };
}

function seccompMessage(seccomp: ContainerSecurity['seccomp']): object {
  if (typeof seccomp !== 'string') return { profileType: 2, localhostRef: seccomp.localhost };
  return { profileType: seccomp === 'runtime-default' ? 0 : 1 };
}

function integerValue(name: string, value: number | undefined): object {
  return value === undefined ? {} : { [name]: { value } };
}

export function sandboxStatus(status: CriSandboxStatus): SandboxStatus {
  const first = status.network?.ip ?? '';
  const others = status.network?.additionalIps.map(({ ip }) => ip) ?? [];
  return {
    id: status.id,
    ready: status.state === 0,
    createdAtMs: milliseconds(status.createdAt),
    ips: first === '' ? others : [first, ...others],
    labels: status.labels,
    annotations: status.annotations,
  };
}

export function containerStatus(status: CriContainerStatus, sandboxId: string): ContainerStatus {
  return {
    id: status.id,
    name: status.metadata?.name ?? '',
    attempt: status.metadata?.attempt ?? 0,
    sandboxId,
    state: states[status.state] ?? 'unknown',
    createdAtMs: milliseconds(status.createdAt),
    startedAtMs: milliseconds(status.startedAt),
    finishedAtMs: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.image?.image ?? '',
    imageId: status.imageRef,
    labels: status.labels,
    annotations: status.annotations,
    logPath: status.logPath,
    mounts: status.mounts.map((mount) => ({
      containerPath: mount.containerPath,
      hostPath: mount.hostPath,
      readonly: mount.readonly,
      propagation: propagations[mount.propagation] ?? 'private',
    })),
  };
}

export function imageStatus(image: CriImage): ImageStatus {
  return {
    id: image.id,
    tags: image.repoTags,
    digests: image.repoDigests,
    sizeBytes: image.size,
    user: {
      ...(image.uid === null ? {} : { uid: image.uid.value }),
      ...(image.username === '' ? {} : { name: image.username }),
    },
  };
}

function milliseconds(nanoseconds: number): number {
  return nanoseconds <= 0 ? 0 : Math.floor(nanoseconds / 1e6);
}
