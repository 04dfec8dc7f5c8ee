/** A container in the runtime's words: environment, mounts, resources, security, labels. */
import type { ContainerConfig, Mount } from '#kubelet/runtime.ts';
import { containerEnvironment, type EnvironmentSources } from '#kubelet/env/environment.ts';
import { expand } from '#kubelet/env/expand.ts';
import type { VolumeHost } from '#kubelet/machine.ts';
import { containerResources } from '#kubelet/resources/pod-resources.ts';
import {
  annotations,
  containerHash,
  labels,
  type ReadonlyContainer,
  type ReadonlyPod,
} from '#kubelet/pods/pod-runtime.ts';
import { containerSecurity, type ImageUser, verifyRunAsNonRoot } from '#kubelet/pods/security.ts';

export interface ContainerContext {
  readonly attempt: number;
  readonly imageUser: ImageUser;
  readonly sources: EnvironmentSources;
  readonly host: VolumeHost;
  readonly machineMemoryBytes: number;
  /** Of this pod: hosts file, termination logs. */
  readonly podDirectory: string;
  readonly targetId?: string;
  volumePath(name: string): string | undefined;
  isImageVolume(name: string): boolean;
  /** Undefined: the pod uses the node's, or none is managed. */
  readonly hostsFile?: string;
}

/** Rejects when a source is missing, a path leaves its volume, or the user is not allowed: CreateContainerConfigError. */
export async function containerConfig(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  context: ContainerContext,
): Promise<ContainerConfig> {
  const env = await containerEnvironment(pod, container, context.sources);
  verifyRunAsNonRoot(pod, container, context.imageUser);
  const variables = new Map(env.map(({ name, value }) => [name, value]));
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  return {
    name: container.name,
    attempt: context.attempt,
    image: container.image ?? '',
    command: (container.command ?? []).map((text) => expand(text, variables)),
    args: (container.args ?? []).map((text) => expand(text, variables)),
    workingDir: container.workingDir ?? '',
    env,
    mounts: await containerMounts(container, context, variables),
    labels: {
      [labels.podName]: name,
      [labels.podNamespace]: namespace,
      [labels.podUid]: uid,
      [labels.containerName]: container.name,
    },
    annotations: {
      [annotations.hash]: containerHash(container),
      [annotations.restartCount]: String(context.attempt),
      [annotations.terminationMessagePath]: container.terminationMessagePath ?? '/dev/termination-log',
      [annotations.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
      [annotations.podTerminationGracePeriod]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    },
    logPath: `${container.name}/${context.attempt}.log`,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    resources: containerResources(pod, container, context.machineMemoryBytes),
    security: containerSecurity(pod, container, {
      imageUser: context.imageUser,
      ...(context.targetId === undefined ? {} : { targetId: context.targetId }),
    }),
  };
}

const propagations = { None: 'private', HostToContainer: 'host-to-container', Bidirectional: 'bidirectional' } as const;

async function containerMounts(
  container: ReadonlyContainer,
  context: ContainerContext,
  variables: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  let mountsHosts = false;
  for (const mount of container.volumeMounts ?? []) {
    const volume = context.volumePath(mount.name);
    if (volume === undefined)
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const subPath =
      mount.subPathExpr === undefined || mount.subPathExpr === ''
        ? (mount.subPath ?? '')
        : expandSubPath(mount.subPathExpr, variables);
    if (mount.mountPath === '/etc/hosts') mountsHosts = true;
    mounts.push({
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath: subPath === '' ? volume : await context.host.resolveSubPath(volume, subPath),
      readonly: mount.readOnly === true || context.isImageVolume(mount.name),
      propagation: propagations[(mount.mountPropagation ?? 'None') as keyof typeof propagations],
    });
  }
  if (context.hostsFile !== undefined && !mountsHosts)
    mounts.push({ containerPath: '/etc/hosts', hostPath: context.hostsFile, readonly: false, propagation: 'private' });
  mounts.push(await terminationLog(container, context));
  return mounts;
}

function expandSubPath(expression: string, variables: ReadonlyMap<string, string>): string {
  for (const match of expression.matchAll(/(?<!\$)\$\(([^)]*)\)/g)) {
    if (!variables.has(match[1] ?? '')) throw new Error(`missing value for "${match[1]}"`);
  }
  const path = expand(expression, variables);
  if (path.startsWith('/')) throw new Error(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..')) throw new Error(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

async function terminationLog(container: ReadonlyContainer, context: ContainerContext): Promise<Mount> {
  const hostPath = `${context.podDirectory}/containers/${container.name}/${context.attempt}`;
  await context.host.writeFile(hostPath, '', 0o666);
  return {
    containerPath: container.terminationMessagePath ?? '/dev/termination-log',
    hostPath,
    readonly: false,
    propagation: 'private',
  };
}
