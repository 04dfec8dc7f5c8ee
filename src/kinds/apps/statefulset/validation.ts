/** Rules of StatefulSets. */
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '#api/generated/apps/v1.ts';
import type { Volume } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { validateLabelSelector } from '#api/meta/label-selector.ts';
import { validateAnnotations, validateLabels } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  type AnySelector,
  checkAmount,
  checkAtMost,
  checkAtMostAll,
  checkCount,
  checkCounts,
  checkRestartsAlways,
  checkSelects,
  isZero,
  shownSelector,
  tryCompile,
  validateWithTemplate,
} from '#kinds/apps/workload-validation.ts';
import { checkClaimSpec } from '#kinds/core/persistentvolumeclaim/spec-validation.ts';
import { checkPodAnnotations } from '#kinds/core/pod/validation/annotations.ts';
import { type AnyVolume, checkLabel, isBlank, type PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';

type AnySet = DeepReadonly<StatefulSet>;
type Spec = DeepReadonly<StatefulSetSpec>;
type Template = Spec['template'];

const retentions = ['Retain', 'Delete'] as const;
const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;
const refused = `updates to statefulset spec for fields other than '${changeable.slice(0, -1).join("', '")}' and '${changeable.at(-1)}' are forbidden`;
const counts = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const;

export function validateStatefulSet(object: AnySet, old?: AnySet): FieldError[] {
  const errors = validateWithTemplate(old?.spec?.template, (lenient) => validate(object, old, lenient));
  if (old === undefined) return errors;
  const before: Record<string, unknown> = {};
  for (const field of changeable) before[field] = old.spec?.[field];
  if (!semanticEqual({ ...object.spec, ...before }, old.spec)) errors.push(fieldError.forbidden('spec', refused));
  return errors;
}

function validate(object: AnySet, old: AnySet | undefined, lenient: PodLeniency): FieldError[] {
  const errors: FieldError[] = [];
  const spec = object.spec ?? ({} as Spec);
  checkManagement(errors, spec.podManagementPolicy);
  checkStrategy(errors, spec.updateStrategy ?? {}, 'spec.updateStrategy');
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  if (retention !== undefined)
    for (const field of ['whenDeleted', 'whenScaled'] as const)
      checkRetention(errors, retention[field] ?? '', `spec.persistentVolumeClaimRetentionPolicy.${field}`);
  if (old === undefined)
    spec.volumeClaimTemplates?.forEach((claim, i) =>
      checkClaimSpec(errors, claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`),
    );
  checkCount(errors, spec.replicas, 'spec.replicas');
  checkCount(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkCount(errors, spec.ordinals?.start, 'spec.ordinals.start');
  if (old === undefined && !isBlank(spec.serviceName)) checkLabel(errors, spec.serviceName ?? '', 'spec.serviceName');
  checkSelector(errors, spec.selector ?? undefined);
  checkTemplate(errors, spec, lenient);
  checkRestartsAlways(errors, spec.template ?? {}, 'StatefulSet');
  return errors;
}

function checkManagement(errors: FieldError[], policy: string | undefined): void {
  const path = 'spec.podManagementPolicy';
  if (isBlank(policy)) errors.push(fieldError.required(path));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.push(fieldError.invalid(path, policy, "must be 'OrderedReady' or 'Parallel'"));
}

function checkRetention(errors: FieldError[], policy: string, path: string): void {
  if (!(retentions as readonly string[]).includes(policy))
    errors.push(fieldError.notSupported(path, policy, retentions));
}

function checkStrategy(errors: FieldError[], strategy: DeepReadonly<StatefulSetUpdateStrategy>, path: string): void {
  const { type = '', rollingUpdate } = strategy as { type?: string; rollingUpdate?: typeof strategy.rollingUpdate };
  const shown = rollingUpdate && {
    Partition: rollingUpdate.partition ?? 0,
    MaxUnavailable: rollingUpdate.maxUnavailable ?? null,
  };
  if (type === '') errors.push(fieldError.required(path));
  else if (type === 'OnDelete') {
    const text = "only allowed for updateStrategy 'RollingUpdate'";
    if (rollingUpdate !== undefined) errors.push(fieldError.invalid(`${path}.rollingUpdate`, shown, text));
  } else if (type !== 'RollingUpdate') {
    const value = { Type: type, RollingUpdate: shown ?? null };
    errors.push(fieldError.invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'"));
  } else if (rollingUpdate !== undefined) {
    checkCount(errors, rollingUpdate.partition, `${path}.rollingUpdate.partition`);
    const amount = rollingUpdate.maxUnavailable;
    if (amount === undefined) return;
    checkAmount(errors, amount, `${path}.rollingUpdate.maxUnavailable`);
    if (isZero(amount)) errors.push(fieldError.invalid(`${path}.rollingUpdate.maxUnavailable`, amount, 'cannot be 0'));
    checkAtMostAll(errors, amount, `${path}.rollingUpdate.maxUnavailable`);
  }
}

function checkSelector(errors: FieldError[], selector: AnySelector): void {
  if (selector === undefined) {
    errors.push(fieldError.required('spec.selector'));
    return;
  }
  errors.push(...validateLabelSelector(selector, 'spec.selector'));
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
    errors.push(fieldError.invalid('spec.selector', selector, 'empty selector is invalid for statefulset'));
}

/** The template is judged as its pods will be: with a volume for each claim, under names the controller gives. */
function checkTemplate(errors: FieldError[], spec: Spec, lenient: PodLeniency): void {
  const selector = spec.selector ?? undefined;
  const compiled = tryCompile(selector);
  if (compiled === undefined) {
    errors.push(fieldError.invalid('spec.selector', shownSelector(selector), ''));
    return;
  }
  const template = asOfPods(spec);
  checkSelects(errors, template, compiled);
  checkPodTemplate(errors, template, 'spec.template', lenient);
  const { metadata } = template;
  errors.push(...validateLabels(metadata?.labels, 'spec.template.labels'));
  errors.push(...validateAnnotations(metadata?.annotations, 'spec.template.annotations'));
  const path = 'spec.template.annotations';
  checkPodAnnotations(errors, metadata?.annotations, template.spec ?? { containers: [] }, path, lenient);
}

function asOfPods({ template = {}, volumeClaimTemplates = [] }: Spec): Template {
  const { spec } = template;
  if (spec === undefined) return template;
  if (volumeClaimTemplates.length === 0 && isBlank(spec.hostname) && isBlank(spec.subdomain)) return template;
  const { hostname: _hostname, subdomain: _subdomain, ...rest } = spec;
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name ?? ''));
  const claims: AnyVolume[] = [...names].map((name): Volume => ({ name, persistentVolumeClaim: { claimName: name } }));
  const volumes = [...claims, ...(spec.volumes ?? []).filter(({ name }) => !names.has(name))];
  return { ...template, spec: { ...rest, volumes } };
}

export function validateStatefulSetStatus(object: AnySet, old: AnySet): FieldError[] {
  const errors: FieldError[] = [];
  const status = object.status ?? {};
  checkCounts(errors, status, 'status', counts);
  for (const part of ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const)
    checkAtMost(errors, status, 'status', [part, 'replicas']);
  const { availableReplicas = 0, readyReplicas = 0, collisionCount } = object.status ?? { replicas: 0 };
  const text = 'cannot be greater than status.readyReplicas';
  if (availableReplicas > readyReplicas)
    errors.push(fieldError.invalid('status.availableReplicas', availableReplicas, text));
  const before = old.status?.collisionCount;
  if (before !== undefined && (collisionCount ?? -1) < before)
    errors.push(fieldError.invalid('status.collisionCount', collisionCount ?? 0, 'cannot be decremented'));
  return errors;
}
