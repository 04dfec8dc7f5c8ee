/** Rules of DaemonSets. */
import type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetUpdateStrategy,
  RollingUpdateDaemonSet,
} from '#api/generated/apps/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  checkAmount,
  checkAtMostAll,
  checkCount,
  checkCounts,
  checkRestartsAlways,
  checkSameSelector,
  checkSelects,
  isZero,
  tryCompile,
  validateWithTemplate,
} from '#kinds/apps/workload-validation.ts';
import type { PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';

type AnyDaemonSet = DeepReadonly<DaemonSet>;

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

export function validateDaemonSet(object: AnyDaemonSet, old?: AnyDaemonSet): FieldError[] {
  return validateWithTemplate(old?.spec?.template, (lenient) => validate(object, old, lenient));
}

function validate(object: AnyDaemonSet, old: AnyDaemonSet | undefined, lenient: PodLeniency): FieldError[] {
  const errors: FieldError[] = [];
  const spec = object.spec ?? ({} as DeepReadonly<DaemonSetSpec>);
  const selector = spec.selector ?? undefined;
  const template = spec.template ?? {};
  if (old !== undefined) checkSameSelector(errors, selector, old.spec?.selector);
  errors.push(...validateLabelSelector(selector, 'spec.selector'));
  const compiled = tryCompile(selector);
  if (compiled !== undefined) checkSelects(errors, template, compiled);
  const size = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length;
  if (selector !== undefined && size === 0)
    errors.push(fieldError.invalid('spec.selector', selector, 'empty selector is invalid for daemonset'));
  checkPodTemplate(errors, template, 'spec.template', lenient);
  checkRestartsAlways(errors, template, 'DaemonSet');
  checkCount(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkStrategy(errors, spec.updateStrategy ?? {}, 'spec.updateStrategy');
  checkCount(errors, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  return errors;
}

function checkStrategy(errors: FieldError[], strategy: DeepReadonly<DaemonSetUpdateStrategy>, path: string): void {
  const { type = '', rollingUpdate } = strategy as {
    type?: string;
    rollingUpdate?: DeepReadonly<RollingUpdateDaemonSet>;
  };
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    const shown = { Type: type, RollingUpdate: rollingUpdate === undefined ? null : shownUpdate(rollingUpdate) };
    errors.push(fieldError.notSupported(path, shown, ['RollingUpdate', 'OnDelete']));
  } else if (rollingUpdate === undefined) errors.push(fieldError.required(`${path}.rollingUpdate`));
  else checkRollingUpdate(errors, rollingUpdate, `${path}.rollingUpdate`);
}

function shownUpdate({ maxUnavailable = 0, maxSurge = 0 }: DeepReadonly<RollingUpdateDaemonSet>): unknown {
  return { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge };
}

function checkRollingUpdate(errors: FieldError[], update: DeepReadonly<RollingUpdateDaemonSet>, path: string): void {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  checkAmount(errors, maxUnavailable, `${path}.maxUnavailable`);
  checkAmount(errors, maxSurge, `${path}.maxSurge`);
  checkAtMostAll(errors, maxUnavailable, `${path}.maxUnavailable`);
  checkAtMostAll(errors, maxSurge, `${path}.maxSurge`);
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    const text = 'may not be set when maxUnavailable is non-zero';
    errors.push(fieldError.invalid(`${path}.maxSurge`, maxSurge, text));
  }
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(fieldError.required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

export function validateDaemonSetStatus(object: AnyDaemonSet, old: AnyDaemonSet): FieldError[] {
  const errors: FieldError[] = [];
  checkCounts(errors, object.status ?? {}, 'status', counts);
  const before = old.status?.collisionCount;
  if (before !== undefined && (object.status?.collisionCount ?? -1) < before)
    errors.push(
      fieldError.invalid('status.collisionCount', object.status?.collisionCount ?? 0, 'cannot be decremented'),
    );
  return errors;
}
