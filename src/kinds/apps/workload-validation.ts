/** Rules that Deployments, ReplicaSets, DaemonSets and StatefulSets share. */
import type { PodTemplateSpec } from '#api/generated/core/v1.ts';
import type { LabelSelector } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { type Selector, selectorOf, validateLabelSelector } from '#api/meta/label-selector.ts';
import { isValidPercent } from '#api/meta/names.ts';
import { fieldIsImmutable, mustNotBeNegative } from '#api/meta/object-meta.ts';
import { fieldOrEmptied } from '#api/schema/normalize.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { printedLabelSelector } from '#kinds/internal-print.ts';
import type { PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { validateLeniently } from '#kinds/core/pod/validation/leniency.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';

export type AnySelector = DeepReadonly<LabelSelector> | undefined;
export type AnyTemplate = DeepReadonly<PodTemplateSpec> | undefined;
type Amount = number | string;

/** Validates with what the older template may go on breaking. */
export function validateWithTemplate(
  old: AnyTemplate | null,
  validate: (lenient: PodLeniency) => FieldError[],
): FieldError[] {
  const before = old ? { spec: old.spec, annotations: old.metadata?.annotations } : undefined;
  return validateLeniently(before, validate);
}

export function checkCount(errors: FieldError[], value: number | undefined, path: string): void {
  if (value !== undefined && value < 0) errors.push(fieldError.invalid(path, value, mustNotBeNegative));
}

/** Counts of a status, in the order of their messages. */
export function checkCounts(errors: FieldError[], status: object, path: string, names: readonly string[]): void {
  for (const name of names)
    checkCount(errors, (status as Readonly<Record<string, number | undefined>>)[name], `${path}.${name}`);
}

/** A part of the whole cannot be more than the whole. */
export function checkAtMost(
  errors: FieldError[],
  status: object,
  path: string,
  [part, whole]: readonly [string, string],
): void {
  const counts = status as Readonly<Record<string, number | undefined>>;
  const own = counts[part] ?? 0;
  if (own <= (counts[whole] ?? 0)) return;
  const text = `cannot be greater than ${whole === 'replicas' ? 'status.replicas' : whole}`;
  errors.push(fieldError.invalid(`${path}.${part}`, own, text));
}

/** The selector and the template it must select. `kind` stands in the message about empty selectors. */
export function checkSelectorAndTemplate(
  errors: FieldError[],
  selector: AnySelector,
  template: AnyTemplate,
  { kind, owner, lenient }: { readonly kind: string; readonly owner: string; readonly lenient?: PodLeniency },
): void {
  if (isAbsent(selector)) errors.push(fieldError.required('spec.selector'));
  else {
    errors.push(...validateLabelSelector(selector, 'spec.selector'));
    if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
      errors.push(fieldError.invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  const compiled = tryCompile(selector ?? undefined);
  if (compiled === undefined)
    errors.push(fieldError.invalid('spec.selector', shownSelector(selector), 'invalid label selector'));
  else checkTemplate(errors, template ?? {}, compiled, owner, lenient);
}

/** Requirements with all their fields, in order. */
export function shownSelector(selector: AnySelector): unknown {
  if (selector?.matchExpressions === undefined) return selector;
  const expressions = selector.matchExpressions.map(({ key = '', operator = '' as never, values }) => ({
    key,
    operator,
    ...(values === undefined ? {} : { values }),
  }));
  return {
    ...(selector.matchLabels === undefined ? {} : { matchLabels: selector.matchLabels }),
    matchExpressions: expressions,
  };
}

/** A required field that was left out is stored as null. */
function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function tryCompile(selector: AnySelector): Selector | undefined {
  try {
    return selectorOf(selector);
  } catch {
    return undefined;
  }
}

/** Pods of a controller that replaces them: they match its selector and are started again for ever. */
function checkTemplate(
  errors: FieldError[],
  template: DeepReadonly<PodTemplateSpec>,
  selector: Selector,
  owner: string,
  lenient?: PodLeniency,
): void {
  checkSelects(errors, template, selector);
  checkPodTemplate(errors, template, 'spec.template', lenient);
  checkRestartsAlways(errors, template, owner);
}

export function checkSelects(errors: FieldError[], template: DeepReadonly<PodTemplateSpec>, selector: Selector): void {
  if (selector.isEverything || selector.matches(template.metadata?.labels)) return;
  const text = '`selector` does not match template `labels`';
  const shown = inNameOrder(fieldOrEmptied(template.metadata, 'labels'));
  errors.push(fieldError.invalid('spec.template.metadata.labels', shown, text));
}

function inNameOrder(labels: unknown): unknown {
  if (labels === null) return null;
  return Object.fromEntries(Object.entries(labels as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `owner` stands in the message about deadlines. */
export function checkRestartsAlways(
  errors: FieldError[],
  { spec }: DeepReadonly<PodTemplateSpec>,
  owner: string,
): void {
  const policy = spec?.restartPolicy ?? '';
  if (policy !== 'Always') errors.push(fieldError.notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (spec?.activeDeadlineSeconds !== undefined) {
    const text = `activeDeadlineSeconds in ${owner} is not Supported`;
    errors.push(fieldError.forbidden('spec.template.spec.activeDeadlineSeconds', text));
  }
}

export function checkSameSelector(errors: FieldError[], selector: AnySelector, old: AnySelector): void {
  if (!semanticEqual(selector, old))
    errors.push(fieldError.invalid('spec.selector', printedLabelSelector(selector), fieldIsImmutable));
}

/** `3` or `25%`. */
export function checkAmount(errors: FieldError[], amount: Amount, path: string): void {
  if (typeof amount === 'number') checkCount(errors, amount, path);
  else for (const message of isValidPercent(amount)) errors.push(fieldError.invalid(path, amount, message));
}

export function checkAtMostAll(errors: FieldError[], amount: Amount, path: string): void {
  const percent = percentOf(amount);
  if (percent !== undefined && percent > 100)
    errors.push(fieldError.invalid(path, amount, 'must not be greater than 100%'));
}

export function isZero(amount: Amount): boolean {
  const value = percentOf(amount) ?? Number(amount);
  return Number.isNaN(value) || value === 0;
}

function percentOf(amount: Amount): number | undefined {
  return typeof amount === 'string' && isValidPercent(amount).length === 0 ? Number.parseInt(amount, 10) : undefined;
}
