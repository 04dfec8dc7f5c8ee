/** Rules of status.loadBalancer. */
import { parseIp } from '#base/ip.ts';
import { isDNS1123Subdomain } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { type AnyService, specOf } from '#kinds/core/service/spec.ts';
import { validateLegacyIp } from '#kinds/ip-validation.ts';

const modes = ['Proxy', 'VIP'] as const;

export function validateStatus(service: AnyService, old: AnyService): FieldError[] {
  const path = 'status.loadBalancer.ingress';
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  if (specOf(service).type !== 'LoadBalancer')
    return ingress.length === 0
      ? []
      : [fieldError.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  const accepted = (old.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip).filter((ip) => ip !== '');
  return ingress.flatMap(({ ip = '', ipMode, hostname = '' }, i) => {
    const at = `${path}[${i}]`;
    const errors = ip === '' ? [] : validateLegacyIp(ip, `${at}.ip`, accepted);
    if (ipMode === undefined) {
      if (ip !== '') errors.push(fieldError.required(`${at}.ipMode`, 'must be specified when `ip` is set'));
    } else if (ip === '')
      errors.push(fieldError.forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (!(modes as readonly string[]).includes(ipMode))
      errors.push(fieldError.notSupported(`${at}.ipMode`, ipMode, modes));
    if (hostname === '') return errors;
    for (const message of isDNS1123Subdomain(hostname))
      errors.push(fieldError.invalid(`${at}.hostname`, hostname, message));
    if (parseIp(hostname) !== undefined)
      errors.push(fieldError.invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}
