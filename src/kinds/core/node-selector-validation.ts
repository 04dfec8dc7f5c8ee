/** Rules of node selectors: in pods' affinities and in volumes' topologies. */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Subdomain, isLabelValue, isQualifiedName } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';

type Requirement = DeepReadonly<NodeSelectorRequirement>;
type Term = DeepReadonly<NodeSelectorTerm>;

const noOperator = 'not a valid selector operator';

export function checkNodeSelector(
  errors: FieldError[],
  selector: DeepReadonly<NodeSelector>,
  path: string,
  allowsAnyValue = false,
): void {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) {
    errors.push(fieldError.required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term'));
    return;
  }
  terms.forEach((term, i) => checkNodeSelectorTerm(errors, term, `${path}.nodeSelectorTerms[${i}]`, allowsAnyValue));
}

export function checkNodeSelectorTerm(
  errors: FieldError[],
  { matchExpressions, matchFields }: Term,
  path: string,
  allowsAnyValue: boolean,
): void {
  matchExpressions?.forEach((requirement, i) =>
    checkRequirement(errors, requirement, `${path}.matchExpressions[${i}]`, allowsAnyValue),
  );
  matchFields?.forEach((requirement, i) => checkFieldRequirement(errors, requirement, `${path}.matchFields[${i}]`));
}

function checkRequirement(errors: FieldError[], requirement: Requirement, path: string, allowsAnyValue: boolean): void {
  const {
    key = '',
    operator = '',
    values = [],
  } = requirement as { key?: string; operator?: string; values?: string[] };
  if (operator === 'In' || operator === 'NotIn') {
    const text = "must be specified when `operator` is 'In' or 'NotIn'";
    if (values.length === 0) errors.push(fieldError.required(`${path}.values`, text));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    if (values.length > 0) errors.push(fieldError.forbidden(`${path}.values`, text));
  } else if (operator === 'Gt' || operator === 'Lt') {
    const text = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    if (values.length !== 1) errors.push(fieldError.required(`${path}.values`, text));
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, noOperator));
  for (const message of isQualifiedName(key)) errors.push(fieldError.invalid(`${path}.key`, key, message));
  if (allowsAnyValue) return;
  values.forEach((value, i) => {
    for (const message of isLabelValue(value)) errors.push(fieldError.invalid(`${path}.values[${i}]`, value, message));
  });
}

function checkFieldRequirement(errors: FieldError[], requirement: Requirement, path: string): void {
  const {
    key = '',
    operator = '',
    values = [],
  } = requirement as { key?: string; operator?: string; values?: string[] };
  if (operator === 'In' || operator === 'NotIn') {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    if (values.length !== 1) errors.push(fieldError.required(`${path}.values`, text));
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, noOperator));
  if (key !== 'metadata.name') {
    errors.push(fieldError.invalid(`${path}.key`, key, 'not a valid field selector key'));
    return;
  }
  values.forEach((value, i) => {
    for (const message of isDNS1123Subdomain(value))
      errors.push(fieldError.invalid(`${path}.values[${i}]`, value, message));
  });
}
