/** The sandbox of a pod in the runtime's words; pure. */
import type { HostPort, SandboxConfig } from '#kubelet/runtime.ts';
import { podCgroupPath } from '#kubelet/resources/pod-resources.ts';
import { annotations, labels, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { type DnsContext, podDns, sandboxHostname } from '#kubelet/pods/pod-dns.ts';

export interface SandboxContext extends DnsContext {
  readonly attempt: number;
  readonly logDirectory: string;
  readonly cgroupRoot: string;
}

export function sandboxConfig(pod: ReadonlyPod, context: SandboxContext): SandboxConfig {
  const spec = pod.spec ?? { containers: [] };
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  const security = spec.securityContext ?? {};
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return {
    pod: { namespace, name, uid },
    attempt: context.attempt,
    hostname: spec.hostNetwork === true ? '' : sandboxHostname(pod, context.clusterDomain),
    logDirectory: podLogDirectory(context.logDirectory, pod),
    dns: podDns(pod, context),
    hostPorts: [],
    labels: { ...pod.metadata.labels, [labels.podName]: name, [labels.podNamespace]: namespace, [labels.podUid]: uid },
    annotations: { ...pod.metadata.annotations, [annotations.sandboxAttempt]: String(context.attempt) },
    cgroupParent: podCgroupPath(context.cgroupRoot, pod),
    sysctls: Object.fromEntries((security.sysctls ?? []).map((sysctl) => [sysctl.name, sysctl.value])),
    hostNetwork: spec.hostNetwork === true,
    hostPID: spec.hostPID === true,
    hostIPC: spec.hostIPC === true,
    shareProcessNamespace: spec.shareProcessNamespace === true,
    runtimeHandler: '',
    security: {
      privileged: all.some((container) => container.securityContext?.privileged === true),
      ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser }),
      ...(security.runAsUser === undefined || security.runAsGroup === undefined
        ? {}
        : { runAsGroup: security.runAsGroup }),
      supplementalGroups: [
        ...(security.fsGroup === undefined ? [] : [security.fsGroup]),
        ...(security.supplementalGroups ?? []),
      ],
      readonlyRootfs: false,
    },
  };
}

/** `<logs>/<namespace>_<name>_<uid>`. */
export function podLogDirectory(root: string, pod: ReadonlyPod): string {
  const { namespace, name, uid } = pod.metadata;
  return `${root}/${namespace}_${name}_${uid}`;
}

/** What the proxy maps from the node to this pod. */
export function podHostPorts(pod: ReadonlyPod): HostPort[] {
  if (pod.spec?.hostNetwork === true) return [];
  const containers = [
    ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ...(pod.spec?.containers ?? []),
  ];
  return containers
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
    .map(({ protocol, containerPort, hostPort, hostIP }) => ({
      protocol: protocol ?? 'TCP',
      containerPort,
      hostPort: hostPort ?? 0,
      hostIP: hostIP ?? '',
    }));
}
