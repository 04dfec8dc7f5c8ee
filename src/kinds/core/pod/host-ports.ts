/** Ports that a pod takes on its node. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { PodSpec } from '#api/generated/core/v1.ts';

export interface HostPort {
  /** 0.0.0.0: every address. */
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

export function hostPorts(spec: DeepReadonly<PodSpec> | undefined): HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...(spec?.containers ?? []), ...sidecars]) {
    for (const { hostPort = 0, hostIP, protocol } of container.ports ?? []) {
      if (hostPort > 0) ports.push({ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort });
    }
  }
  return ports;
}

/** They cannot both be had. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
}
