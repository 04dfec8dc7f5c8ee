/** ServiceCIDRs: the ranges Services get their addresses from. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-cidr-v1/ */
import { servicecidrs } from '#api/generated/resources.ts';
import type { ServiceCIDR } from '#api/generated/networking/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { parsePrefix } from '#base/ip.ts';
import { fieldOrEmptied } from '#api/schema/normalize.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { validateCidr } from '#kinds/ip-validation.ts';

export const serviceCIDR: Resource<ServiceCIDR> = {
  ...servicecidrs,
  singular: 'servicecidr',
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  generation: false,
  allowUnconditionalUpdate: true,
  prepareForCreate(object) {
    object.status = {};
  },
  validateCreate: validate,
  validateUpdate,
  subresources: { status: true },
  columns: [{ name: 'CIDRs', type: 'string', value: ({ spec }) => (spec?.cidrs ?? []).join(',') }, ageColumn],
};

function validate({ spec }: DeepReadonly<ServiceCIDR>): FieldError[] {
  const path = 'spec.cidrs';
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [fieldError.required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [fieldError.invalid(path, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => validateCidr(cidr, `${path}[${i}]`));
  const families = cidrs.map((cidr) => parsePrefix(cidr)?.family);
  if (families.length === 2 && families[0] !== undefined && families[0] === families[1]) {
    const text = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(fieldError.invalid(path, cidrs, text));
  }
  return errors;
}

/** Ranges stay; one of the other family may be added. */
function validateUpdate(object: DeepReadonly<ServiceCIDR>, old: DeepReadonly<ServiceCIDR>): FieldError[] {
  const cidrs = object.spec?.cidrs ?? [];
  const before = old.spec?.cidrs ?? [];
  const isExtended = before.length === 1 && cidrs.length === 2;
  if (before.length !== cidrs.length && !isExtended)
    return [fieldError.invalid('spec.cidrs', fieldOrEmptied(object.spec, 'cidrs'), fieldIsImmutable)];
  const errors = before.flatMap((cidr, i) =>
    cidr === cidrs[i] ? [] : [fieldError.invalid(`spec.cidrs[${i}]`, cidrs[i], fieldIsImmutable)],
  );
  return isExtended ? [...errors, ...validate(object)] : errors;
}
