/** Rules of requests, limits and claims, of containers and of whole pods. */
import type { ResourceClaim, ResourceRequirements } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { mustNotBeNegative } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityText,
  tryParseQuantity,
} from '#lang/quantity/quantity.ts';
import { checkLabel, checkQualifiedName, isBlank, type PodCheck } from '#kinds/core/pod/validation/context.ts';
import { totalLimits, totalRequests } from '#kinds/core/pod/validation/totals.ts';
import {
  isExtendedResourceName,
  isHugePages,
  isIntegerResource,
  isNativeResource,
  isStandardContainerResource,
  isStandardResource,
} from '#kinds/core/resource-names.ts';

type Requirements = DeepReadonly<ResourceRequirements>;
type ResourceList = Requirements['limits'];
type NameCheck = (errors: FieldError[], name: string, path: string) => void;

export function checkContainerResources(check: PodCheck, requirements: Requirements | undefined, path: string): void {
  if (requirements !== undefined) checkRequirements(check, requirements, path, checkContainerResourceName);
}

/** Overhead: a list of amounts under the rules of limits. */
export function checkOverhead(check: PodCheck, overhead: ResourceList, path: string): void {
  checkRequirements(check, { limits: overhead ?? {} }, path, checkContainerResourceName);
}

export function checkPodResources(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  const { resources } = spec;
  if (resources === undefined) return;
  const at = `${path}.resources`;
  if (spec.os?.name === 'windows') {
    errors.push(fieldError.forbidden(at, 'may not be set for a windows pod'));
    return;
  }
  if (resources.claims !== undefined)
    errors.push(fieldError.forbidden(`${at}.claims`, 'claims may not be set for Resources at pod-level'));
  checkRequirements(check, resources, at, checkPodResourceName);
  checkPodTotals(check, resources, at);
}

function checkRequirements(check: PodCheck, requirements: Requirements, path: string, checkName: NameCheck): void {
  const { errors } = check;
  const { limits, requests, claims } = requirements;
  if (limits !== undefined) {
    for (const [name, amount] of Object.entries(limits)) checkAmount(check, name, amount, `${path}.limits`, checkName);
  }
  if (requests !== undefined) {
    for (const [name, amount] of Object.entries(requests)) {
      checkAmount(check, name, amount, `${path}.requests`, checkName);
      checkAgainstLimit(errors, name, parseQuantity(amount), limits, path);
    }
  }
  const hasHugePages = hasAny(limits, isHugePages) || hasAny(requests, isHugePages);
  if (hasHugePages && !hasAny(limits, isComputeResource) && !hasAny(requests, isComputeResource))
    errors.push(fieldError.forbidden(path, 'HugePages require cpu or memory'));
  if (claims !== undefined) checkClaimNames(check, claims, `${path}.claims`);
}

function checkAmount(check: PodCheck, name: string, amount: string | number, path: string, checkName: NameCheck): void {
  const at = `${path}[${name}]`;
  const quantity = parseQuantity(amount);
  checkName(check.errors, name, at);
  checkQuantity(check.errors, name, quantity, at);
  if (isHugePages(name) && check.lenient.indivisibleHugePages !== true && !isDivisible(name, quantity)) {
    const text = `${quantityText(quantity)} is not positive integer multiple of ${name}`;
    check.errors.push(fieldError.invalid(at, quantityText(quantity), text));
  }
}

/** Not negative, and whole where only whole numbers make sense. */
export function checkQuantity(errors: FieldError[], name: string, quantity: Quantity, path: string): void {
  if (quantity.nanos < 0n) errors.push(fieldError.invalid(path, quantityText(quantity), mustNotBeNegative));
  if (quantity.nanos % 1_000_000_000n !== 0n && isIntegerResource(name))
    errors.push(fieldError.invalid(path, quantityText(quantity), 'must be an integer'));
}

function isDivisible(name: string, quantity: Quantity): boolean {
  const size = tryParseQuantity(name.slice('hugepages-'.length));
  if (size === undefined || size.nanos <= 0n || size.nanos % 1_000_000_000n !== 0n) return false;
  return quantity.nanos % size.nanos === 0n;
}

function checkAgainstLimit(
  errors: FieldError[],
  name: string,
  request: Quantity,
  limits: ResourceList,
  path: string,
): void {
  const allowsOvercommit = isNativeResource(name) && !isHugePages(name);
  const amount = limits?.[name];
  if (amount === undefined) {
    if (!allowsOvercommit)
      errors.push(fieldError.required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    return;
  }
  const limit = parseQuantity(amount);
  const difference = compareQuantities(request, limit);
  if (difference === 0) return;
  const refuse = (relation: string): void => {
    const text = `must be ${relation} ${name} limit of ${quantityText(limit)}`;
    errors.push(fieldError.invalid(`${path}.requests`, quantityText(request), text));
  };
  if (!allowsOvercommit) refuse('equal to');
  else if (difference > 0) refuse('less than or equal to');
}

function hasAny(list: ResourceList, holds: (name: string) => boolean): boolean {
  for (const name in list) if (holds(name)) return true;
  return false;
}

function isComputeResource(name: string): boolean {
  return name === 'cpu' || name === 'memory';
}

/** A resource any object may name. Tells whether the name is right. */
export function checkResourceName(errors: FieldError[], name: string, path: string): boolean {
  if (isStandardResource(name)) return true;
  const before = errors.length;
  checkQualifiedName(errors, name, path);
  if (errors.length === before && !name.includes('/'))
    errors.push(fieldError.invalid(path, name, 'must be a standard resource type or fully qualified'));
  return errors.length === before;
}

/** A resource a container may ask for. */
export function checkContainerResourceName(errors: FieldError[], name: string, path: string): void {
  checkResourceName(errors, name, path);
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name))
      errors.push(fieldError.invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResourceName(name))
    errors.push(fieldError.invalid(path, name, "doesn't follow extended resource name standard"));
}

function checkPodResourceName(errors: FieldError[], name: string, path: string): void {
  if (!checkResourceName(errors, name, path)) return;
  if (name !== 'cpu' && name !== 'memory' && !isHugePages(name))
    errors.push(fieldError.notSupported(path, name, ['cpu', 'hugepages-', 'memory']));
}

/** The pod's own amounts must be enough for its containers. */
function checkPodTotals({ errors, spec }: PodCheck, resources: Requirements, path: string): void {
  for (const [name, total] of totalRequests(spec)) {
    const own = resources.requests?.[name];
    if (own === undefined || compareQuantities(total, parseQuantity(own)) <= 0) continue;
    const text = `must be greater than or equal to aggregate container requests of ${quantityText(total)}`;
    errors.push(fieldError.invalid(`${path}.requests[${name}]`, quantityText(parseQuantity(own)), text));
  }
  for (const [name, total] of totalLimits(spec)) {
    const own = resources.limits?.[name];
    if (!isHugePages(name) || own === undefined || compareQuantities(total, parseQuantity(own)) <= 0) continue;
    const text = `must be greater than or equal to aggregate container limits of ${quantityText(total)}`;
    errors.push(fieldError.invalid(`${path}.limits[${name}]`, quantityText(parseQuantity(own)), text));
  }
  spec.containers?.forEach(({ resources: own }, i) => {
    for (const [name, amount] of Object.entries(own?.limits ?? {})) {
      const limit = resources.limits?.[name];
      if (limit === undefined || compareQuantities(parseQuantity(amount), parseQuantity(limit)) <= 0) continue;
      const text = `must be less than or equal to pod limits of ${quantityText(parseQuantity(limit))}`;
      const at = `${path}.containers[${i}][${name}].limits`;
      errors.push(fieldError.invalid(at, quantityText(parseQuantity(amount)), text));
    }
  });
}

function checkClaimNames(check: PodCheck, claims: readonly DeepReadonly<ResourceClaim>[], path: string): void {
  const { errors, claimNames } = check;
  const seen = new Set<string>();
  claims.forEach(({ name = '', request }, i) => {
    const at = `${path}[${i}]`;
    if (name === '') {
      errors.push(fieldError.required(at));
      return;
    }
    if (seen.has(name)) errors.push(fieldError.duplicate(at, name));
    else seen.add(checkClaimKey(errors, name, request, at, seen));
    if (!claimNames.has(name)) errors.push({ ...fieldError.notFound(at, name), detail: claimText(claimNames) });
  });
}

/** A claim's name, and that of one of its requests, are used once; a claim as a whole excludes its requests. */
function checkClaimKey(
  errors: FieldError[],
  name: string,
  request: string | undefined,
  path: string,
  seen: ReadonlySet<string>,
): string {
  if (request !== undefined && !isBlank(request)) checkLabel(errors, request, `${path}.request`);
  const key = isBlank(request) ? name : `${name}/${request}`;
  if (seen.has(key)) errors.push(fieldError.duplicate(path, key));
  else if (isBlank(request))
    for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(fieldError.duplicate(path, name));
  return key;
}

function claimText(names: ReadonlySet<string>): string {
  const known = names.size === 0 ? ' which is empty' : `: ${[...names].sort().join(', ')}`;
  return `must be one of the names in pod.spec.resourceClaims${known}`;
}
