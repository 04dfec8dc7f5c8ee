/** The rules of a pod template. */
import type { PodTemplateSpec } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { validateAnnotations, validateLabels } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkPodAnnotations, checkProfilesAgree } from '#kinds/core/pod/validation/annotations.ts';
import type { AnySpec, PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkPodSpec } from '#kinds/core/pod/validation/spec.ts';

const noSpec: AnySpec = { containers: [] };

/** Appends what the template at `path` breaks. */
export function checkPodTemplate(
  errors: FieldError[],
  template: DeepReadonly<PodTemplateSpec>,
  path: string,
  lenient: PodLeniency = {},
): void {
  const { metadata, spec = noSpec } = template;
  errors.push(...validateLabels(metadata?.labels, `${path}.labels`));
  errors.push(...validateAnnotations(metadata?.annotations, `${path}.annotations`));
  checkPodAnnotations(errors, metadata?.annotations, spec, `${path}.annotations`, lenient);
  checkPodSpec(errors, spec, `${path}.spec`, { lenient });
  checkProfilesAgree(errors, metadata?.annotations, spec, `${path}.spec`);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const text = 'ephemeral containers not allowed in pod template';
    errors.push(fieldError.forbidden(`${path}.spec.ephemeralContainers`, text));
  }
}
