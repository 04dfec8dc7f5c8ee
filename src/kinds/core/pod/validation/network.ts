/** Rules of a pod's names and name service. */
import type { HostAlias, PodDNSConfig } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123SubdomainWithUnderscore, utf8Length } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { validateLegacyIp } from '#kinds/ip-validation.ts';
import { addMessages, type AnySpec, checkSubdomain, type PodCheck } from '#kinds/core/pod/validation/context.ts';

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchLength = 2048;
const maxHostname = 64;

export function checkDnsConfig(errors: FieldError[], { dnsPolicy, dnsConfig }: AnySpec, path: string): void {
  if (dnsPolicy === 'None' && dnsConfig === undefined) {
    errors.push(fieldError.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    return;
  }
  if (dnsPolicy === 'None' && (dnsConfig?.nameservers ?? []).length === 0) {
    const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(fieldError.required(`${path}.nameservers`, text));
    return;
  }
  if (dnsConfig !== undefined) checkConfig(errors, dnsConfig, path);
}

function checkConfig(errors: FieldError[], config: DeepReadonly<PodDNSConfig>, path: string): void {
  const { nameservers = [], searches = [], options } = config;
  if (nameservers.length > maxNameservers) {
    const text = `must not have more than ${maxNameservers} nameservers`;
    errors.push(fieldError.invalid(`${path}.nameservers`, nameservers, text));
  }
  nameservers.forEach((address, i) => errors.push(...validateLegacyIp(address, `${path}.nameservers[${i}]`)));
  if (searches.length > maxSearches) {
    const text = `must not have more than ${maxSearches} search paths`;
    errors.push(fieldError.invalid(`${path}.searches`, searches, text));
  }
  if (utf8Length(searches.join(' ')) > maxSearchLength) {
    const text = `must not have more than ${maxSearchLength} characters (including spaces) in the search list`;
    errors.push(fieldError.invalid(`${path}.searches`, searches, text));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const bare = search.endsWith('.') ? search.slice(0, -1) : search;
    addMessages(errors, isDNS1123SubdomainWithUnderscore(bare), `${path}.searches[${i}]`, bare);
  });
  options?.forEach(({ name }, i) => {
    if ((name ?? '') === '') errors.push(fieldError.required(`${path}.options[${i}]`, 'must not be empty'));
  });
}

export function checkHostAliases(
  errors: FieldError[],
  list: readonly DeepReadonly<HostAlias>[] | undefined,
  path: string,
): void {
  list?.forEach(({ ip = '', hostnames }, i) => {
    errors.push(...validateLegacyIp(ip, `${path}[${i}].ip`));
    hostnames?.forEach((name, n) => checkSubdomain(errors, name, `${path}[${i}].hostnames[${n}]`));
  });
}

/** With the host's network a container's ports are the host's. Only a pod has both filled in. */
export function checkHostNetworkPorts({ errors, spec, isPod }: PodCheck, path: string): void {
  if (spec.hostNetwork !== true) return;
  spec.containers?.forEach(({ ports }, i) =>
    ports?.forEach(({ hostPort = 0, containerPort }, n) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return;
      const text = 'must match `containerPort` when `hostNetwork` is true';
      errors.push(fieldError.invalid(`${path}.containers[${i}].ports[${n}].hostPort`, hostPort, text));
    }),
  );
}

export function checkHostnameOverride(errors: FieldError[], spec: AnySpec, path: string): void {
  const name = spec.hostnameOverride;
  if (name === undefined) return;
  const at = `${path}.hostnameOverride`;
  if (spec.setHostnameAsFQDN === true)
    errors.push(fieldError.forbidden(at, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork === true) errors.push(fieldError.forbidden(at, 'may not be specified when hostNetwork is true'));
  if (utf8Length(name) > maxHostname) errors.push(fieldError.tooLong(at, maxHostname));
  checkSubdomain(errors, name, at);
}

/** Pods with their own users share nothing of the host's. The capitals are upstream's. */
export function checkOwnUsers({ errors, spec, hostUsers }: PodCheck, path: string): void {
  if (hostUsers) return;
  const text = 'when `hostUsers` is false';
  if (spec.hostNetwork === true) errors.push(fieldError.forbidden(`${path}.hostNetwork`, text));
  if (spec.hostPID === true) errors.push(fieldError.forbidden(`${path}.HostPID`, text));
  if (spec.hostIPC === true) errors.push(fieldError.forbidden(`${path}.HostIPC`, text));
}
