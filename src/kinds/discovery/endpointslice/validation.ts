/** Rules of EndpointSlices. */
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '#api/generated/discovery/v1.ts';
import { parseIp } from '#base/ip.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName } from '#api/meta/names.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { validateProtocol } from '#kinds/core/endpoints/resource.ts';
import { validateEndpointIp, validateIp, validateLegacyIp } from '#kinds/ip-validation.ts';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'] as const;
const maxEndpoints = 1000;
const maxPorts = 20000;
const maxAddresses = 100;
const maxHints = 8;

export function validate(object: DeepReadonly<EndpointSlice>): FieldError[] {
  const errors: FieldError[] = [];
  const addressType: string = object.addressType ?? '';
  if (addressType === '') errors.push(fieldError.required('addressType'));
  else if (!(addressTypes as readonly string[]).includes(addressType))
    errors.push(fieldError.notSupported('addressType', addressType, addressTypes));
  errors.push(...validatePorts(object.ports ?? []));
  const endpoints = object.endpoints ?? [];
  if (endpoints.length > maxEndpoints)
    return [...errors, fieldError.tooMany('endpoints', endpoints.length, maxEndpoints)];
  endpoints.forEach((endpoint, i) => errors.push(...validateEndpoint(endpoint, addressType, `endpoints[${i}]`)));
  return errors;
}

export function validateUpdate(object: DeepReadonly<EndpointSlice>, old: DeepReadonly<EndpointSlice>): FieldError[] {
  const errors = validate(object);
  if (object.addressType !== old.addressType)
    errors.splice(
      errors[0]?.field === 'addressType' ? 1 : 0,
      0,
      fieldError.invalid('addressType', object.addressType, fieldIsImmutable),
    );
  return errors;
}

function validatePorts(ports: readonly DeepReadonly<EndpointPort>[]): FieldError[] {
  if (ports.length > maxPorts) return [fieldError.tooMany('ports', ports.length, maxPorts)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach(({ name = '', protocol, appProtocol }, i) => {
    const path = `ports[${i}]`;
    if (name !== '')
      for (const message of isDNS1123Label(name)) errors.push(fieldError.invalid(`${path}.name`, name, message));
    if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(fieldError.required(`${path}.protocol`));
    else if ((protocol as string) === '')
      errors.push(fieldError.notSupported(`${path}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    else errors.push(...validateProtocol(protocol, `${path}.protocol`));
    if (appProtocol !== undefined)
      for (const message of isQualifiedName(appProtocol))
        errors.push(fieldError.invalid(`${path}.appProtocol`, appProtocol, message));
  });
  return errors;
}

function validateEndpoint(endpoint: DeepReadonly<Endpoint>, addressType: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { addresses = [], nodeName, hostname, hints } = endpoint;
  if ((addresses ?? []).length === 0)
    errors.push(fieldError.required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > maxAddresses)
    errors.push(fieldError.tooMany(`${path}.addresses`, addresses.length, maxAddresses));
  (addresses ?? []).forEach((address, i) =>
    errors.push(...validateAddress(address, addressType, `${path}.addresses`, i)),
  );
  if (nodeName !== undefined)
    for (const message of isDNS1123Subdomain(nodeName))
      errors.push(fieldError.invalid(`${path}.nodeName`, nodeName, message));
  if (hostname !== undefined)
    for (const message of isDNS1123Label(hostname))
      errors.push(fieldError.invalid(`${path}.hostname`, hostname, message));
  if (hints !== undefined) errors.push(...validateHints(hints, `${path}.hints`));
  return errors;
}

function validateAddress(address: string, addressType: string, list: string, i: number): FieldError[] {
  const path = `${list}[${i}]`;
  if (addressType === 'FQDN') return validateFullyQualified(address, path);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  const errors = addressType === 'IPv4' ? validateLegacyIp(address, path) : validateIp(address, path);
  if (errors.length > 0) return errors;
  if (parseIp(address)?.family !== (addressType === 'IPv4' ? 4 : 6))
    errors.push(fieldError.invalid(list, address, `must be an ${addressType} address`));
  return [...errors, ...validateEndpointIp(address, path)];
}

function validateFullyQualified(name: string, path: string): FieldError[] {
  if (name === '') return [fieldError.required(path)];
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const messages = isDNS1123Subdomain(bare);
  if (messages.length > 0) return [fieldError.invalid(path, bare, messages.join(','))];
  const labels = bare.split('.');
  if (labels.length < 2)
    return [fieldError.invalid(path, bare, 'should be a domain with at least two segments separated by dots')];
  for (const label of labels) {
    const broken = isDNS1123Label(label);
    if (broken.length > 0) return [fieldError.invalid(path, label, broken.join(','))];
  }
  return [];
}

function validateHints(hints: DeepReadonly<EndpointHints>, path: string): FieldError[] {
  const zones = validateNames(hints.forZones, `${path}.forZones`, isLabelValue);
  if ((hints.forZones?.length ?? 0) > maxHints) return zones;
  return [...zones, ...validateNames(hints.forNodes, `${path}.forNodes`, isDNS1123Subdomain)];
}

function validateNames(
  list: readonly { readonly name: string }[] | undefined,
  path: string,
  check: (name: string) => string[],
): FieldError[] {
  if (list === undefined) return [];
  if (list.length > maxHints) return [fieldError.tooMany(path, list.length, maxHints)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  list.forEach(({ name }, i) => {
    const at = `${path}[${i}].name`;
    if (seen.has(name)) errors.push(fieldError.duplicate(at, name));
    seen.add(name);
    for (const message of check(name)) errors.push(fieldError.invalid(at, name, message));
  });
  return errors;
}
