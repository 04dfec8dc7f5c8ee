/** Rules of ReplicaSets. */
import type { ReplicaSet, ReplicaSetSpec } from '#api/generated/apps/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { FieldError } from '#api/status.ts';
import {
  checkAtMost,
  checkCount,
  checkCounts,
  checkSameSelector,
  checkSelectorAndTemplate,
} from '#kinds/apps/workload-validation.ts';
import type { PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { validateLeniently } from '#kinds/core/pod/validation/leniency.ts';

type AnyReplicaSet = DeepReadonly<ReplicaSet>;

const counts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
] as const;

export function validateReplicaSet(object: AnyReplicaSet, old?: AnyReplicaSet): FieldError[] {
  const template = old?.spec?.template;
  return validateLeniently(
    template && { spec: template.spec, annotations: template.metadata?.annotations },
    (lenient) => validate(object, old, lenient),
  );
}

function validate(object: AnyReplicaSet, old: AnyReplicaSet | undefined, lenient: PodLeniency): FieldError[] {
  const errors: FieldError[] = [];
  const spec = object.spec ?? ({} as DeepReadonly<ReplicaSetSpec>);
  checkCount(errors, spec.replicas, 'spec.replicas');
  checkCount(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkSelectorAndTemplate(errors, spec.selector, spec.template, {
    kind: 'deployment',
    owner: 'ReplicaSet',
    lenient,
  });
  if (old !== undefined) checkSameSelector(errors, spec.selector, old.spec?.selector);
  return errors;
}

export function validateReplicaSetStatus(object: AnyReplicaSet): FieldError[] {
  const errors: FieldError[] = [];
  const status = object.status ?? {};
  checkCounts(errors, status, 'status', counts);
  checkAtMost(errors, status, 'status', ['fullyLabeledReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['readyReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['availableReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['availableReplicas', 'readyReplicas']);
  return errors;
}
