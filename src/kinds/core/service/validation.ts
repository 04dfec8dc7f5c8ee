/** Rules of Services. */
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isQualifiedName,
  isValidPortName,
  isValidPortNumber,
} from '#api/meta/names.ts';
import { validateLabels } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { validateProtocol } from '#kinds/core/endpoints/resource.ts';
import {
  validateClusterIpChange,
  validateClusterIps,
  validateFamilyChange,
} from '#kinds/core/service/cluster-ip-validation.ts';
import {
  type AnyPort,
  type AnyService,
  type AnySpec,
  isExternallyAccessible,
  isHeadless,
  needsHealthCheckPort,
  specOf,
} from '#kinds/core/service/spec.ts';
import { validateEndpointIp, validateLegacyCidr, validateLegacyIp } from '#kinds/ip-validation.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const;
const affinities = ['ClientIP', 'None'] as const;
const trafficPolicies = ['Cluster', 'Local'] as const;
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const;
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const topologyMode = 'service.kubernetes.io/topology-mode';
const topologyHints = 'service.kubernetes.io/topology-aware-hints';
const maxAffinitySeconds = 86_400;

/** `old` is given on updates: values that stood there before are not judged again. */
export function validateService(service: AnyService, old?: AnyService): FieldError[] {
  const spec = specOf(service);
  const before = old === undefined ? undefined : specOf(old);
  return [
    ...validateTopology(service),
    ...validateShape(spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateClusterIps(spec, before),
    ...validateExternalIps(spec, before),
    ...validateType(spec),
    ...validateDuplicatePorts(spec),
    ...validateSourceRanges(service, old),
    ...validateLoadBalancer(spec),
    ...validateExternalTraffic(spec),
    ...validateInternalTraffic(spec),
    ...supported('spec.trafficDistribution', spec.trafficDistribution, distributions),
  ];
}

export function validateServiceUpdate(service: AnyService, old: AnyService): FieldError[] {
  const [spec, before] = [specOf(service), specOf(old)];
  const errors = [...validateClusterIpChange(spec, before), ...validateFamilyChange(spec, before)];
  const areBalanced = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (areBalanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    const value = spec.loadBalancerClass ?? null;
    errors.push(fieldError.invalid('spec.loadBalancerClass', value, 'may not change once set'));
  }
  errors.push(...validateClass(spec));
  const needHealth = needsHealthCheckPort(spec) && needsHealthCheckPort(before);
  if (needHealth && (spec.healthCheckNodePort ?? 0) !== (before.healthCheckNodePort ?? 0))
    errors.push(fieldError.forbidden('spec.healthCheckNodePort', 'field is immutable'));
  return errors;
}

function supported(path: string, value: string | undefined, values: readonly string[]): FieldError[] {
  return value === undefined || values.includes(value) ? [] : [fieldError.notSupported(path, value, values)];
}

function validateTopology({ metadata }: AnyService): FieldError[] {
  const mode = metadata.annotations?.[topologyMode];
  const hints = metadata.annotations?.[topologyHints];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const text = `must match annotations[${topologyHints}] when both are specified`;
  return [fieldError.invalid(`metadata.annotations[${topologyMode}]`, mode, text)];
}

function validateShape(spec: AnySpec): FieldError[] {
  const errors: FieldError[] = [];
  const type = spec.type ?? '';
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && type !== 'ExternalName')
    errors.push(fieldError.required('spec.ports'));
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec))
    errors.push(fieldError.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (type !== 'ExternalName') return errors;
  const mayNot = (field: string, isSet: boolean): void => {
    if (isSet) errors.push(fieldError.forbidden(`spec.${field}`, 'may not be set for ExternalName services'));
  };
  mayNot('clusterIPs', (spec.clusterIPs ?? []).length > 0);
  mayNot('ipFamilies', (spec.ipFamilies ?? []).length > 0);
  mayNot('ipFamilyPolicy', spec.ipFamilyPolicy !== undefined);
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(fieldError.required('spec.externalName'));
  else
    for (const message of isDNS1123Subdomain(name)) errors.push(fieldError.invalid('spec.externalName', name, message));
  return errors;
}

function validatePorts({ ports = [] }: AnySpec): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => validatePort(port, ports.length > 1, names, `spec.ports[${i}]`));
}

function validatePort(port: AnyPort, needsName: boolean, names: Set<string>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', targetPort = 0, appProtocol } = port;
  if (name === '' && needsName) errors.push(fieldError.required(`${path}.name`));
  else if (name !== '') {
    for (const message of isDNS1123Label(name)) errors.push(fieldError.invalid(`${path}.name`, name, message));
    if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
    names.add(name);
  }
  for (const message of isValidPortNumber(port.port ?? 0))
    errors.push(fieldError.invalid(`${path}.port`, port.port ?? 0, message));
  errors.push(...validateProtocol(port.protocol ?? '', `${path}.protocol`));
  const messages = typeof targetPort === 'number' ? isValidPortNumber(targetPort) : isValidPortName(targetPort);
  for (const message of messages) errors.push(fieldError.invalid(`${path}.targetPort`, targetPort, message));
  if (appProtocol !== undefined)
    for (const message of isQualifiedName(appProtocol))
      errors.push(fieldError.invalid(`${path}.appProtocol`, appProtocol, message));
  return errors;
}

function validateAffinity({ sessionAffinity: affinity, sessionAffinityConfig: config }: AnySpec): FieldError[] {
  const sessionAffinity: string = affinity ?? '';
  if (sessionAffinity === '') return [fieldError.required('spec.sessionAffinity')];
  const errors = supported('spec.sessionAffinity', sessionAffinity, affinities);
  const path = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'None' && config !== undefined)
    errors.push(fieldError.forbidden(path, 'must not be set when session affinity is None'));
  if (sessionAffinity !== 'ClientIP') return errors;
  const needed = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (config === undefined) errors.push(fieldError.required(path, needed));
  else if (config.clientIP === undefined) errors.push(fieldError.required(`${path}.clientIP`, needed));
  else if (seconds === undefined) errors.push(fieldError.required(`${path}.clientIP.timeoutSeconds`, needed));
  else if (seconds <= 0 || seconds > maxAffinitySeconds) {
    const text = `must be greater than 0 and less than ${maxAffinitySeconds}`;
    errors.push(fieldError.invalid(`${path}.clientIP.timeoutSeconds`, seconds, text));
  }
  return errors;
}

function validateExternalIps({ externalIPs = [] }: AnySpec, old: AnySpec | undefined): FieldError[] {
  return externalIPs.flatMap((ip, i) => {
    const path = `spec.externalIPs[${i}]`;
    const errors = validateLegacyIp(ip, path, old?.externalIPs ?? []);
    return errors.length > 0 ? errors : validateEndpointIp(ip, path);
  });
}

function validateType({ type, ports = [] }: AnySpec): FieldError[] {
  if ((type ?? '') === '') return [fieldError.required('spec.type')];
  const errors = supported('spec.type', type, types);
  if (type !== 'ClusterIP') return errors;
  ports.forEach(({ nodePort = 0 }, i) => {
    if (nodePort !== 0)
      errors.push(fieldError.forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
  return errors;
}

function validateDuplicatePorts({ ports = [] }: AnySpec): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const seen = new Set<string>();
  ports.forEach(({ nodePort = 0, protocol }, i) => {
    const key = `${protocol}/${nodePort}`;
    if (nodePort !== 0 && nodePorts.has(key)) errors.push(fieldError.duplicate(`spec.ports[${i}].nodePort`, nodePort));
    if (nodePort !== 0) nodePorts.add(key);
  });
  ports.forEach(({ port, protocol = '' }, i) => {
    const key = `${protocol}/${port}`;
    // Upstream prints a struct of its own here, with every field in it.
    const printed = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (seen.has(key)) errors.push(fieldError.duplicate(`spec.ports[${i}]`, printed));
    seen.add(key);
  });
  return errors;
}

function validateSourceRanges(service: AnyService, old: AnyService | undefined): FieldError[] {
  const spec = specOf(service);
  const annotation = service.metadata.annotations?.[sourceRangesAnnotation];
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const isField = ranges.length > 0;
  if (!isField && annotation === undefined) return [];
  const path = isField ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${sourceRangesAnnotation}]`;
  const errors: FieldError[] = [];
  if (spec.type !== 'LoadBalancer')
    errors.push(fieldError.forbidden(path, "may only be used when `type` is 'LoadBalancer'"));
  if (isField) {
    const accepted = (old === undefined ? [] : (specOf(old).loadBalancerSourceRanges ?? [])).map((range) =>
      range.trim(),
    );
    ranges.forEach((range, i) => errors.push(...validateLegacyCidr(range.trim(), `${path}[${i}]`, accepted)));
  } else if (old?.metadata.annotations?.[sourceRangesAnnotation] !== annotation && (annotation ?? '').trim() !== '')
    for (const range of (annotation ?? '').split(',')) errors.push(...validateLegacyCidr(range.trim(), path));
  return errors;
}

const onlyOfBalancers = "may only be used when `type` is 'LoadBalancer'";

function validateLoadBalancer(spec: AnySpec): FieldError[] {
  const { allocateLoadBalancerNodePorts: allocates } = spec;
  const errors: FieldError[] = [];
  if (spec.type !== 'LoadBalancer' && allocates !== undefined)
    errors.push(fieldError.forbidden('spec.allocateLoadBalancerNodePorts', onlyOfBalancers));
  if (spec.type === 'LoadBalancer' && allocates === undefined)
    errors.push(fieldError.required('allocateLoadBalancerNodePorts'));
  return [...errors, ...validateClass(spec)];
}

function validateClass({ type, loadBalancerClass: name }: AnySpec): FieldError[] {
  const path = 'spec.loadBalancerClass';
  if (name === undefined) return [];
  if (type !== 'LoadBalancer') return [fieldError.forbidden(path, onlyOfBalancers)];
  return isQualifiedName(name).map((message) => fieldError.invalid(path, name, message));
}

function validateExternalTraffic(spec: AnySpec): FieldError[] {
  const errors: FieldError[] = [];
  const policy = spec.externalTrafficPolicy as string | undefined;
  const path = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec)) {
    if ((policy ?? '') !== '')
      errors.push(fieldError.invalid(path, policy, 'may only be set for externally-accessible services'));
  } else if ((policy ?? '') === '') errors.push(fieldError.required(path));
  else errors.push(...supported(path, policy, trafficPolicies));
  const port = spec.healthCheckNodePort ?? 0;
  const portPath = 'spec.healthCheckNodePort';
  if (!needsHealthCheckPort(spec)) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    if (port !== 0) errors.push(fieldError.invalid(portPath, port, text));
  } else if (port === 0) errors.push(fieldError.required(portPath));
  else for (const message of isValidPortNumber(port)) errors.push(fieldError.invalid(portPath, port, message));
  return errors;
}

function validateInternalTraffic({ type, internalTrafficPolicy: policy }: AnySpec): FieldError[] {
  const path = 'spec.internalTrafficPolicy';
  if (policy !== undefined) return supported(path, policy, trafficPolicies);
  const isNeeded = type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP';
  return isNeeded ? [fieldError.required(path)] : [];
}
