/** Rules of Ingresses. @see https://kubernetes.io/docs/concepts/services-networking/ingress/ */
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressTLS,
} from '#api/generated/networking/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { parseIp } from '#base/ip.ts';
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  isValidPortName,
  isValidPortNumber,
  isWildcardDNS1123Subdomain,
} from '#api/meta/names.ts';
import { fieldOrEmptied } from '#api/schema/normalize.ts';
import { fieldError, type FieldError } from '#api/status.ts';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'] as const;
const refusedSequences = ['//', '/./', '/../', '%2f', '%2F'];
const refusedEndings = ['/..', '/.'];
const classAnnotation = 'kubernetes.io/ingress.class';

/** What a new Ingress must not say twice in different ways. */
export function validateCreate({ metadata, spec }: DeepReadonly<Ingress>): FieldError[] {
  const annotation = metadata.annotations?.[classAnnotation];
  const name = spec?.ingressClassName;
  if (annotation === undefined || name === undefined || annotation === name) return [];
  const text = 'must match `ingressClassName` when both are specified';
  return [fieldError.invalid(`annotations.${classAnnotation}`, annotation, text)];
}

export function validate({ spec = {} }: DeepReadonly<Ingress>): FieldError[] {
  const errors: FieldError[] = [];
  const { rules = [], defaultBackend, tls = [], ingressClassName: name } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    const text = 'either `defaultBackend` or `rules` must be specified';
    errors.push(fieldError.invalid('spec', fieldOrEmptied(spec, 'rules'), text));
  }
  if (defaultBackend !== undefined) checkBackend(errors, defaultBackend, 'spec.defaultBackend');
  rules.forEach((rule, i) => checkRule(errors, rule, `spec.rules[${i}]`));
  tls.forEach((entry, i) => checkTls(errors, entry, `spec.tls[${i}]`));
  if (name !== undefined) refuse(errors, 'spec.ingressClassName', name, isDNS1123Subdomain(name));
  return errors;
}

function refuse(errors: FieldError[], path: string, value: unknown, messages: readonly string[]): void {
  for (const message of messages) errors.push(fieldError.invalid(path, value, message));
}

function checkHost(errors: FieldError[], host: string, path: string): void {
  refuse(errors, path, host, host.includes('*') ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host));
}

function checkTls(errors: FieldError[], { hosts, secretName = '' }: DeepReadonly<IngressTLS>, path: string): void {
  hosts?.forEach((host, i) => checkHost(errors, host, `${path}.hosts[${i}]`));
  if (secretName !== '') refuse(errors, `${path}.secretName`, secretName, isDNS1123Subdomain(secretName));
}

function checkRule(errors: FieldError[], { host = '', http }: DeepReadonly<IngressRule>, path: string): void {
  if (host !== '') {
    if (parseIp(host) !== undefined)
      errors.push(fieldError.invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'));
    checkHost(errors, host, `${path}.host`);
  }
  if (http === undefined) return;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(fieldError.required(`${path}.http.paths`));
  paths.forEach((each, i) => checkPath(errors, each, `${path}.http.paths[${i}]`));
}

function checkPath(errors: FieldError[], rule: DeepReadonly<HTTPIngressPath>, path: string): void {
  const { path: value = '', backend } = rule;
  // Required pointers are printed as null where they are absent.
  const pathType: string | null = rule.pathType ?? null;
  if (pathType === null) {
    errors.push(fieldError.required(`${path}.pathType`, 'pathType must be specified'));
    return;
  }
  if (!(pathTypes as readonly string[]).includes(pathType))
    errors.push(fieldError.notSupported(`${path}.pathType`, pathType, pathTypes));
  else {
    const isSpecific = pathType === 'ImplementationSpecific';
    if (!value.startsWith('/') && !(isSpecific && value === ''))
      errors.push(fieldError.invalid(`${path}.path`, value, 'must be an absolute path'));
    if (!isSpecific) refuse(errors, `${path}.path`, value, pathProblems(value));
  }
  checkBackend(errors, backend ?? {}, `${path}.backend`);
}

function pathProblems(value: string): string[] {
  return [
    ...refusedSequences.filter((part) => value.includes(part)).map((part) => `must not contain '${part}'`),
    ...refusedEndings.filter((end) => value.endsWith(end)).map((end) => `cannot end with '${end}'`),
  ];
}

function checkBackend(errors: FieldError[], backend: DeepReadonly<IngressBackend>, path: string): void {
  const { resource, service } = backend;
  if (resource !== undefined && service !== undefined)
    errors.push(fieldError.invalid(path, '', 'cannot set both resource and service backends'));
  else if (resource !== undefined) checkReference(errors, resource, `${path}.resource`);
  else if (service === undefined) errors.push(fieldError.invalid(path, '', 'resource or service backend is required'));
  else {
    const { name = '' } = service;
    if (name === '') errors.push(fieldError.required(`${path}.service.name`));
    else refuse(errors, `${path}.service.name`, name, isDNS1123Label(name));
    checkPort(errors, service.port ?? {}, path);
  }
}

function checkPort(
  errors: FieldError[],
  port: { readonly name?: string; readonly number?: number },
  path: string,
): void {
  const { name = '', number = 0 } = port;
  if (name !== '' && number !== 0) errors.push(fieldError.invalid(path, '', 'cannot set both port name & port number'));
  else if (name !== '') refuse(errors, `${path}.service.port.name`, name, isValidPortName(name));
  else if (number !== 0) refuse(errors, `${path}.service.port.number`, number, isValidPortNumber(number));
  else errors.push(fieldError.required(path, 'port name or number is required'));
}

type Reference = DeepReadonly<NonNullable<IngressBackend['resource']>>;

function checkReference(errors: FieldError[], { apiGroup, kind = '', name = '' }: Reference, path: string): void {
  const group: string | null = apiGroup ?? null;
  if (group !== null) refuse(errors, `${path}.apiGroup`, group, isDNS1123Subdomain(group));
  for (const [field, value] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    if (value === '') errors.push(fieldError.required(`${path}.${field}`));
    else refuse(errors, `${path}.${field}`, value, isPathSegmentName(value));
  }
}
