/** Rules of clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy, which belong together. */
import { parseIp } from '#base/ip.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { type AnySpec, familyOf, headless, isHeadless, sameList } from '#kinds/core/service/spec.ts';
import { validateLegacyIp } from '#kinds/ip-validation.ts';

const families = ['IPv4', 'IPv6'] as const;
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'] as const;
const path = 'spec.clusterIPs';

/** Also run before addresses are allocated. `old` keeps what was accepted once. */
export function validateClusterIps(spec: AnySpec, old: AnySpec | undefined): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIP !== '') {
    if (clusterIPs.length === 0) errors.push(fieldError.required(path));
    else if (clusterIPs[0] !== clusterIP)
      errors.push(fieldError.invalid(path, clusterIPs, 'first value must match `clusterIP`'));
  } else if (clusterIPs.length > 0)
    errors.push(fieldError.invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  errors.push(...validateFamilies(spec));
  const addresses = validateAddresses(clusterIPs, old?.clusterIPs ?? []);
  errors.push(...addresses);
  if (clusterIPs.length > 2) errors.push(fieldError.invalid(path, clusterIPs, 'may only hold up to 2 values'));
  if (addresses.length > 0) return errors;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs))
    errors.push(fieldError.invalid(path, clusterIPs, 'may specify no more than one IP for each IP family'));
  if (!isHeadless(spec)) errors.push(...validateMatch(clusterIPs, ipFamilies));
  return errors;
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: AnySpec): FieldError[] {
  const errors: FieldError[] = [];
  ipFamilies.forEach((family, i) => {
    const at = `spec.ipFamilies[${i}]`;
    if (!(families as readonly string[]).includes(family)) errors.push(fieldError.notSupported(at, family, families));
    if (ipFamilies.indexOf(family) < i) errors.push(fieldError.duplicate(at, family));
  });
  if (ipFamilyPolicy !== undefined && !(policies as readonly string[]).includes(ipFamilyPolicy))
    errors.push(fieldError.notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  return errors;
}

function validateAddresses(clusterIPs: readonly string[], accepted: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, i) => {
    if (i > 0 || ip !== headless) return validateLegacyIp(ip, `${path}[${i}]`, accepted);
    if (clusterIPs.length === 1) return [];
    return [fieldError.invalid(path, clusterIPs, "'None' must be the first and only value")];
  });
}

function isDualStack(clusterIPs: readonly string[]): boolean {
  return new Set(clusterIPs.map((ip) => parseIp(ip)?.family)).size === 2;
}

function validateMatch(clusterIPs: readonly string[], ipFamilies: readonly string[]): FieldError[] {
  return clusterIPs.slice(0, ipFamilies.length).flatMap((ip, i) => {
    const family = ipFamilies[i];
    if ((family !== 'IPv4' && family !== 'IPv6') || familyOf(ip) === family) return [];
    const text = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    return [fieldError.invalid(`${path}[${i}]`, ip, text)];
  });
}

/** The primary address stays; a secondary one comes and goes with the policy. */
export function validateClusterIpChange(spec: AnySpec, old: AnySpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(old)) return [];
  const [now, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  if (now.length === before.length)
    return before.flatMap((ip, i) =>
      ip === now[i] ? [] : [fieldError.invalid(`${path}[${i}]`, now, 'may not change once set')],
    );
  const errors: FieldError[] = [];
  if (before.length > now.length && now.length === 0)
    errors.push(fieldError.invalid(`${path}[0]`, [], 'primary clusterIP can not be unset'));
  if (before.length > 0 && now.length > 0 && now[0] !== before[0])
    errors.push(fieldError.invalid(`${path}[0]`, now, 'may not change once set'));
  if (before.length > now.length && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    errors.push(fieldError.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy ?? null, text));
  }
  return errors;
}

export function validateFamilyChange(spec: AnySpec, old: AnySpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  if (isHeadless(spec) || isHeadless(old)) return [];
  const at = 'spec.ipFamilies[0]';
  const [now, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  const unchangeable = 'may not change once set';
  if (now.length === before.length)
    return sameList(now, before)
      ? []
      : before.flatMap((family, i) => (family === now[i] ? [] : [fieldError.invalid(at, now, unchangeable)]));
  const errors: FieldError[] = [];
  if (before.length > now.length && (spec.clusterIPs ?? []).length === 0)
    errors.push(fieldError.invalid(at, now, 'primary ipFamily can not be unset'));
  if (before.length > 0 && now.length > 0 && now[0] !== before[0])
    errors.push(fieldError.invalid(at, spec.clusterIPs ?? null, unchangeable));
  if (before.length > now.length && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    errors.push(fieldError.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy ?? null, text));
  }
  return errors;
}
