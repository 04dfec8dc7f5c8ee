/** Rules of affinities to nodes and to other pods. */
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '#api/generated/core/v1.ts';
import type { LabelSelector } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isQualifiedName } from '#api/meta/names.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkNodeSelector, checkNodeSelectorTerm } from '#kinds/core/node-selector-validation.ts';
import { addMessages, type PodCheck } from '#kinds/core/pod/validation/context.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

export function checkAffinity(check: PodCheck, affinity: DeepReadonly<Affinity> | undefined, path: string): void {
  if (affinity === undefined) return;
  if (affinity.nodeAffinity !== undefined) checkNodeAffinity(check, affinity.nodeAffinity, `${path}.nodeAffinity`);
  if (affinity.podAffinity !== undefined) checkPodAffinity(check, affinity.podAffinity, `${path}.podAffinity`);
  if (affinity.podAntiAffinity !== undefined)
    checkPodAffinity(check, affinity.podAntiAffinity, `${path}.podAntiAffinity`);
}

function checkNodeAffinity({ errors, lenient }: PodCheck, affinity: DeepReadonly<NodeAffinity>, path: string): void {
  const selector = affinity[required];
  if (selector !== undefined)
    checkNodeSelector(errors, selector, `${path}.${required}`, lenient.labelValuesInNodeAffinity === true);
  affinity[preferred]?.forEach(({ weight, preference }, i) => {
    const at = `${path}.${preferred}[${i}]`;
    checkWeight(errors, weight, at);
    checkNodeSelectorTerm(errors, preference ?? {}, `${at}.preference`, true);
  });
}

function checkWeight(errors: FieldError[], weight: number, path: string): void {
  if (!(weight > 0 && weight <= 100))
    errors.push(fieldError.invalid(`${path}.weight`, weight ?? 0, 'must be in the range 1-100'));
}

function checkPodAffinity(check: PodCheck, affinity: DeepReadonly<PodAffinity>, path: string): void {
  affinity[required]?.forEach((term, i) => checkTerm(check, term, `${path}.${required}[${i}]`));
  affinity[preferred]?.forEach(({ weight, podAffinityTerm }, i) => {
    const at = `${path}.${preferred}[${i}]`;
    checkWeight(check.errors, weight, at);
    checkTerm(check, podAffinityTerm ?? {}, `${at}.podAffinityTerm`);
  });
}

function checkTerm({ errors, lenient }: PodCheck, term: Partial<DeepReadonly<PodAffinityTerm>>, path: string): void {
  const options = { allowInvalidValues: lenient.labelValuesInSelector === true };
  if (term.labelSelector !== undefined)
    errors.push(...validateLabelSelector(term.labelSelector, `${path}.labelSelector`, options));
  if (term.namespaceSelector !== undefined)
    errors.push(...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`, options));
  for (const name of term.namespaces ?? []) addMessages(errors, isDNS1123Label(name), `${path}.namespace`, name);
  checkLabelKeys(errors, term, path);
  const { topologyKey = '' } = term;
  if (topologyKey === '') errors.push(fieldError.required(`${path}.topologyKey`, 'can not be empty'));
  addMessages(errors, isQualifiedName(topologyKey), `${path}.topologyKey`, topologyKey);
}

interface KeyedSelector {
  readonly labelSelector?: DeepReadonly<LabelSelector>;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/** Keys whose values come from the pod itself and are merged into the selector. */
export function checkLabelKeys(errors: FieldError[], source: KeyedSelector, path: string): void {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = source;
  if (matchLabelKeys.length === 0 && mismatchLabelKeys.length === 0) return;
  checkKeys(errors, matchLabelKeys, labelSelector, `${path}.matchLabelKeys`);
  checkKeys(errors, mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`);
  const known = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key);
    if (i >= 0 && known.has(key))
      errors.push(fieldError.invalid(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    known.add(key);
  }
  matchLabelKeys.forEach((key, i) => {
    const text = 'exists in both matchLabelKeys and mismatchLabelKeys';
    if (mismatchLabelKeys.includes(key)) errors.push(fieldError.invalid(`${path}.matchLabelKeys[${i}]`, key, text));
  });
}

function checkKeys(errors: FieldError[], keys: readonly string[], selector: unknown, path: string): void {
  if (keys.length === 0) return;
  if (selector === undefined)
    errors.push(fieldError.forbidden(path, 'must not be specified when labelSelector is not set'));
  else keys.forEach((key, i) => addMessages(errors, isQualifiedName(key), `${path}[${i}]`, key));
}

/** For updates of objects older than the rules of {@link checkLabelKeys}. */
export function checkLabelKeysOfOld(errors: FieldError[], source: KeyedSelector, path: string): void {
  const { labelSelector, matchLabelKeys = [] } = source;
  if (matchLabelKeys.length === 0) return;
  if (labelSelector === undefined)
    errors.push(fieldError.forbidden(path, 'must not be specified when labelSelector is not set'));
  matchLabelKeys.forEach((key, i) => {
    addMessages(errors, isQualifiedName(key), `${path}[${i}]`, key);
    const isSelected =
      labelSelector?.matchLabels?.[key] !== undefined ||
      labelSelector?.matchExpressions?.some((expression) => expression.key === key) === true;
    if (isSelected)
      errors.push(fieldError.invalid(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
  });
}
