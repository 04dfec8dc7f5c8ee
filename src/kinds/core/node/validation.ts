/** Rules of Nodes. */
import type { Node, Taint } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { parsePrefix } from '#base/ip.ts';
import { isLabelValue } from '#api/meta/names.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { parseQuantity } from '#lang/quantity/quantity.ts';
import { internalValue } from '#kinds/core/internal-json.ts';
import { checkQualifiedName } from '#kinds/core/pod/validation/context.ts';
import { checkQuantity } from '#kinds/core/pod/validation/resources.ts';
import { checkTaintEffect } from '#kinds/core/pod/validation/scheduling.ts';
import { validateLegacyCidr } from '#kinds/ip-validation.ts';

type AnyNode = DeepReadonly<Node>;

const cidrText = 'node updates may not change podCIDR except from "" to valid';
const featurePattern = /^([A-Z][a-zA-Z0-9]*)(\/[a-zA-Z0-9]+)*$/;

export function validateNode(node: AnyNode): FieldError[] {
  const errors: FieldError[] = [];
  checkTaints(errors, node.spec?.taints, 'metadata.taints');
  checkResources(errors, node);
  checkFeatures(errors, node.status?.declaredFeatures, 'status.declaredFeatures');
  const ranges = node.spec?.podCIDRs ?? [];
  ranges.forEach((range, i) => errors.push(...validateLegacyCidr(range, `spec.podCIDRs[${i}]`)));
  if (ranges.length > 1) checkFamilies(errors, ranges);
  return errors;
}

function checkFamilies(errors: FieldError[], ranges: readonly string[]): void {
  const families = ranges.map((range) => parsePrefix(range)?.address.family);
  const broken = ranges[families.indexOf(undefined)];
  if (broken !== undefined) {
    const text = `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${families.indexOf(undefined)}]: <nil> (invalid CIDR address: ${broken})`;
    errors.push(fieldError.internal('spec.podCIDRs', text));
  }
  if (broken === undefined && new Set(families).size === 2 && ranges.length === 2) return;
  const text = 'may specify no more than one CIDR for each IP family';
  errors.push(fieldError.invalid('spec.podCIDRs', ranges, text));
}

/** Of a change of the node or of its status. */
export function validateNodeUpdate(node: AnyNode, old: AnyNode): FieldError[] {
  const errors: FieldError[] = [];
  checkResources(errors, node);
  checkFeatures(errors, node.status?.declaredFeatures, 'status.declaredFeatures');
  const addresses = node.status?.addresses ?? [];
  addresses.forEach((address, i) => {
    if (addresses.findIndex((other) => semanticEqual(other, address)) < i)
      errors.push(fieldError.duplicate(`status.addresses[${i}]`, internalValue('NodeAddress', address)));
  });
  checkPodCidrs(errors, node.spec?.podCIDRs ?? [], old.spec?.podCIDRs ?? []);
  const provider = old.spec?.providerID ?? '';
  if (provider !== '' && provider !== (node.spec?.providerID ?? '')) {
    const text = 'node updates may not change providerID except from "" to valid';
    errors.push(fieldError.forbidden('spec.providerID', text));
  }
  checkTaints(errors, node.spec?.taints, 'metadata.taints');
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? ''))
    errors.push(fieldError.forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

function checkPodCidrs(errors: FieldError[], ranges: readonly string[], old: readonly string[]): void {
  if (old.length === 0) return;
  if (old.length !== ranges.length) errors.push(fieldError.forbidden('spec.podCIDRs', cidrText));
  else
    old.forEach((range, i) => {
      if (range !== ranges[i]) errors.push(fieldError.forbidden('spec.podCIDRs', cidrText));
    });
}

function checkResources(errors: FieldError[], { status }: AnyNode): void {
  for (const field of ['capacity', 'allocatable'] as const)
    for (const [name, amount] of Object.entries(status?.[field] ?? {}))
      checkQuantity(errors, name, parseQuantity(amount), `status.${field}.${name}`);
}

/** Taints are few; a key may stand once for each effect. */
export function checkTaints(
  errors: FieldError[],
  taints: readonly DeepReadonly<Taint>[] | undefined,
  path: string,
): void {
  taints?.forEach((taint, i) => {
    const { key = '', value = '', effect } = taint as { key?: string; value?: string; effect?: string };
    checkQualifiedName(errors, key, `${path}[${i}].key`);
    const messages = isLabelValue(value);
    if (messages.length > 0) errors.push(fieldError.invalid(`${path}[${i}].value`, value, messages.join(';')));
    checkTaintEffect(errors, effect, `${path}[${i}].effect`);
    if (taints.findIndex((other) => other.key === taint.key && other.effect === taint.effect) === i) return;
    const error = fieldError.duplicate(`${path}[${i}]`, internalValue('Taint', taint));
    errors.push({ ...error, detail: 'taints must be unique by key and effect pair' });
  });
}

function checkFeatures(errors: FieldError[], features: readonly string[] | undefined, path: string): void {
  features?.forEach((feature, i) => {
    if (!featurePattern.test(feature)) {
      const text = `invalid feature name ${JSON.stringify(feature)}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`;
      errors.push(fieldError.invalid(`${path}[${i}]`, feature, text));
    }
    const next = features[i + 1];
    if (next === undefined) return;
    if (feature === next) errors.push(fieldError.duplicate(`${path}[${i + 1}]`, next));
    else if (feature > next)
      errors.push(fieldError.invalid(`${path}[${i + 1}]`, next, 'list must be sorted alphabetically'));
  });
}
