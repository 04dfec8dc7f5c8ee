/**
 * Label selectors, as a query parameter (`app in (a,b),!old,tier=web`) and as the LabelSelector of specs.
 *
 *   parseLabelSelector('app=web,tier!=db').matches({ app: 'web' }) === true
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { LabelSelector } from '#api/object.ts';
import { fieldError, fieldErrorBody, type FieldError } from '#api/status.ts';
import { isLabelValue, isQualifiedName } from '#api/meta/names.ts';
import { validateLabels } from '#api/meta/object-meta.ts';

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>> | undefined;

/** A compiled selector; immutable. */
export interface Selector {
  /** Sorted by key. */
  readonly requirements: readonly Requirement[];
  /** Selects nothing, whatever the labels (an absent LabelSelector). */
  readonly isNothing: boolean;
  readonly isEverything: boolean;
  matches(labels: Labels): boolean;
}

/** A selector that cannot be read; the message is upstream's. */
export class SelectorError extends Error {
  override name = 'SelectorError';
}

export const everything: Selector = makeSelector([]);
export const nothing: Selector = { requirements: [], isNothing: true, isEverything: false, matches: () => false };

export function makeSelector(requirements: readonly Requirement[]): Selector {
  const sorted = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    requirements: sorted,
    isNothing: false,
    isEverything: sorted.length === 0,
    matches(labels) {
      for (const requirement of sorted) if (!isMet(requirement, labels)) return false;
      return true;
    },
  };
}

function isMet({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default:
      return isOrdered(operator, value, values[0]);
  }
}

function isOrdered(operator: 'gt' | 'lt', value: string | undefined, bound: string | undefined): boolean {
  const left = parseInt64(value ?? '');
  const right = parseInt64(bound ?? '');
  if (left === undefined || right === undefined) return false;
  return operator === 'gt' ? left > right : left < right;
}

/** As strconv.ParseInt with base 10 and 64 bits. */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value > 9223372036854775807n || value < -9223372036854775808n ? undefined : value;
}

/** The selector that wants exactly these labels. Values are not checked. */
export function selectorFromLabels(labels: Labels): Selector {
  return makeSelector(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

const operatorOf: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};
type SpecSelector = DeepReadonly<LabelSelector> | undefined;

/** Compiled selectors of frozen specs: controllers and services match the same few again and again. */
const compiled = new WeakMap<object, Selector>();

/** The selector of a spec: absent selects nothing, empty everything. Throws {@link SelectorError}. */
export function selectorOf(selector: SpecSelector): Selector {
  if (selector === undefined || selector === null) return nothing;
  const known = compiled.get(selector);
  if (known !== undefined) return known;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    requirements.push(checkedRequirement(key, '=', [value]));
  for (const expression of selector.matchExpressions ?? []) {
    const operator = operatorOf[expression.operator];
    if (operator === undefined)
      throw new SelectorError(`${JSON.stringify(expression.operator)} is not a valid label selector operator`);
    requirements.push(checkedRequirement(expression.key, operator, expression.values ?? []));
  }
  const result = makeSelector(requirements);
  if (Object.isFrozen(selector)) compiled.set(selector, result);
  return result;
}

/** A requirement, its key and values checked. Throws with upstream's field errors. */
export function checkedRequirement(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
  const errors: FieldError[] = [];
  const keyMessages = isQualifiedName(key);
  if (keyMessages.length > 0) errors.push(fieldError.invalid('key', key, keyMessages.join('; ')));
  const countMessage = valueCountMessage(operator, values);
  if (countMessage !== '') errors.push(fieldError.invalid('values', values, countMessage));
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && parseInt64(value) === undefined) {
      const text = "for 'Gt', 'Lt' operators, the value must be an integer";
      errors.push(fieldError.invalid(`values[${i}]`, value, text));
    }
  });
  values.forEach((value, i) => {
    const messages = isLabelValue(value);
    if (messages.length > 0) errors.push(fieldError.invalid(`values[${i}][${key}]`, value, messages.join('; ')));
  });
  if (errors.length > 0) throw new SelectorError(joinErrors(errors));
  return { key, operator, values };
}

function valueCountMessage(operator: SelectorOperator, values: readonly string[]): string {
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? "for 'in', 'notin' operators, values set can't be empty" : '';
    case 'exists':
    case '!':
      return values.length === 0 ? '' : 'values set must be empty for exists and does not exist';
    case 'gt':
    case 'lt':
      return values.length === 1 ? '' : "for 'Gt', 'Lt' operators, exactly one value is required";
    default:
      return values.length === 1 ? '' : 'exact-match compatibility requires one single value';
  }
}

function joinErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** The query form; what upstream prints for it. */
export function selectorText(selector: Selector): string {
  return selector.requirements.map(requirementText).join(',');
}

function requirementText({ key, operator, values }: Requirement): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    default:
      return `${key}${operator}${list}`;
  }
}

/** `kubectl get` prints a spec's selector like this: `<none>` when absent or empty. */
export function formatLabelSelector(selector: SpecSelector): string {
  try {
    const text = selectorText(selectorOf(selector));
    return text === '' ? '<none>' : text;
  } catch {
    return '<error>';
  }
}

/** The rules of a LabelSelector in a spec. */
export function validateLabelSelector(
  selector: SpecSelector,
  path: string,
  options: { readonly allowInvalidValues?: boolean } = {},
): FieldError[] {
  if (selector === undefined || selector === null) return [];
  const errors = validateLabels(selector.matchLabels, `${path}.matchLabels`);
  selector.matchExpressions?.forEach((expression, i) => {
    errors.push(
      ...validateExpression(expression, `${path}.matchExpressions[${i}]`, options.allowInvalidValues === true),
    );
  });
  return errors;
}

type Expression = NonNullable<NonNullable<SpecSelector>['matchExpressions']>[number];

function validateExpression(expression: Expression, path: string, allowInvalidValues: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const values = expression.values ?? [];
  const operator = expression.operator ?? '';
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    if (values.length > 0) errors.push(fieldError.forbidden(`${path}.values`, text));
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  const key = expression.key ?? '';
  for (const message of isQualifiedName(key)) errors.push(fieldError.invalid(`${path}.key`, key, message));
  if (allowInvalidValues) return errors;
  values.forEach((value, i) => {
    for (const message of isLabelValue(value)) errors.push(fieldError.invalid(`${path}.values[${i}]`, value, message));
  });
  return errors;
}
