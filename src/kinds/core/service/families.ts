/** Which IP families a Service has: what was asked for, inferred from addresses, or the cluster's own. */
import type { Service, ServiceSpec } from '#api/generated/core/v1.ts';
import type { ClusterSettings } from '#api/resource.ts';
import { services } from '#api/generated/resources.ts';
import { fieldError, invalid, type FieldError } from '#api/status.ts';
import { validateClusterIps } from '#kinds/core/service/cluster-ip-validation.ts';
import { type AnySpec, type Family, familyOf, headless, sameClusterIps, sameList } from '#kinds/core/service/spec.ts';

const policyPath = 'spec.ipFamilyPolicy';

/** The families that the cluster gives addresses of; the first is the default. */
export function clusterFamilies({ serviceCIDRs }: ClusterSettings): Family[] {
  return serviceCIDRs.map(familyOf);
}

/** Fills in ipFamilyPolicy and ipFamilies. Throws Invalid for what the cluster cannot give. */
export function initFamilies(service: Service, old: AnySpec | undefined, configured: readonly Family[]): void {
  const spec = (service.spec ??= {});
  if (spec.type === 'ExternalName' || keepsPreference(spec, old)) return;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isFreeHeadless(spec) ? 'RequireDualStack' : 'SingleStack');
  refuse(service, validateClusterIps(spec, old));
  refuse(service, [...checkRelease(spec, old), ...checkPolicy(spec), ...inferFamilies(spec, configured)]);
  const [first = 'IPv4'] = configured;
  if (isFreeHeadless(spec)) {
    const families = (spec.ipFamilies ?? []).length === 0 ? [first] : [...(spec.ipFamilies ?? [])];
    if (families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') families.push(other(families[0]));
    spec.ipFamilies = families;
    return;
  }
  refuse(service, checkConfigured(spec, configured));
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [first];
  const [family] = spec.ipFamilies ?? [];
  if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies?.length === 1 && configured.length === 2)
    spec.ipFamilies = [family ?? first, other(family)];
}

function refuse({ metadata }: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(services, metadata.name ?? '', errors);
}

function other(family: string | undefined): Family {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

/** Headless without selector: who fills in the endpoints decides about families. */
function isFreeHeadless({ clusterIP, selector }: AnySpec): boolean {
  return clusterIP === headless && Object.keys(selector ?? {}).length === 0;
}

/** A Service that preferred dual stack keeps what it got, whatever the cluster can do now. */
function keepsPreference(spec: ServiceSpec, old: AnySpec | undefined): boolean {
  if (old === undefined || old.type !== spec.type) return false;
  const prefers =
    spec.ipFamilyPolicy === 'PreferDualStack' && (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack';
  return prefers && sameList(old.clusterIPs, spec.clusterIPs) && sameList(old.ipFamilies, spec.ipFamilies);
}

function checkRelease(spec: ServiceSpec, old: AnySpec | undefined): FieldError[] {
  if (old === undefined) return [];
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (sameClusterIps(old, spec) && (spec.clusterIPs ?? []).length > 1)
      spec.clusterIPs = spec.clusterIPs?.slice(0, 1) ?? [];
    if (sameList(old.ipFamilies, spec.ipFamilies) && (spec.ipFamilies ?? []).length > 1)
      spec.ipFamilies = spec.ipFamilies?.slice(0, 1) ?? [];
    return [];
  }
  const isReduced = (now: readonly string[] = [], before: readonly string[] = []): boolean =>
    now.length > 0 && now.length < before.length && now[0] === before[0];
  const errors: FieldError[] = [];
  const must = (what: string): string => `must be 'SingleStack' to release the secondary ${what}`;
  if (isReduced(spec.clusterIPs, old.clusterIPs))
    errors.push(fieldError.invalid(policyPath, spec.ipFamilyPolicy, must('cluster IP')));
  if (isReduced(spec.ipFamilies, old.ipFamilies))
    errors.push(fieldError.invalid(policyPath, spec.ipFamilyPolicy, must('IP family')));
  return errors;
}

function checkPolicy({ ipFamilyPolicy, clusterIPs, ipFamilies }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const must = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  const errors: FieldError[] = [];
  if (clusterIPs?.length === 2)
    errors.push(fieldError.invalid(policyPath, ipFamilyPolicy, `${must} cluster IPs are specified`));
  if (ipFamilies?.length === 2)
    errors.push(fieldError.invalid(policyPath, ipFamilyPolicy, `${must} IP families are specified`));
  return errors;
}

function inferFamilies(spec: ServiceSpec, configured: readonly Family[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === headless) break;
    if (i < (spec.ipFamilies ?? []).length) continue;
    const family = familyOf(ip);
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      const text = `${family} is not configured on this cluster`;
      errors.push(fieldError.invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, text));
    }
  }
  return errors;
}

function checkConfigured(
  { ipFamilyPolicy, ipFamilies = [] }: ServiceSpec,
  configured: readonly Family[],
): FieldError[] {
  const errors: FieldError[] = [];
  if (ipFamilyPolicy === 'RequireDualStack' && configured.length < 2) {
    const text = 'this cluster is not configured for dual-stack services';
    errors.push(fieldError.invalid(policyPath, ipFamilyPolicy, text));
  }
  ipFamilies.forEach((family, i) => {
    if (!(configured as readonly string[]).includes(family))
      errors.push(fieldError.invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  });
  return errors;
}
