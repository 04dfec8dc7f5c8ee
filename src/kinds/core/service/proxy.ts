/** Where services/NAME/proxy leads: `name`, `name:port` or `https:name:port`, to a ready endpoint. */
import { endpoints, services } from '#api/generated/resources.ts';
import type { EndpointSubset } from '#api/generated/core/v1.ts';
import type { ObjectKey } from '#api/object.ts';
import type { HookCall, StreamTarget } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { badRequest, notFound, serviceUnavailable } from '#api/status.ts';
import { type AnyService, specOf } from '#kinds/core/service/spec.ts';

/** Throws NotFound or ServiceUnavailable when nothing answers. */
export async function resolveService(
  _object: AnyService | undefined,
  key: ObjectKey,
  _options: URLSearchParams,
  call: HookCall,
): Promise<StreamTarget> {
  const { scheme, name, port } = partsOf(key.name);
  const portName = portNameOf(name, port, key.namespace, call);
  const found = call.reader.get(endpoints, { namespace: key.namespace, name });
  if (found === undefined) throw notFound(services, name);
  const target = pick(found.subsets ?? [], portName, call);
  if (target === undefined) throw serviceUnavailable(`no endpoints available for service "${key.name}"`);
  return { nodeName: target.nodeName, host: target.ip, port: target.port, scheme };
}

function partsOf(id: string): { scheme: 'http' | 'https'; name: string; port: string } {
  const parts = id.split(':');
  if (parts.length === 1) return { scheme: 'http', name: id, port: '' };
  if (parts.length === 2) return { scheme: 'http', name: parts[0] ?? '', port: parts[1] ?? '' };
  const [scheme = '', name = '', port = ''] = parts;
  if (parts.length > 3 || !['http', 'https', ''].includes(scheme))
    throw badRequest(`invalid service request ${JSON.stringify(id)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

function portNameOf(name: string, port: string, namespace: string, { reader }: HookCall): string {
  if (!/^\d+$/.test(port)) return port;
  const service = reader.get(services, { namespace, name });
  if (service === undefined) throw notFound(services, name);
  const declared = specOf(service).ports?.find((each) => each.port === Number(port));
  if (declared === undefined) throw serviceUnavailable(`no service port ${port} found for service "${name}"`);
  return declared.name ?? '';
}

type Endpoint = { ip: string; port: number; nodeName: string };

function pick(
  subsets: readonly DeepReadonly<EndpointSubset>[],
  portName: string,
  { random }: HookCall,
): Endpoint | undefined {
  const candidates: Endpoint[] = [];
  for (const { addresses = [], ports = [] } of subsets) {
    const port = ports.find(({ name = '' }) => name === portName);
    if (port === undefined) continue;
    for (const { ip, nodeName = '' } of addresses) candidates.push({ ip, port: port.port, nodeName });
  }
  return candidates[Math.floor(random.next() * candidates.length)];
}
