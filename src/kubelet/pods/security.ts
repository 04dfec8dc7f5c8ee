/** A container's effective security context: the pod's, overridden by its own; pure. */
import type { ContainerSecurity } from '#kubelet/runtime.ts';
import { podText, type ReadonlyContainer, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';

const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export interface ImageUser {
  readonly uid?: number;
  readonly name?: string;
}

/** `targetId`: the container whose process namespace an ephemeral container joins. */
export function containerSecurity(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  { imageUser, targetId }: { imageUser: ImageUser; targetId?: string },
): ContainerSecurity {
  const spec = pod.spec ?? { containers: [] };
  const podContext = spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? podContext.runAsUser;
  const runAsGroup = own.runAsGroup ?? podContext.runAsGroup;
  const privileged = own.privileged === true;
  const procIsOpen = privileged || own.procMount === 'Unmasked';
  const groups = [
    ...(podContext.fsGroup === undefined ? [] : [podContext.fsGroup]),
    ...(podContext.supplementalGroups ?? []),
  ];
  const uid = runAsUser ?? imageUser.uid;
  return {
    privileged,
    ...(uid === undefined ? {} : { runAsUser: uid }),
    ...(uid === undefined && imageUser.name !== undefined ? { runAsUserName: imageUser.name } : {}),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: groups,
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    maskedPaths: procIsOpen ? [] : maskedPaths,
    readonlyPaths: procIsOpen ? [] : readonlyPaths,
    seccomp: seccomp(own.seccompProfile ?? podContext.seccompProfile, privileged),
    pidNamespace:
      spec.hostPID === true
        ? 'node'
        : targetId !== undefined
          ? { target: targetId }
          : spec.shareProcessNamespace === true
            ? 'pod'
            : 'container',
    hostNetwork: spec.hostNetwork === true,
    hostIPC: spec.hostIPC === true,
  };
}

function seccomp(
  profile: { readonly type: string; readonly localhostProfile?: string } | undefined,
  privileged: boolean,
): ContainerSecurity['seccomp'] {
  if (privileged || profile === undefined || profile.type === 'Unconfined') return 'unconfined';
  if (profile.type === 'RuntimeDefault') return 'runtime-default';
  return { localhost: `/var/lib/kubelet/seccomp/${profile.localhostProfile ?? ''}` };
}

/** Throws with upstream's text when the container must not run as root and would, or might. */
export function verifyRunAsNonRoot(pod: ReadonlyPod, container: ReadonlyContainer, imageUser: ImageUser): void {
  const podContext = pod.spec?.securityContext;
  const own = container.securityContext;
  if ((own?.runAsNonRoot ?? podContext?.runAsNonRoot) !== true) return;
  const where = `(pod: "${podText(pod)}", container: ${container.name})`;
  const runAsUser = own?.runAsUser ?? podContext?.runAsUser;
  if (runAsUser === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`);
  if (runAsUser !== undefined) return;
  if (imageUser.uid === undefined && imageUser.name !== undefined && imageUser.name !== '') {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${imageUser.name}), cannot verify user is non-root ${where}`,
    );
  }
  if (imageUser.uid === 0) throw new Error(`container has runAsNonRoot and image will run as root ${where}`);
}
