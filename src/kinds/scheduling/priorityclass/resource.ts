/** PriorityClasses. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/priority-class-v1/ */
import { priorityclasses } from '#api/generated/resources.ts';
import type { PriorityClass } from '#api/generated/scheduling/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { validateImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';

/** The largest value a user may give. */
export const highestUserPriority = 1_000_000_000;
const systemPrefix = 'system-';
const policies = ['Never', 'PreemptLowerPriority'] as const;

/** The two classes every cluster has. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'system-node-critical' },
    value: 2 * highestUserPriority + 1000,
    description: 'Used for system critical pods that must not be moved from their current node.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'system-cluster-critical' },
    value: 2 * highestUserPriority,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
];

export const priorityClass: Resource<PriorityClass> = {
  ...priorityclasses,
  singular: 'priorityclass',
  shortNames: ['pc'],
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate(object, old) {
    if (old.metadata.generation !== undefined) object.metadata.generation = old.metadata.generation;
  },
  validateCreate: validate,
  validateUpdate,
  columns: [
    { name: 'Value', type: 'integer', value: ({ value }) => value ?? 0 },
    { name: 'Global-Default', type: 'boolean', value: ({ globalDefault }) => globalDefault ?? false },
    ageColumn,
    { name: 'PreemptionPolicy', type: 'string', value: ({ preemptionPolicy }) => preemptionPolicy ?? '' },
  ],
};

function validate(object: DeepReadonly<PriorityClass>): FieldError[] {
  const errors: FieldError[] = [];
  const preemptionPolicy: string | undefined = object.preemptionPolicy;
  if ((object.metadata.name ?? '').startsWith(systemPrefix)) {
    const problem = systemProblem(object);
    const text = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`;
    if (problem !== '') errors.push(fieldError.forbidden('metadata.name', text));
  } else if ((object.value ?? 0) > highestUserPriority) {
    const text = `maximum allowed value of a user defined priority is ${highestUserPriority}`;
    errors.push(fieldError.forbidden('value', text));
  }
  if (preemptionPolicy === '') errors.push(fieldError.required('preemptionPolicy'));
  else if (preemptionPolicy !== undefined && !(policies as readonly string[]).includes(preemptionPolicy))
    errors.push(fieldError.notSupported('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  return errors;
}

function systemProblem(object: DeepReadonly<PriorityClass>): string {
  const known = systemPriorityClasses.find(({ metadata }) => metadata.name === object.metadata.name);
  if (known === undefined) return `${object.metadata.name} is not a known system priority class`;
  if (known.value !== (object.value ?? 0))
    return `value of ${known.metadata.name} PriorityClass must be ${known.value}`;
  if (object.globalDefault === true) return `globalDefault of ${known.metadata.name} PriorityClass must be false`;
  return '';
}

function validateUpdate(object: DeepReadonly<PriorityClass>, old: DeepReadonly<PriorityClass>): FieldError[] {
  const errors: FieldError[] = [];
  if ((object.value ?? 0) !== (old.value ?? 0))
    errors.push(fieldError.forbidden('value', 'may not be changed in an update.'));
  errors.push(...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'));
  return errors;
}
