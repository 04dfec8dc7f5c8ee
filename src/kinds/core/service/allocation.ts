/** What a Service acquires when it is written: families, addresses, node ports; and what it gives back. */
import type { Service, ServiceSpec } from '#api/generated/core/v1.ts';
import { endpoints, services } from '#api/generated/resources.ts';
import type { HookCall, Rollback } from '#api/resource.ts';
import { fieldError, internalError, invalid, isNotFound, StatusError } from '#api/status.ts';
import { releaseAddress, takeAddress, takeAnyAddress } from '#kinds/core/service/cluster-ips.ts';
import { clusterFamilies, initFamilies } from '#kinds/core/service/families.ts';
import { forgetPromises, NodePortClaim } from '#kinds/core/service/node-ports.ts';
import {
  allocatesNodePorts,
  type AnyService,
  type AnySpec,
  hasNodePorts,
  headless,
  needsClusterIp,
  needsHealthCheckPort,
  nodePortsOf,
  specOf,
} from '#kinds/core/service/spec.ts';
import { normalizeClusterIps, patchAllocated } from '#kinds/core/service/type-change.ts';

export async function allocateCreate(service: Service, call: HookCall): Promise<Rollback> {
  const spec = (service.spec ??= {});
  normalizeClusterIps(spec, undefined);
  initFamilies(service, undefined, clusterFamilies(call.settings));
  const taken = await takeAddresses(service, call);
  return await withPorts(service, undefined, taken, call);
}

export async function allocateUpdate(service: Service, stored: AnyService, call: HookCall): Promise<Rollback> {
  const spec = (service.spec ??= {});
  const old = specOf(stored);
  patchAllocated(spec, old);
  normalizeClusterIps(spec, old);
  initFamilies(service, old, clusterFamilies(call.settings));
  const isTaking = old.type === 'ExternalName' || isUpgraded(spec, old);
  const taken = isTaking && needsClusterIp(spec) ? await takeAddresses(service, call, old.clusterIPs ?? []) : [];
  const rollback = await withPorts(service, old, taken, call);
  const released = releasedAddresses(spec, old);
  for (const ip of released) await releaseAddress(ip, call);
  if (released.length === 0 || call.dryRun) return rollback;
  return async () => {
    await rollback();
    for (const ip of released) await takeAddress(service, ip, call).catch(() => undefined);
  };
}

function isUpgraded(spec: AnySpec, old: AnySpec): boolean {
  return old.ipFamilies?.length === 1 && spec.ipFamilies?.length === 2 && old.clusterIPs?.[0] !== headless;
}

/** Takes one address per family; those in `held` are the Service's already. Returns what was taken. */
async function takeAddresses(service: Service, call: HookCall, held: readonly string[] = []): Promise<string[]> {
  const spec = service.spec as ServiceSpec;
  if (!needsClusterIp(spec) || spec.clusterIPs?.[0] === headless) return [];
  const addresses: string[] = [...(spec.clusterIPs ?? [])];
  const taken: string[] = [];
  try {
    for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
      const wanted = addresses[i] ?? '';
      if (wanted !== '' && held.includes(wanted)) continue;
      const ip =
        wanted === ''
          ? await takeAnyAddress(service, family === 'IPv6' ? 'IPv6' : 'IPv4', call)
          : await takeAddress(service, wanted, call);
      addresses[i] = ip;
      taken.push(ip);
    }
  } catch (error) {
    for (const ip of taken) await releaseAddress(ip, call);
    throw error;
  }
  spec.clusterIPs = addresses;
  if (addresses[0] !== undefined) spec.clusterIP = addresses[0];
  return taken;
}

function releasedAddresses(spec: AnySpec, old: AnySpec): string[] {
  const before = (old.clusterIPs ?? []).filter((ip) => ip !== headless);
  if (needsClusterIp(old) && !needsClusterIp(spec)) return before;
  const isDowngraded = old.ipFamilies?.length === 2 && spec.ipFamilies?.length === 1;
  return isDowngraded ? before.slice(1) : [];
}

async function withPorts(
  service: Service,
  old: AnySpec | undefined,
  taken: readonly string[],
  call: HookCall,
): Promise<Rollback> {
  const spec = service.spec as ServiceSpec;
  const needsClaim = hasNodePorts(spec) || needsHealthCheckPort(spec);
  const claim = needsClaim ? new NodePortClaim(call) : undefined;
  const rollback = async (): Promise<void> => {
    claim?.release();
    for (const ip of taken) await releaseAddress(ip, call);
  };
  try {
    if (claim !== undefined) claimPorts(service, old, claim);
  } catch (error) {
    await rollback();
    throw error;
  }
  return rollback;
}

function claimPorts(service: Service, old: AnySpec | undefined, claim: NodePortClaim): void {
  const spec = service.spec as ServiceSpec;
  if (hasNodePorts(spec)) claimNodePorts(service, old === undefined ? [] : nodePortsOf(old), claim);
  if (!needsHealthCheckPort(spec) || (old !== undefined && needsHealthCheckPort(old))) return;
  const wanted = spec.healthCheckNodePort ?? 0;
  if (wanted !== 0) {
    const problem = claim.take(wanted);
    if (problem !== '') throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${problem}`);
    return;
  }
  const port = claim.takeAny();
  if (port === undefined) throw internalError('failed to allocate a HealthCheck NodePort 0: range is full');
  spec.healthCheckNodePort = port;
}

/** Ports of one number (TCP and UDP 53) share a node port, unless they name different ones. */
function claimNodePorts(service: Service, held: readonly number[], claim: NodePortClaim): void {
  const spec = service.spec as ServiceSpec;
  const shared = new Map<number, number>();
  const claimed = new Set(held);
  const take = (port: number, i: number): void => {
    if (claimed.has(port)) return;
    const problem = claim.take(port);
    const error = fieldError.invalid(`spec.ports[${i}].nodePort`, port, problem);
    if (problem !== '') throw invalid(services, service.metadata.name ?? '', [error]);
    claimed.add(port);
  };
  spec.ports?.forEach((port, i) => {
    const wanted = port.nodePort ?? 0;
    if (wanted === 0 && !allocatesNodePorts(spec)) return;
    const named = spec.ports?.find((each) => each.port === port.port && (each.nodePort ?? 0) !== 0)?.nodePort;
    const isNew = held.length === 0;
    if (wanted !== 0) take(wanted, i);
    else if (isNew && shared.has(port.port)) port.nodePort = shared.get(port.port) as number;
    else if (isNew && named !== undefined) {
      take(named, i);
      port.nodePort = named;
    } else {
      const free = claim.takeAny();
      if (free === undefined) throw internalError('failed to allocate a nodePort: range is full');
      port.nodePort = free;
    }
    if (!isNew) checkFirst(spec, i);
    if (!shared.has(port.port) && port.nodePort !== undefined) shared.set(port.port, port.nodePort);
  });
}

/** Upstream refuses a repeated node port of an update here already, in its own way. */
function checkFirst(spec: ServiceSpec, i: number): void {
  const { protocol = '', nodePort = 0 } = spec.ports?.[i] ?? {};
  const before = spec.ports?.slice(0, i) ?? [];
  if (before.some((port) => port.nodePort === nodePort && port.protocol === protocol))
    throw new StatusError(500, '', `duplicate nodePort: {${protocol} ${nodePort}}`);
}

/** Gives everything back, and removes the Endpoints of the same name, which would mislead a successor. */
export async function releaseAll(service: AnyService, call: HookCall): Promise<void> {
  const spec = specOf(service);
  const key = { namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' };
  await call.writer.delete(endpoints, key).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  if (needsClusterIp(spec)) for (const ip of spec.clusterIPs ?? []) if (ip !== headless) await releaseAddress(ip, call);
  forgetPromises(call.reader, [...nodePortsOf(spec), spec.healthCheckNodePort ?? 0]);
}
