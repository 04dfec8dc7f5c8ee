/** What may be changed in a pod after it was made: almost nothing. */
import type { Pod, PodSpec, Toleration } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { equalOfType, semanticEqual } from '#api/meta/equality.ts';
import { copyEmptied } from '#api/schema/normalize.ts';
import { rangeMessage } from '#api/meta/names.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { unifiedDiff } from '#lang/diff/unified-diff.ts';
import { internalText, internalValue } from '#kinds/core/internal-json.ts';
import { checkAnnotationChange, checkPodAnnotations } from '#kinds/core/pod/validation/annotations.ts';
import { type AnyContainer, type AnySpec, type PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { validateLeniently } from '#kinds/core/pod/validation/leniency.ts';
import { checkPod } from '#kinds/core/pod/validation/pod.ts';
import { checkTolerations } from '#kinds/core/pod/validation/scheduling.ts';

type AnyPod = DeepReadonly<Pod>;

const maxDeadline = 2_147_483_647;
const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate(pod: AnyPod, old: AnyPod): FieldError[] {
  const before = { spec: old.spec, annotations: old.metadata.annotations };
  return validateLeniently(before, (lenient) => {
    const errors: FieldError[] = [];
    checkWhole(errors, pod, old, lenient);
    if (checkFields(errors, pod.spec, old.spec)) checkRest(errors, pod.spec, old.spec);
    return errors;
  });
}

/** Everything a pod must keep, whichever part of it is updated. */
export function checkWhole(errors: FieldError[], pod: AnyPod, old: AnyPod, lenient: PodLeniency): void {
  if (pod.spec !== old.spec) checkPod(errors, pod, lenient);
  checkAnnotationChange(errors, pod, old, 'metadata.annotations');
  checkPodAnnotations(errors, pod.metadata.annotations, pod.spec, 'metadata.annotations', lenient);
}

/** The fields that have rules of their own. False: nothing more is to be said. */
function checkFields(errors: FieldError[], spec: AnySpec, old: AnySpec): boolean {
  if (!checkImages(errors, spec.containers, old.containers, 'spec.containers')) return false;
  if (!checkImages(errors, spec.initContainers, old.initContainers, 'spec.initContainers')) return false;
  if (!checkDeadline(errors, spec.activeDeadlineSeconds, old.activeDeadlineSeconds)) return false;
  checkAddedTolerations(errors, spec.tolerations ?? [], old.tolerations ?? []);
  const gates = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  spec.schedulingGates?.forEach(({ name }, i) => {
    if (gates.has(name)) return;
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(fieldError.forbidden(`spec.schedulingGates[${i}].name`, text));
  });
  return true;
}

type Containers = readonly AnyContainer[] | undefined;

function checkImages(errors: FieldError[], list: Containers, old: Containers, path: string): boolean {
  if ((list ?? []).length !== (old ?? []).length) {
    errors.push(fieldError.forbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  list?.forEach(({ image = '' }, i) => {
    if (image === '') errors.push(fieldError.required(`${path}[${i}].image`));
    if (image.trim() !== image)
      errors.push(fieldError.invalid(`${path}[${i}].image`, image, 'must not have leading or trailing whitespace'));
  });
  return true;
}

function checkDeadline(errors: FieldError[], value: number | undefined, old: number | undefined): boolean {
  const path = 'spec.activeDeadlineSeconds';
  if (value === undefined) {
    const text = 'must not update from a positive integer to nil value';
    if (old !== undefined) errors.push(fieldError.invalid(path, null, text));
    return true;
  }
  if (value < 0 || value > maxDeadline) {
    errors.push(fieldError.invalid(path, value, rangeMessage(0, maxDeadline)));
    return false;
  }
  if (old === undefined || old >= value) return true;
  errors.push(fieldError.invalid(path, value, 'must be less than or equal to previous value'));
  return false;
}

type Tolerations = readonly DeepReadonly<Toleration>[];

function checkAddedTolerations(errors: FieldError[], list: Tolerations, old: Tolerations): void {
  const isKept = (one: DeepReadonly<Toleration>): boolean =>
    list.some((other) => semanticEqual({ ...one, tolerationSeconds: other.tolerationSeconds }, other));
  if (old.every(isKept)) {
    if (list !== old) checkTolerations(errors, list, 'spec.tolerations');
    return;
  }
  const text = 'existing toleration can not be modified except its tolerationSeconds';
  errors.push(fieldError.forbidden('spec.tolerations', text));
}

/** With what may change set back, nothing may be different. */
function checkRest(errors: FieldError[], spec: AnySpec, old: AnySpec): void {
  if (isSameSpec(spec, old)) return;
  const isGated = (old.schedulingGates ?? []).length > 0;
  let same = withOldImages(spec, old);
  if (isGated) {
    checkGated(errors, same, old);
    same = withOldPlacement(same, old);
  }
  if (isSameSpec(same, old)) return;
  const diff = unifiedDiff(internalText('PodSpec', old), internalText('PodSpec', same));
  errors.push(fieldError.forbidden('spec', `pod updates may not change fields other than ${changeable}\n${diff}`));
}

function isSameSpec(spec: AnySpec, old: AnySpec): boolean {
  return spec === old || equalOfType(spec, old, builtinSchemas.type('io.k8s.api.core.v1.PodSpec'));
}

function withOldImages(spec: AnySpec, old: AnySpec): AnySpec {
  const images = (list: Containers, before: Containers): readonly AnyContainer[] =>
    (list ?? []).map((container, i) => copyEmptied(container, { ...container, image: before?.[i]?.image ?? '' }));
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1;
  const result: Record<string, unknown> = { ...spec, containers: images(spec.containers, old.containers) };
  copyEmptied(spec, result);
  if (spec.initContainers !== undefined) result['initContainers'] = images(spec.initContainers, old.initContainers);
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) setBack(result, old, field);
  if (wasNegative) setBack(result, old, 'terminationGracePeriodSeconds');
  return result as unknown as AnySpec;
}

function setBack(target: Record<string, unknown>, old: AnySpec, field: keyof PodSpec): void {
  if (old[field] === undefined) delete target[field];
  else target[field] = old[field];
}

/** A pod that waits at a gate may still be told more narrowly where to go. */
function checkGated(errors: FieldError[], spec: AnySpec, old: AnySpec): void {
  const isWider = Object.entries(old.nodeSelector ?? {}).some(([key, value]) => spec.nodeSelector?.[key] !== value);
  if (isWider) {
    const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(fieldError.invalid('spec.nodeSelector', spec.nodeSelector ?? null, text));
  }
  const terms = requiredTerms(spec);
  const before = requiredTerms(old);
  if (before.length === 0) return;
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (before.length !== terms.length) {
    const text = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    errors.push(fieldError.invalid(path, internalValue('NodeSelectorTerm', terms.length === 0 ? null : terms), text));
    return;
  }
  before.forEach((term, i) => {
    if (addsOnly(terms[i] ?? {}, term)) return;
    const text = 'only additions are allowed (no mutations or deletions)';
    errors.push(fieldError.invalid(`${path}[${i}]`, internalValue('NodeSelectorTerm', terms[i]), text));
  });
}

interface Term {
  readonly matchExpressions?: readonly unknown[];
  readonly matchFields?: readonly unknown[];
}

function requiredTerms({ affinity }: AnySpec): readonly Term[] {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
}

function addsOnly(term: Term, old: Term): boolean {
  const { matchExpressions: expressions = [], matchFields: fields = [] } = term;
  const { matchExpressions: oldExpressions = [], matchFields: oldFields = [] } = old;
  if (oldExpressions.length + oldFields.length === 0) return expressions.length + fields.length === 0;
  const begins = (list: readonly unknown[], before: readonly unknown[]): boolean =>
    list.length >= before.length && semanticEqual(list.slice(0, before.length), before);
  return begins(expressions, oldExpressions) && begins(fields, oldFields);
}

function withOldPlacement(spec: AnySpec, old: AnySpec): AnySpec {
  const result: Record<string, unknown> = copyEmptied(spec, { ...spec });
  setBack(result, old, 'nodeSelector');
  const { nodeAffinity: _, ...others } = spec.affinity ?? {};
  const nodeAffinity = old.affinity?.nodeAffinity;
  if (nodeAffinity !== undefined) result['affinity'] = { ...others, nodeAffinity };
  else if (spec.affinity !== undefined && old.affinity === undefined && Object.keys(others).length === 0)
    delete result['affinity'];
  else if (spec.affinity !== undefined) result['affinity'] = others;
  return result as unknown as AnySpec;
}

/** Ephemeral containers are only added. */
export function validateEphemeralUpdate(pod: AnyPod, old: AnyPod): FieldError[] {
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [fieldError.forbidden('', 'static pods do not support ephemeral containers')];
  const before = { spec: old.spec, annotations: old.metadata.annotations };
  return validateLeniently(before, (lenient) => {
    const errors: FieldError[] = [];
    checkWhole(errors, pod, old, lenient);
    const path = 'spec.ephemeralContainers';
    for (const container of old.spec.ephemeralContainers ?? []) {
      const now = pod.spec.ephemeralContainers?.findLast(({ name }) => name === container.name);
      const subject = `existing ephemeral containers ${JSON.stringify(container.name)} may not be`;
      if (now === undefined) errors.push(fieldError.forbidden(path, `${subject} removed\n`));
      else if (!semanticEqual(now, container)) {
        const diff = unifiedDiff(
          internalText('EphemeralContainer', container),
          internalText('EphemeralContainer', now),
        );
        errors.push(fieldError.forbidden(path, `${subject} changed\n${diff}`));
      }
    }
    return errors;
  });
}
