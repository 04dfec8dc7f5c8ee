/** Rules of Deployments. */
import type {
  Deployment,
  DeploymentSpec,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from '#api/generated/apps/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  checkAmount,
  checkAtMost,
  checkAtMostAll,
  checkCount,
  checkCounts,
  checkSameSelector,
  checkSelectorAndTemplate,
  isZero,
} from '#kinds/apps/workload-validation.ts';
import type { PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { validateLeniently } from '#kinds/core/pod/validation/leniency.ts';

type AnyDeployment = DeepReadonly<Deployment>;
type Spec = DeepReadonly<DeploymentSpec>;

const strategies = ['Recreate', 'RollingUpdate'] as const;
const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
] as const;

export function validateDeployment(object: AnyDeployment, old?: AnyDeployment): FieldError[] {
  const template = old?.spec?.template;
  return validateLeniently(
    template && { spec: template.spec, annotations: template.metadata?.annotations },
    (lenient) => validate(object, old, lenient),
  );
}

function validate(object: AnyDeployment, old: AnyDeployment | undefined, lenient: PodLeniency): FieldError[] {
  const errors: FieldError[] = [];
  const spec = object.spec ?? ({} as Spec);
  checkCount(errors, spec.replicas, 'spec.replicas');
  checkSelectorAndTemplate(errors, spec.selector, spec.template, {
    kind: 'deployment',
    owner: 'ReplicaSet',
    lenient,
  });
  checkStrategy(errors, spec.strategy ?? {}, 'spec.strategy');
  checkCount(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkCount(errors, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  const deadline = spec.progressDeadlineSeconds;
  checkCount(errors, deadline, 'spec.progressDeadlineSeconds');
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    const text = 'must be greater than minReadySeconds';
    errors.push(fieldError.invalid('spec.progressDeadlineSeconds', deadline, text));
  }
  if (old !== undefined) checkSameSelector(errors, spec.selector, old.spec?.selector);
  return errors;
}

function checkStrategy(errors: FieldError[], strategy: DeepReadonly<DeploymentStrategy>, path: string): void {
  const { type = '', rollingUpdate } = strategy;
  if (type === 'Recreate') {
    const text = "may not be specified when strategy `type` is 'Recreate'";
    if (rollingUpdate !== undefined) errors.push(fieldError.forbidden(`${path}.rollingUpdate`, text));
  } else if (type === 'RollingUpdate') {
    const text = 'this should be defaulted and never be nil';
    if (rollingUpdate === undefined) errors.push(fieldError.required(`${path}.rollingUpdate`, text));
    else checkRollingUpdate(errors, rollingUpdate, `${path}.rollingUpdate`);
  } else errors.push(fieldError.notSupported(path, shownStrategy(strategy), strategies));
}

/** As upstream's internal struct. */
function shownStrategy({
  type = '',
  rollingUpdate,
}: {
  type?: string;
  rollingUpdate?: DeepReadonly<RollingUpdateDeployment>;
}): unknown {
  const { maxUnavailable: MaxUnavailable = 0, maxSurge: MaxSurge = 0 } = rollingUpdate ?? {};
  return { Type: type, RollingUpdate: rollingUpdate === undefined ? null : { MaxUnavailable, MaxSurge } };
}

function checkRollingUpdate(errors: FieldError[], update: DeepReadonly<RollingUpdateDeployment>, path: string): void {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  checkAmount(errors, maxUnavailable, `${path}.maxUnavailable`);
  checkAmount(errors, maxSurge, `${path}.maxSurge`);
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(fieldError.invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  checkAtMostAll(errors, maxUnavailable, `${path}.maxUnavailable`);
}

export function validateDeploymentStatus(object: AnyDeployment, old: AnyDeployment): FieldError[] {
  const errors: FieldError[] = [];
  const status = object.status ?? {};
  checkCounts(errors, status, 'status', counts);
  checkAtMost(errors, status, 'status', ['updatedReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['readyReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['availableReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['availableReplicas', 'readyReplicas']);
  const before = old.status?.collisionCount;
  if (before !== undefined && (status.collisionCount ?? -1) < before)
    errors.push(fieldError.invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented'));
  return errors;
}
