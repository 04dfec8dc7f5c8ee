/**
 * Addresses of Services, out of the ranges of the ServiceCIDRs. Each is held by an IPAddress object of the same name,
 * whose creation is the allocation: of two Services that want one address, one gets AlreadyExists.
 * Unnamed addresses come from the upper part of a range, so that the lower part stays free for those who name theirs.
 * @see https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
 */
import type { Service } from '#api/generated/core/v1.ts';
import { ipaddresses, servicecidrs, services } from '#api/generated/resources.ts';
import type { HookCall } from '#api/resource.ts';
import { formatIp, type IpPrefix, parseIp, parsePrefix, prefixContains, prefixSize } from '#base/ip.ts';
import { fieldError, internalError, invalid, isAlreadyExists, isNotFound } from '#api/status.ts';
import type { Family } from '#kinds/core/service/spec.ts';

const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const managerLabel = 'ipaddress.kubernetes.io/managed-by';
const manager = 'ipallocator.k8s.io';

/** Takes a named address for a Service. Throws Invalid if it is out of range or taken. */
export async function takeAddress(service: Service, ip: string, call: HookCall): Promise<string> {
  const address = parseIp(ip);
  const ranges = rangesOf(call).filter(({ family }) => family === address?.family);
  const found = ranges.find((each) => address !== undefined && prefixContains(each, address));
  // A dry run asks the first range whatever the address is.
  const range = found ?? (call.dryRun ? ranges[0] : undefined);
  const fail = (why: string): never => {
    const text = `failed to allocate IP ${ip}: ${why}`;
    throw invalid(services, service.metadata.name ?? '', [
      fieldError.invalid('spec.clusterIPs', service.spec?.clusterIPs, text),
    ]);
  };
  if (range === undefined || address === undefined)
    return fail('the provided network does not match the current range');
  const { first, last } = usable(range);
  if (address.value < first || address.value > last) {
    const text = `the provided IP (${formatIp(address)}) is not in the valid range. The range of valid IPs is ${formatIp({ family: range.family, value: range.base })}/${range.length}`;
    return fail(text);
  }
  const name = formatIp(address);
  if (call.dryRun || (await create(service, name, address.family === 4 ? 'IPv4' : 'IPv6', call))) return ip;
  return fail('provided IP is already allocated');
}

/** Takes any free address of a family. Throws InternalError when there is none. */
export async function takeAnyAddress(service: Service, family: Family, call: HookCall): Promise<string> {
  const ranges = rangesOf(call).filter((range) => range.family === (family === 'IPv4' ? 4 : 6));
  const [firstRange] = ranges;
  if (call.dryRun && firstRange !== undefined) return formatIp({ family: firstRange.family, value: firstRange.base });
  for (const range of ranges) {
    for (const [from, to] of bands(range)) {
      const found = await search(service, range.family, [from, to], call);
      if (found !== undefined) return found;
    }
  }
  throw internalError(`failed to allocate a serviceIP for Service "${service.metadata.name}": range is full`);
}

/** Gives an address back. */
export async function releaseAddress(ip: string, call: HookCall): Promise<void> {
  const address = parseIp(ip);
  if (address === undefined || call.dryRun) return;
  await call.writer.delete(ipaddresses, { namespace: '', name: formatIp(address) }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/** Ranges of all ServiceCIDRs that are ready and stay; those of the settings before the first is stored. */
function rangesOf({ reader, settings }: HookCall): IpPrefix[] {
  const stored = [...reader.list(servicecidrs)].filter(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return metadata.deletionTimestamp === undefined && (ready === undefined || ready.status === 'True');
  });
  const cidrs = [...new Set([...settings.serviceCIDRs, ...stored.flatMap(({ spec }) => spec?.cidrs ?? [])])];
  return cidrs.map(parsePrefix).filter((prefix) => prefix !== undefined);
}

/** Without the network's own address, and without IPv4's broadcast. */
function usable(range: IpPrefix): { first: bigint; last: bigint } {
  const last = range.base + prefixSize(range) - 1n;
  return { first: range.base + 1n, last: range.family === 4 ? last - 1n : last };
}

/** The upper part first, then the part that is kept for named addresses: at most 256, at least 16, else a sixteenth. */
function bands(range: IpPrefix): [bigint, bigint][] {
  const { first, last } = usable(range);
  const size = prefixSize(range);
  const sixteenth = size / 16n;
  const offset = size <= 16n ? 0n : sixteenth < 16n ? 16n : sixteenth > 256n ? 256n : sixteenth;
  if (offset === 0n) return [[first, last]];
  return [
    [first + offset, last],
    [first, first + offset - 1n],
  ];
}

async function search(
  service: Service,
  family: 4 | 6,
  [from, to]: [bigint, bigint],
  call: HookCall,
): Promise<string | undefined> {
  const size = to - from + 1n;
  if (size <= 0n) return undefined;
  const start = BigInt(Math.floor(call.random.next() * Number(size > 2n ** 52n ? 2n ** 52n : size)));
  for (let i = 0n; i < size; i++) {
    const name = formatIp({ family, value: from + ((start + i) % size) });
    if (call.reader.get(ipaddresses, { namespace: '', name }) !== undefined) continue;
    if (await create(service, name, family === 4 ? 'IPv4' : 'IPv6', call)) return name;
  }
  return undefined;
}

/** False: somebody has it. */
async function create({ metadata }: Service, name: string, family: Family, { writer }: HookCall): Promise<boolean> {
  const parentRef = {
    group: '',
    resource: 'services',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
  };
  const labels = { [familyLabel]: family, [managerLabel]: manager };
  try {
    await writer.create(ipaddresses, { metadata: { name, labels }, spec: { parentRef } });
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}
