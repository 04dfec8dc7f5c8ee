/** Which rules an object may go on breaking on update, because what is stored breaks them already. */
import type { PodSpec } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { FieldError } from '#api/status.ts';
import { isDeletionCost } from '#kinds/core/pod/validation/annotations.ts';
import type { PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkPodSpec } from '#kinds/core/pod/validation/spec.ts';

type Spec = DeepReadonly<PodSpec>;

const strict: PodLeniency = {};
const inSelector = /\.pod(Anti)?Affinity\..*elector\.matchExpressions\[\d+\]\.values\[/;
const inNodeAffinity = /\.nodeAffinity\.required.*\.values\[/;
const inSpread = /\.topologySpreadConstraints\[\d+\]/;
const tests: readonly (readonly [keyof PodLeniency, (error: FieldError) => boolean])[] = [
  ['labelValuesInSelector', ({ field }) => inSelector.test(field)],
  ['labelValuesInNodeAffinity', ({ field }) => inNodeAffinity.test(field)],
  ['spreadSelector', ({ field }) => inSpread.test(field) && field.includes('labelSelector')],
  ['spreadLabelKeys', ({ field, detail }) => inSpread.test(field) && detail.startsWith('exists in both')],
  ['indivisibleHugePages', ({ detail }) => detail.includes('is not positive integer multiple of')],
  ['hostSysctls', ({ detail }) => detail.startsWith("may not be specified when 'host")],
  ['tokenPath', ({ field }) => field.endsWith('.projected.path')],
  ['restartOfInitContainers', ({ detail }) => detail.endsWith('for non-sidecar initContainers')],
];

/**
 * Validates strictly, and once more with leniency if that found something and there is an older object to excuse it. What is
 * right costs one run.
 */
export function validateLeniently(
  old:
    | { readonly spec: Spec | undefined; readonly annotations?: Readonly<Record<string, string>> | undefined }
    | undefined,
  validate: (lenient: PodLeniency) => FieldError[],
): FieldError[] {
  const errors = validate(strict);
  if (errors.length === 0 || old?.spec === undefined) return errors;
  const lenient = leniencyOf(old.spec, old.annotations);
  return Object.values(lenient).includes(true) ? validate(lenient) : errors;
}

function leniencyOf(old: Spec, annotations: Readonly<Record<string, string>> | undefined): PodLeniency {
  const cost = annotations?.['controller.kubernetes.io/pod-deletion-cost'];
  const errors: FieldError[] = [];
  checkPodSpec(errors, old, 'spec');
  const found = tests.filter(([, holds]) => errors.some(holds)).map(([name]) => [name, true] as const);
  return { ...Object.fromEntries(found), deletionCost: cost !== undefined && !isDeletionCost(cost) };
}
