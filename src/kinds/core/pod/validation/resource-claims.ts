/** Rules of a pod's claims for devices. */
import { fieldError } from '#api/status.ts';
import { checkLabel, checkPresent, checkSubdomain, type PodCheck } from '#kinds/core/pod/validation/context.ts';
import { internalValue } from '#kinds/core/internal-json.ts';

/** A claim for devices: a name and exactly one of its two sources. */
export function checkResourceClaims({ errors, spec }: PodCheck, isMirror: boolean, path: string): void {
  spec.resourceClaims?.forEach((claim, i) => {
    const at = `${path}[${i}]`;
    if (isMirror) {
      errors.push(fieldError.forbidden('', 'static pods do not support resource claims'));
      return;
    }
    const { name = '', resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    if (checkPresent(errors, name, `${at}.name`)) {
      const isRepeated = spec.resourceClaims?.findIndex((other) => other.name === name) !== i;
      if (isRepeated) errors.push(fieldError.duplicate(`${at}.name`, name));
      else checkLabel(errors, name, `${at}.name`);
    }
    if (own !== undefined && template !== undefined) {
      const text = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(fieldError.invalid(at, internalValue('PodResourceClaim', claim), text));
    }
    if (own === undefined && template === undefined) {
      const text = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(fieldError.invalid(at, internalValue('PodResourceClaim', claim), text));
    }
    if (own !== undefined) checkSubdomain(errors, own, `${at}.resourceClaimName`);
    if (template !== undefined) checkSubdomain(errors, template, `${at}.resourceClaimTemplateName`);
  });
}
