/** What the rules of a pod's parts need to know about the whole, and where they put what they find. */
import type { Container, EphemeralContainer, PodSpec, Volume } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName } from '#api/meta/names.ts';
import { mustNotBeNegative } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';

export type AnySpec = DeepReadonly<PodSpec>;
export type AnyContainer = DeepReadonly<Container>;
export type AnyEphemeralContainer = DeepReadonly<EphemeralContainer>;
export type AnyVolume = DeepReadonly<Volume>;

/** Rules that an object which broke them before they existed may go on breaking. */
export interface PodLeniency {
  readonly labelValuesInSelector?: boolean;
  readonly labelValuesInNodeAffinity?: boolean;
  readonly spreadSelector?: boolean;
  readonly spreadLabelKeys?: boolean;
  readonly indivisibleHugePages?: boolean;
  readonly hostSysctls?: boolean;
  readonly tokenPath?: boolean;
  readonly deletionCost?: boolean;
  readonly restartOfInitContainers?: boolean;
}

/** One run of validation. Every rule appends to `errors`; a right pod leaves it empty. */
export interface PodCheck {
  readonly errors: FieldError[];
  readonly spec: AnySpec;
  /** A pod itself, not the template of one. */
  readonly isPod: boolean;
  readonly hostUsers: boolean;
  readonly lenient: PodLeniency;
  /** Volumes without errors, by name. */
  readonly volumes: Map<string, AnyVolume>;
  readonly claimNames: ReadonlySet<string>;
}

export function isBlank(value: string | undefined | null): boolean {
  return value === undefined || value === null || value === '';
}

/** One Invalid per message. */
export function addMessages(errors: FieldError[], messages: readonly string[], path: string, value: unknown): void {
  for (const message of messages) errors.push(fieldError.invalid(path, value, message));
}

export function checkLabel(errors: FieldError[], value: string, path: string): void {
  addMessages(errors, isDNS1123Label(value), path, value);
}

export function checkSubdomain(errors: FieldError[], value: string, path: string): void {
  addMessages(errors, isDNS1123Subdomain(value), path, value);
}

export function checkQualifiedName(errors: FieldError[], value: string, path: string): void {
  addMessages(errors, isQualifiedName(value), path, value);
}

/** An absent or empty value is required. Tells whether there is one. */
export function checkPresent(errors: FieldError[], value: string | undefined, path: string): value is string {
  if (!isBlank(value)) return true;
  errors.push(fieldError.required(path));
  return false;
}

/** The value, if there is one, is of the list, which messages show as it is. */
export function checkSupported(
  errors: FieldError[],
  value: string | undefined,
  path: string,
  values: readonly string[],
): void {
  if (value !== undefined && !values.includes(value)) errors.push(fieldError.notSupported(path, value, values));
}

/** As {@link checkSupported}, and there must be one. */
export function checkRequiredSupported(
  errors: FieldError[],
  value: string | undefined,
  path: string,
  values: readonly string[],
): void {
  if (isBlank(value)) errors.push(fieldError.required(path));
  else checkSupported(errors, value, path, values);
}

export function checkNotNegative(errors: FieldError[], value: number | undefined, path: string): void {
  if (value !== undefined && value < 0) errors.push(fieldError.invalid(path, value, mustNotBeNegative));
}

/** Every container with its path: init containers first, then the others, then ephemeral ones. */
export function containersWithPaths(spec: AnySpec, path: string): readonly (readonly [AnyContainer, string])[] {
  const list: (readonly [AnyContainer, string])[] = [];
  spec.initContainers?.forEach((container, i) => list.push([container, `${path}.initContainers[${i}]`]));
  spec.containers?.forEach((container, i) => list.push([container, `${path}.containers[${i}]`]));
  spec.ephemeralContainers?.forEach((container, i) =>
    list.push([container as AnyContainer, `${path}.ephemeralContainers[${i}]`]),
  );
  return list;
}
