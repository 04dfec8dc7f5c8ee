/** Rules of what keeps pods off and on nodes: tolerations, spread, gates. */
import type { PodSchedulingGate, Toleration, TopologySpreadConstraint } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isLabelValue } from '#api/meta/names.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkLabelKeys, checkLabelKeysOfOld } from '#kinds/core/pod/validation/affinity.ts';
import { checkQualifiedName, checkSupported, isBlank, type PodCheck } from '#kinds/core/pod/validation/context.ts';

type AnyToleration = DeepReadonly<Toleration>;
type Constraint = DeepReadonly<TopologySpreadConstraint>;

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;
const operators = ['Equal', 'Exists'] as const;
const operatorsWithComparison = [...operators, 'Lt', 'Gt'] as const;
const actions = ['DoNotSchedule', 'ScheduleAnyway'] as const;
const nodePolicies = ['Honor', 'Ignore'] as const;

export function checkTolerations(errors: FieldError[], list: readonly AnyToleration[] | undefined, path: string): void {
  list?.forEach((toleration, i) => checkToleration(errors, toleration, `${path}[${i}]`));
}

function checkToleration(errors: FieldError[], toleration: AnyToleration, path: string): void {
  const {
    key = '',
    operator = '',
    value = '',
    effect = '',
    tolerationSeconds,
  } = toleration as {
    readonly [K in keyof Toleration]: Toleration[K] extends number | undefined ? number : string;
  };
  if (key !== '') checkQualifiedName(errors, key, `${path}.key`);
  else if (operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(fieldError.invalid(`${path}.operator`, operator, text));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute')
    errors.push(
      fieldError.invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  if (operator === 'Equal' || operator === '') {
    const messages = isLabelValue(value);
    if (messages.length > 0) errors.push(fieldError.invalid(`${path}.operator`, value, messages.join(';')));
  } else if (operator === 'Exists') {
    const text = "value must be empty when `operator` is 'Exists'";
    if (value !== '') errors.push(fieldError.invalid(`${path}.operator`, value, text));
  } else {
    const valid = operator === 'Lt' || operator === 'Gt' ? operatorsWithComparison : operators;
    errors.push(fieldError.notSupported(`${path}.operator`, operator, valid));
  }
  if (effect !== '') checkSupported(errors, effect, `${path}.effect`, taintEffects);
}

export function checkSpread(check: PodCheck, list: readonly Constraint[] | undefined, path: string): void {
  list?.forEach((constraint, i) => {
    checkConstraint(check, constraint, `${path}[${i}]`, () =>
      list.some(
        (other, n) =>
          n > i &&
          other.topologyKey === constraint.topologyKey &&
          other.whenUnsatisfiable === constraint.whenUnsatisfiable,
      ),
    );
  });
}

function checkConstraint(check: PodCheck, constraint: Constraint, path: string, isRepeated: () => boolean): void {
  const { errors, lenient } = check;
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint;
  checkPositive(errors, maxSkew, `${path}.maxSkew`);
  if (topologyKey === '') errors.push(fieldError.required(`${path}.topologyKey`, 'can not be empty'));
  checkSupported(errors, whenUnsatisfiable, `${path}.whenUnsatisfiable`, actions);
  if (isRepeated()) {
    const both = `{${topologyKey}, ${whenUnsatisfiable}}`;
    errors.push(fieldError.duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, both));
  }
  if (minDomains !== undefined) {
    checkPositive(errors, minDomains, `${path}.minDomains`);
    const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    if (whenUnsatisfiable !== 'DoNotSchedule') errors.push(fieldError.invalid(`${path}.minDomains`, minDomains, text));
  }
  checkSupported(errors, constraint.nodeAffinityPolicy, `${path}.nodeAffinityPolicy`, nodePolicies);
  checkSupported(errors, constraint.nodeTaintsPolicy, `${path}.nodeTaintsPolicy`, nodePolicies);
  if (lenient.spreadLabelKeys === true) checkLabelKeysOfOld(errors, constraint, `${path}.matchLabelKeys`);
  else checkLabelKeys(errors, constraint, path);
  if (lenient.spreadSelector !== true && constraint.labelSelector !== undefined)
    errors.push(...validateLabelSelector(constraint.labelSelector, `${path}.labelSelector`));
}

function checkPositive(errors: FieldError[], value: number, path: string): void {
  if (!(value > 0)) errors.push(fieldError.invalid(path, value, 'must be greater than zero'));
}

export function checkSchedulingGates(
  errors: FieldError[],
  gates: readonly DeepReadonly<PodSchedulingGate>[] | undefined,
  path: string,
): void {
  gates?.forEach(({ name = '' }, i) => {
    checkQualifiedName(errors, name, `${path}[${i}]`);
    if (gates.findIndex((other) => other.name === name) < i) errors.push(fieldError.duplicate(`${path}[${i}]`, name));
  });
}

export function checkReadinessGates(
  errors: FieldError[],
  gates: readonly { readonly conditionType: string }[] | undefined,
  path: string,
): void {
  gates?.forEach(({ conditionType = '' }, i) =>
    checkQualifiedName(errors, conditionType, `${path}[${i}].conditionType`),
  );
}

/** The effect of a taint must be known; a toleration's may be left out. */
export function checkTaintEffect(errors: FieldError[], effect: string | undefined, path: string): void {
  if (isBlank(effect)) errors.push(fieldError.required(path));
  else checkSupported(errors, effect, path, taintEffects);
}
