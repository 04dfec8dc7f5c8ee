/** Endpoints, the older form of EndpointSlices. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/ */
import { endpoints as endpointsRef } from '#api/generated/resources.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName, isValidPortNumber } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { validateEndpointIp, validateLegacyIp, warningsForIp } from '#kinds/ip-validation.ts';

export const protocols = ['SCTP', 'TCP', 'UDP'] as const;
const maxShown = 3;

export const endpoints: Resource<Endpoints> = {
  ...endpointsRef,
  singular: 'endpoints',
  shortNames: ['ep'],
  schema: 'io.k8s.api.core.v1.Endpoints',
  metadataOnUpdate: 'change-object',
  registryPath: 'services/endpoints',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults(object) {
    for (const subset of object.subsets ?? [])
      for (const port of subset.ports ?? []) if ((port.protocol ?? '') === '') port.protocol = 'TCP';
  },
  validate: validateSubsets,
  warnings,
  columns: [{ name: 'Endpoints', type: 'string', value: formatEndpoints }, ageColumn],
};

function validateSubsets({ subsets = [] }: DeepReadonly<Endpoints>): FieldError[] {
  const errors: FieldError[] = [];
  subsets.forEach((subset, i) => {
    const path = `subsets[${i}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length === 0 && notReadyAddresses.length === 0)
      errors.push(fieldError.required(path, 'must specify `addresses` or `notReadyAddresses`'));
    addresses.forEach((address, n) => errors.push(...validateAddress(address, `${path}.addresses[${n}]`)));
    notReadyAddresses.forEach((address, n) =>
      errors.push(...validateAddress(address, `${path}.notReadyAddresses[${n}]`)),
    );
    ports.forEach((port, n) => errors.push(...validatePort(port, ports.length > 1, `${path}.ports[${n}]`)));
  });
  return errors;
}

function validateAddress(address: DeepReadonly<EndpointAddress>, path: string): FieldError[] {
  const ip = address.ip ?? '';
  const errors = validateLegacyIp(ip, `${path}.ip`);
  const { hostname = '', nodeName } = address;
  if (hostname !== '')
    for (const message of isDNS1123Label(hostname))
      errors.push(fieldError.invalid(`${path}.hostname`, hostname, message));
  if (nodeName !== undefined)
    for (const message of isDNS1123Subdomain(nodeName))
      errors.push(fieldError.invalid(`${path}.nodeName`, nodeName, message));
  errors.push(...validateEndpointIp(ip, `${path}.ip`));
  return errors;
}

function validatePort(port: DeepReadonly<EndpointPort>, needsName: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', protocol = '', appProtocol } = port;
  if (name === '' && needsName) errors.push(fieldError.required(`${path}.name`));
  else if (name !== '')
    for (const message of isDNS1123Label(name)) errors.push(fieldError.invalid(`${path}.name`, name, message));
  for (const message of isValidPortNumber(port.port ?? 0))
    errors.push(fieldError.invalid(`${path}.port`, port.port ?? 0, message));
  errors.push(...validateProtocol(protocol, `${path}.protocol`));
  if (appProtocol !== undefined)
    for (const message of isQualifiedName(appProtocol))
      errors.push(fieldError.invalid(`${path}.appProtocol`, appProtocol, message));
  return errors;
}

export function validateProtocol(protocol: string, path: string): FieldError[] {
  if (protocol === '') return [fieldError.required(path)];
  return (protocols as readonly string[]).includes(protocol)
    ? []
    : [fieldError.notSupported(path, protocol, protocols)];
}

function warnings(object: DeepReadonly<Endpoints>, _old?: DeepReadonly<Endpoints>): string[] {
  if (object.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return [];
  const list: string[] = [];
  object.subsets?.forEach((subset, i) => {
    for (const field of ['addresses', 'notReadyAddresses'] as const)
      subset[field]?.forEach((address, n) =>
        list.push(...warningsForIp(address.ip, `subsets[${i}].${field}[${n}].ip`)),
      );
  });
  return list;
}

function formatEndpoints({ subsets = [] }: DeepReadonly<Endpoints>): string {
  if (subsets.length === 0) return '<none>';
  const list: string[] = [];
  for (const { addresses = [], ports = [] } of subsets) {
    if (ports.length === 0) list.push(...addresses.map(({ ip }) => ip));
    for (const { port } of ports)
      list.push(...addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
  }
  const shown = list.slice(0, maxShown).join(',');
  return list.length > maxShown ? `${shown} + ${list.length - maxShown} more...` : shown;
}
