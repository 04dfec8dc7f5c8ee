/** The rules of a new pod, and those every version of a pod must keep. */
import type { Pod } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkPodAnnotations, checkProfilesAgree } from '#kinds/core/pod/validation/annotations.ts';
import { checkImageSpace } from '#kinds/core/pod/validation/containers.ts';
import { isBlank, type PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkPodSpec } from '#kinds/core/pod/validation/spec.ts';

type AnyPod = DeepReadonly<Pod>;

export function validateNewPod(pod: AnyPod): FieldError[] {
  const errors: FieldError[] = [];
  checkPod(errors, pod);
  const { spec } = pod;
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(fieldError.forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (!isBlank(spec.nodeName) && (spec.schedulingGates ?? []).length > 0)
    errors.push(fieldError.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  checkProfilesAgree(errors, pod.metadata.annotations, spec, 'spec');
  return errors;
}

/** Annotations and spec; the registry checks the rest of metadata. */
export function checkPod(errors: FieldError[], { metadata, spec }: AnyPod, lenient: PodLeniency = {}): void {
  checkPodAnnotations(errors, metadata.annotations, spec, 'metadata.annotations', lenient);
  checkPodSpec(errors, spec, 'spec', { meta: metadata, lenient });
  if (isBlank(spec.serviceAccountName)) forbidTokens(errors, spec);
  spec.containers?.forEach((container, i) => checkImageSpace(errors, container, `spec.containers[${i}]`));
  spec.initContainers?.forEach((container, i) => checkImageSpace(errors, container, `spec.initContainers[${i}]`));
}

function forbidTokens(errors: FieldError[], { volumes }: AnyPod['spec']): void {
  volumes?.forEach(({ projected }, i) =>
    projected?.sources?.forEach(({ serviceAccountToken }, n) => {
      const path = `spec.volumes[${i}].projected.sources[${n}].serviceAccountToken`;
      if (serviceAccountToken !== undefined)
        errors.push(fieldError.forbidden(path, 'must not be specified when serviceAccountName is not set'));
    }),
  );
}
