/** Rules of fields that hold addresses and prefixes, with upstream's texts. */
import { formatIp, formatPrefix, parseIp, parsePrefix } from '#base/ip.ts';
import { fieldError, type FieldError } from '#api/status.ts';

/** Fields older than strict validation: any valid address, canonical or not; `accepted` are values that stood there before. */
export function validateLegacyIp(value: string, path: string, accepted: readonly string[] = []): FieldError[] {
  if (accepted.includes(value)) return [];
  const address = parseIp(value);
  if (address === undefined)
    return [fieldError.invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  const errors: FieldError[] = [];
  if (address.hasLeadingZeros) errors.push(fieldError.invalid(path, value, 'must not have leading 0s'));
  else if (address.isMapped) errors.push(fieldError.invalid(path, value, 'must not be an IPv4-mapped IPv6 address'));
  return errors;
}

/** Newer fields: canonical form only. */
export function validateIp(value: string, path: string): FieldError[] {
  const errors = validateLegacyIp(value, path);
  const address = parseIp(value);
  if (errors.length > 0 || address === undefined) return errors;
  const canonical = formatIp(address);
  if (canonical === value) return [];
  return [fieldError.invalid(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

export function validateLegacyCidr(value: string, path: string, accepted: readonly string[] = []): FieldError[] {
  if (accepted.includes(value)) return [];
  const prefix = parsePrefix(value);
  if (prefix === undefined)
    return [fieldError.invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  const errors: FieldError[] = [];
  const hasZeros = prefix.address.hasLeadingZeros || /\/0\d/.test(value);
  if (hasZeros) errors.push(fieldError.invalid(path, value, 'must not have leading 0s in IP or prefix length'));
  else if (prefix.address.isMapped)
    errors.push(fieldError.invalid(path, value, 'must not have an IPv4-mapped IPv6 address'));
  else if (prefix.base !== prefix.address.value) {
    const text = `must not have bits set beyond the prefix length`;
    errors.push(fieldError.invalid(path, value, text));
  }
  return errors;
}

export function validateCidr(value: string, path: string): FieldError[] {
  const errors = validateLegacyCidr(value, path);
  const prefix = parsePrefix(value);
  if (errors.length > 0 || prefix === undefined) return errors;
  const canonical = formatPrefix(prefix);
  if (canonical === value) return [];
  return [fieldError.invalid(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** What an endpoint's address may not be. */
export function validateEndpointIp(value: string, path: string): FieldError[] {
  const address = parseIp(value);
  if (address === undefined) return [fieldError.invalid(path, value, 'must be a valid IP address')];
  const { family, value: n } = address;
  const errors: FieldError[] = [];
  const refuse = (isBad: boolean, text: string): void => {
    if (isBad) errors.push(fieldError.invalid(path, value, text));
  };
  const top = family === 4 ? n >> 24n : n >> 118n;
  refuse(n === 0n, `may not be unspecified (${value})`);
  refuse(family === 4 ? top === 127n : n === 1n, 'may not be in the loopback range (127.0.0.0/8, ::1/128)');
  refuse(
    family === 4 ? n >> 16n === 0xa9fen : top === 0x3fan,
    'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  );
  refuse(
    family === 4 ? n >> 8n === 0xe00000n : (n >> 112n) % 16n === 2n && n >> 120n === 0xffn,
    'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  );
  return errors;
}

/** Warnings for addresses in odd but accepted forms. */
export function warningsForIp(value: string, path: string): string[] {
  const address = parseIp(value);
  if (address === undefined) return [];
  const canonical = formatIp(address);
  if (address.hasLeadingZeros || address.isMapped)
    return [`${path}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(canonical)}`];
  if (address.family === 4 || canonical === value) return [];
  const quoted = JSON.stringify(canonical);
  return [`${path}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${quoted})`];
}
