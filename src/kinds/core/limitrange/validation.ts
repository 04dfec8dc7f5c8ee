/** Rules of LimitRanges: types stand once, and their amounts do not contradict each other. */
import type { LimitRange, LimitRangeItem } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { compareQuantities, parseQuantity, type Quantity, quantityText } from '#lang/quantity/quantity.ts';
import { checkQualifiedName } from '#kinds/core/pod/validation/context.ts';
import { checkContainerResourceName, checkResourceName } from '#kinds/core/pod/validation/resources.ts';

type Item = DeepReadonly<LimitRangeItem>;
type Field = 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio';

const types: ReadonlySet<string> = new Set(['Pod', 'Container', 'PersistentVolumeClaim']);
const one = parseQuantity('1');

export function validateLimitRange({ spec }: DeepReadonly<LimitRange>): FieldError[] {
  const errors: FieldError[] = [];
  spec?.limits?.forEach((item, i, items) => {
    const path = `spec.limits[${i}]`;
    checkType(errors, item.type ?? '', `${path}.type`);
    if (items.findIndex((other) => other.type === item.type) < i)
      errors.push(fieldError.duplicate(`${path}.type`, item.type ?? ''));
    checkItem(errors, item, path);
  });
  return errors;
}

function checkType(errors: FieldError[], type: string, path: string): void {
  const before = errors.length;
  checkQualifiedName(errors, type, path);
  if (errors.length === before && !type.includes('/') && !types.has(type))
    errors.push(fieldError.invalid(path, type, 'must be a standard limit type or fully qualified'));
}

function checkItem(errors: FieldError[], item: Item, path: string): void {
  const names = new Set<string>();
  const isOfContainers = item.type === 'Pod' || item.type === 'Container';
  const collect = (field: Field): void => {
    for (const name of Object.keys(item[field] ?? {})) {
      if (isOfContainers) checkContainerResourceName(errors, name, `${path}.${field}[${name}]`);
      else checkResourceName(errors, name, `${path}.${field}[${name}]`);
      names.add(name);
    }
  };
  collect('max');
  collect('min');
  for (const field of ['default', 'defaultRequest'] as const) {
    if (item.type !== 'Pod') collect(field);
    else if (Object.keys(item[field] ?? {}).length > 0)
      errors.push(fieldError.forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
  }
  const hasStorage = item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined;
  if (item.type === 'PersistentVolumeClaim' && !hasStorage) {
    const text = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(fieldError.required(`${path}.limits`, text));
  }
  collect('maxLimitRequestRatio');
  for (const name of names) checkAmounts(errors, item, name, path);
}

function checkAmounts(errors: FieldError[], item: Item, name: string, path: string): void {
  const of = (field: Field): Quantity | undefined => {
    const amount = item.type === 'Pod' && field.startsWith('default') ? undefined : item[field]?.[name];
    return amount === undefined ? undefined : parseQuantity(amount);
  };
  const [min, max, limit, request] = [of('min'), of('max'), of('default'), of('defaultRequest')];
  type Named = readonly [Quantity | undefined, string];
  const check = (field: Field, [low, lowName]: Named, [high, highName]: Named, shown: Quantity | undefined): void => {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return;
    const text = `${lowName} value ${quantityText(low)} is greater than ${highName} value ${quantityText(high)}`;
    errors.push(fieldError.invalid(`${path}.${field}[${name}]`, quantityText(shown ?? low), text));
  };
  check('min', [min, 'min'], [max, 'max'], min);
  check('defaultRequest', [min, 'min'], [request, 'default request'], request);
  check('defaultRequest', [request, 'default request'], [max, 'max'], request);
  check('defaultRequest', [request, 'default request'], [limit, 'default limit'], request);
  check('default', [min, 'min'], [limit, 'default'], min);
  check('default', [limit, 'default'], [max, 'max'], max);
  checkRatio(errors, of('maxLimitRequestRatio'), min, max, `${path}.maxLimitRequestRatio[${name}]`);
}

/** The largest limit for a request cannot be further from it than the most is from the least. */
function checkRatio(
  errors: FieldError[],
  ratio: Quantity | undefined,
  min: Quantity | undefined,
  max: Quantity | undefined,
  path: string,
): void {
  if (ratio === undefined) return;
  const text = quantityText(ratio);
  if (compareQuantities(ratio, one) < 0) errors.push(fieldError.invalid(path, text, `ratio ${text} is less than 1`));
  if (min === undefined || max === undefined) return;
  const most = Number(max.nanos) / Number(min.nanos);
  if (Number(ratio.nanos) / 1e9 > most)
    errors.push(fieldError.invalid(path, text, `ratio ${text} is greater than max/min = ${most.toFixed(6)}`));
}
